/** Sessions for H3: one middleware. */
import { H3, type H3Event, toResponse } from "h3";
import { createSessions, type Session } from "../mod.ts";

interface Data {
  views: number;
}
const sessions = createSessions<Data>({ secret: process.env["SECRET"]! });
const sessionOf = (event: H3Event) => event.context["session"] as Session<Data>;

export const app = new H3()
  .use(async (event, next) => {
    const session = await sessions.open(event.req);
    event.context["session"] = session;
    return await sessions.commit(session, await toResponse(await next(), event));
  })
  .get("/", (event) => {
    const session = sessionOf(event);
    session.views = (session.views ?? 0) + 1;
    return `${session.views} views`;
  })
  .post("/logout", async (event) => {
    await sessionOf(event).logout();
    return "bye";
  });
