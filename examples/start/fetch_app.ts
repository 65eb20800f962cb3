/** The fetch half of `npm start`: no framework at all. */
import { createSessions, type SessionOptions } from "../../mod.ts";
import { page, type Visitor } from "./page.ts";

export function fetchApp(options: SessionOptions): (request: Request) => Promise<Response> {
  const sessions = createSessions<Visitor>(options);
  const home = () => new Response(null, { status: 303, headers: { location: "/" } });

  return sessions.wrap(async (request, session) => {
    const { pathname } = new URL(request.url);
    switch (`${request.method} ${pathname}`) {
      case "GET /":
        session.views = (session.views ?? 0) + 1;
        return new Response(page("fetch", session), {
          headers: { "content-type": "text/html; charset=utf-8" },
        });
      case "POST /login":
        await session.login("demo");
        session.user = String((await request.formData()).get("user"));
        return home();
      case "POST /click":
        return Response.json({
          clicks: await session.update((visitor) => visitor.clicks = (visitor.clicks ?? 0) + 1),
        });
      case "POST /logout":
        await session.logout();
        return home();
      default:
        return new Response("Not found", { status: 404 });
    }
  });
}
