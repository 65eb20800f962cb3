/** H3 version 2. */
import { H3, toResponse } from "h3";
import { createSessions, type Session } from "websession/web";

const sessions = createSessions<{ views: number }>(() => ({ secret: process.env["SECRET"]! }));
declare module "h3" {
  interface H3EventContext {
    session: Session<{ views: number }>;
  }
}

export const app = new H3()
  .use(async (event, next) => {
    const session = event.context.session = await sessions.open(event.req);
    return await sessions.commit(session, await toResponse(await next(), event));
  })
  .get("/", ({ context: { session } }) => `${session.views = (session.views ?? 0) + 1} views`)
  .post("/logout", ({ context: { session } }) => session.logout().then(() => "bye"));
