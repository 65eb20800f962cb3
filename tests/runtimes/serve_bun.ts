/** Serves a conformance app by `Bun.serve`: `serve_bun <fetch|hono> <port>`. */
import process from "node:process";
import { fetchApp } from "../conformance/apps/fetch.ts";
import { honoApp } from "../conformance/apps/hono.ts";
import { storeOf } from "./store.ts";

interface BunLike {
  serve(options: object): unknown;
}

const [, , door, port] = process.argv;
const options = { store: await storeOf(process.env["STORE"]) };
const app = door === "hono" ? honoApp(options).fetch : fetchApp(options);
(globalThis as unknown as { Bun: BunLike }).Bun.serve({
  port: Number(port),
  hostname: "127.0.0.1",
  fetch: (request: Request) => app(request),
});
