/** app/views/route.ts: a route handler answers by itself. */
import { sessions } from "@/lib/sessions";

export const GET = sessions.wrap((_request, session) => {
  session.views = (session.views ?? 0) + 1;
  return new Response(`${session.views} views`);
});
