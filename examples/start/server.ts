/** One server for both apps: paths under /hono are Hono's, all others Express'. */
import { createServer, type RequestListener, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { expressApp } from "./express_app.ts";
import { makeExtras } from "./extras.ts";
import { honoApp } from "./hono_app.ts";
import type { Setup } from "./setup.ts";

const IS_HONO = /^\/hono(?:[/?]|$)/;

/** Nothing that the page does not serve itself, and nothing inline but the icon. */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; " +
    "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
};

export function startServer(setup: Setup): Server {
  const extras = makeExtras(setup);
  const express: RequestListener = expressApp(setup, extras);
  const hono: RequestListener = getRequestListener(honoApp(setup, extras).fetch);
  return createServer((req, res) => {
    for (const [name, value] of Object.entries(HEADERS)) res.setHeader(name, value);
    return IS_HONO.test(req.url ?? "/") ? hono(req, res) : express(req, res);
  });
}
