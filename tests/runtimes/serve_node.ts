/** Serves a conformance app on Node: `serve_node <fetch|hono|express4|express5> <port>`. */
import { createServer, type RequestListener } from "node:http";
import { serve } from "@hono/node-server";
import express5 from "express";
// @ts-ignore: an alias of express 4, which has no types of its own
import express4 from "express4";
import { expressApp } from "../conformance/apps/express.ts";
import { fetchApp } from "../conformance/apps/fetch.ts";
import { honoApp } from "../conformance/apps/hono.ts";
import { storeOf } from "./store.ts";

const [, , door, port] = process.argv;
const hostname = "127.0.0.1";
const options = { store: await storeOf(process.env["STORE"]) };

function listener(): RequestListener | undefined {
  if (door === "express4") return expressApp(express4, options) as unknown as RequestListener;
  if (door === "express5") return expressApp(express5, options) as unknown as RequestListener;
  return undefined;
}

const listening = listener();
if (listening !== undefined) createServer(listening).listen(Number(port), hostname);
else {
  const app = door === "hono" ? honoApp(options).fetch : fetchApp(options);
  const fetch = async (request: Request) => (await app(request))!;
  // The runtime's own Response, as everywhere else.
  serve({ fetch, port: Number(port), hostname, overrideGlobalObjects: false });
}
