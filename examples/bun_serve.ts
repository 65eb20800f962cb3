/** Sessions under `Bun.serve`: `bun examples/bun_serve.ts`. */
import { createSessions } from "../mod.ts";

const sessions = createSessions<{ views: number }>({ secret: Bun.env["SECRET"]! });

Bun.serve({
  port: Bun.env["PORT"] ?? 8000,
  fetch: sessions.wrap((_request, session) => {
    session.views = (session.views ?? 0) + 1;
    return new Response(`${session.views} views`);
  }),
});
