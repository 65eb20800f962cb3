/** The conformance app behind the Hono middleware. */
import { Hono } from "hono";
import type { UpgradeWebSocket } from "hono/ws";
import { session, type SessionEnv } from "../../../src/web/hono.ts";
import { act, type AnySession, toResponse } from "./actions.ts";
import { type AppOptions, COOKIE, SECRET } from "./options.ts";

export function honoApp(
  { store }: AppOptions = {},
  // deno-lint-ignore no-explicit-any
  upgrade?: UpgradeWebSocket<any>,
): Hono<SessionEnv<AnySession>> {
  const app = new Hono<SessionEnv<AnySession>>();
  app.use(session<AnySession>({ secret: SECRET, name: COOKIE, store }));
  app.get("/proxy", (c) => {
    c.var.session["proxied"] = "yes";
    return fetch(c.req.query("url")!);
  });
  if (upgrade !== undefined) {
    app.get(
      "/socket",
      async (c, next) => {
        c.var.session["sockets"] = (c.var.session["sockets"] ?? 0) + 1;
        await next();
      },
      upgrade((c) => {
        const { session } = c.var as { session: AnySession };
        return {
          onMessage: (_event, socket) => socket.send(`${session["user"]} ${session["sockets"]}`),
        };
      }),
    );
  }
  app.all("*", async (c) => {
    const { pathname, searchParams } = new URL(c.req.url);
    const answer = await act({ path: pathname, query: searchParams }, () => c.var.session);
    // Hono's own ways to answer, where it has one.
    if (answer.status === 303 || answer.status === 302) {
      return c.redirect(new Headers(answer.headers).get("location")!, answer.status);
    }
    return toResponse(answer);
  });
  app.onError((_error, c) => c.text("failed", 500));
  return app;
}
