/** Sessions for React Router: by hand in a loader, or once for all routes by a middleware. */
import {
  createContext,
  type LoaderFunctionArgs,
  type MiddlewareFunction,
  type RouterContextProvider,
} from "react-router";
import { createSessions, type Session } from "../mod.ts";

interface Data {
  views: number;
}
const sessions = createSessions<Data>({ secret: process.env["SECRET"]! });

/** A loader or an action that opens and commits; Remix' loaders are the same. */
export async function loader({ request }: LoaderFunctionArgs): Promise<Response> {
  const session = await sessions.open(request);
  session.views = (session.views ?? 0) + 1;
  return await sessions.commit(session, new Response(`${session.views} views`));
}

/** The root route's middleware, after which every loader has the session. */
export const sessionContext = createContext<Session<Data>>();
export const middleware: MiddlewareFunction<Response>[] = [
  async ({ request, context }, next) => {
    const session = await sessions.open(request);
    context.set(sessionContext, session);
    return await sessions.commit(session, await next());
  },
];

export async function logout({ context }: { context: Readonly<RouterContextProvider> }) {
  await context.get(sessionContext).logout();
  return "bye";
}
