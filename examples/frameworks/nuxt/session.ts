/** server/utils/session.ts, and below it server/api/views.ts: Nuxt 3 and 4, h3 1. */
import { defineEventHandler, getCookie, type H3Event, setCookie, setHeader } from "h3";
import { type CookieJar, createSessions } from "websession/web";

const sessions = createSessions<{ views: number }>(() => ({ secret: process.env["SECRET"]! }));
const jarOf = (event: H3Event): CookieJar =>
  event.context["jar"] ??= {
    get: (name: string) => getCookie(event, name),
    set: (...cookie: Parameters<CookieJar["set"]>) => setCookie(event, ...cookie),
  };

export default defineEventHandler(async (event) => {
  // A jar sees cookies alone: what caches may keep is said here.
  setHeader(event, "cache-control", "no-store");
  const session = await sessions.open(jarOf(event));
  session.views = (session.views ?? 0) + 1;
  await sessions.commit(session);
  return `${session.views} views`;
});
