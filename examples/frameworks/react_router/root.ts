/** app/root.tsx: one session for all loaders and actions of a request. */
import { createContext, type MiddlewareFunction } from "react-router";
import { createSessions, type Session } from "websession/web";

const sessions = createSessions<{ views: number }>(() => ({ secret: process.env["SECRET"]! }));
export const sessionContext = createContext<Session<{ views: number }>>();

export const middleware: MiddlewareFunction<Response>[] = [
  async ({ request, context }, next) => {
    const session = await sessions.open(request);
    context.set(sessionContext, session);
    return await sessions.commit(session, await next());
  },
];
