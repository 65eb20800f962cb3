/** Hono: `deno serve -A hono.ts`, `bun hono.ts`, a Worker, and Node by ../runtimes/hono_node.ts. */
import { Hono } from "hono";
import { env } from "hono/adapter";
import { session } from "websession/hono";

export default new Hono<{ Bindings: { SECRET: string } }>()
  .use(session<{ views: number }>((c) => ({ secret: env(c).SECRET })))
  .get("/", (c) => {
    c.var.session.views = (c.var.session.views ?? 0) + 1;
    return c.text(`${c.var.session.views} views`);
  })
  .post("/logout", async (c) => {
    await c.var.session.logout();
    return c.redirect("/");
  });
