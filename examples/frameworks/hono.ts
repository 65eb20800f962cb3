/** Hono: Node, Deno, Bun and Workers. */
import { Hono } from "hono";
import { session } from "websession/hono";

export const app = new Hono()
  .use(session<{ views: number }>(() => ({ secret: process.env["SECRET"]! })))
  .get("/", (c) => {
    c.var.session.views = (c.var.session.views ?? 0) + 1;
    return c.text(`${c.var.session.views} views`);
  })
  .post("/logout", async (c) => {
    await c.var.session.logout();
    return c.redirect("/");
  });
