/** Sessions under `Bun.serve`: `bun bun.ts`. */
import { createSessions } from "websession/web";

const sessions = createSessions<{ views: number }>({ secret: Bun.env["SECRET"]! });

Bun.serve({
  port: Bun.env["PORT"] ?? 8000,
  fetch: sessions.wrap((_request, session) => {
    session.views = (session.views ?? 0) + 1;
    return new Response(`${session.views} views`);
  }),
});
