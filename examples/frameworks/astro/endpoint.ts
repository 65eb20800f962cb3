/** src/pages/api/views.ts, where no middleware runs: Astro's cookies are a jar. */
import type { APIRoute } from "astro";
import { createSessions } from "websession/web";

const sessions = createSessions<{ views: number }>(() => ({ secret: process.env["SECRET"]! }));

export const GET: APIRoute = async ({ cookies, request }) => {
  const session = await sessions.open(cookies, request);
  session.views = (session.views ?? 0) + 1;
  await sessions.commit(session);
  // A jar sees cookies alone: what caches may keep is said here.
  return new Response(`${session.views} views`, { headers: { "cache-control": "no-store" } });
};
