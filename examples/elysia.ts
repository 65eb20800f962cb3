/** Sessions for Elysia, and for any framework that is a fetch handler: wrap it. */
import { Elysia } from "elysia";
import { createSessions, type Session } from "../mod.ts";

interface Data {
  views: number;
}
const sessions = createSessions<Data>({ secret: process.env["SECRET"]! });
const current = new WeakMap<Request, Session<Data>>();

const app = new Elysia()
  .derive(({ request }) => ({ session: current.get(request)! }))
  .get("/", ({ session }) => {
    session.views = (session.views ?? 0) + 1;
    return `${session.views} views`;
  })
  .post("/logout", async ({ session }) => {
    await session.logout();
    return "bye";
  });

/** For `Bun.serve({ fetch })`. */
export const fetch = sessions.wrap((request, session) => {
  current.set(request, session);
  return app.fetch(request);
});
