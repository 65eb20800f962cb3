/** The app of ../frameworks/hono.ts on Node: `node hono_node.ts`. Deno, Bun and Workers serve that file itself. */
import { serve } from "@hono/node-server";
import app from "../frameworks/hono.ts";

serve({ fetch: app.fetch, port: Number(process.env["PORT"] ?? 8000) });
