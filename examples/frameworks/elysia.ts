/** Elysia, and any framework that is a fetch handler: Bun.serve({ fetch }). */
import { Elysia } from "elysia";
import { createSessions } from "websession/web";

const sessions = createSessions<{ views: number }>(() => ({ secret: process.env["SECRET"]! }));
const app = new Elysia()
  .derive(async ({ request }) => ({ session: await sessions.open(request) }))
  .onAfterHandle(({ session, responseValue }) =>
    sessions.commit(session, new Response(String(responseValue)))
  )
  .get("/", ({ session }) => `${session.views = (session.views ?? 0) + 1} views`)
  .post("/logout", ({ session }) => session.logout().then(() => "bye"));

export const fetch = (request: Request): Promise<Response> => Promise.resolve(app.fetch(request));
