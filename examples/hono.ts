/**
 * One Hono app for every runtime: `deno serve -A examples/hono.ts`,
 * `bun examples/hono.ts`, `node examples/hono_node.ts`, or a Worker.
 */
import { Hono } from "hono";
import { session } from "../src/web/hono.ts";

interface Data {
  user: string;
  views: number;
}

const app = new Hono<{ Bindings: { SECRET?: string } }>()
  .use(session<Data>((c) => ({ secret: c.env.SECRET ?? globalThis.process.env["SECRET"]! })))
  .get("/", (c) => {
    const { session } = c.var;
    session.views = (session.views ?? 0) + 1;
    return c.text(`${session.views} views`);
  })
  .post("/login", async (c) => {
    await c.var.session.login("ada");
    return c.redirect("/");
  })
  .post("/logout", async (c) => {
    await c.var.session.logout();
    return c.redirect("/");
  });

export default app;
