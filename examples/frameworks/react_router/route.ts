/** app/routes/views.tsx: React Router 7 with middleware. */
import type { RouterContextProvider } from "react-router";
import { sessionContext } from "./root";

type Args = { context: Readonly<RouterContextProvider> };

export function loader({ context }: Args): string {
  const session = context.get(sessionContext);
  session.views = (session.views ?? 0) + 1;
  return `${session.views} views`;
}

export async function action({ context }: Args): Promise<string> {
  await context.get(sessionContext).logout();
  return "bye";
}
