/** oak, on Deno: "@oak/oak" from JSR. */
import { Application } from "@oak/oak";
import { createSessions, type Session } from "websession/web";

const sessions = createSessions<{ views: number }>(() => ({ secret: process.env["SECRET"]! }));
export const app = new Application<{ session: Session<{ views: number }> }>();
app.use(async ({ cookies, response, state }, next) => {
  // A jar sees cookies alone: what caches may keep is said here.
  response.headers.set("cache-control", "no-store");
  state.session = await sessions.open(cookies as never);
  await next();
  await sessions.commit(state.session);
});
app.use(({ response, state: { session } }) => {
  response.body = `${session.views = (session.views ?? 0) + 1} views`;
});
