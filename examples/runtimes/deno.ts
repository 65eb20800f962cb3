/** Sessions under `Deno.serve`: `deno run -A deno.ts`. */
import { createSessions } from "@websession/websession";

const sessions = createSessions<{ views: number }>({ secret: Deno.env.get("SECRET")! });

Deno.serve(
  { port: Number(Deno.env.get("PORT") ?? 8000) },
  sessions.wrap((_request, session) => {
    session.views = (session.views ?? 0) + 1;
    return new Response(`${session.views} views`);
  }),
);
