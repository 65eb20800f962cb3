/** Serves a conformance app by `Deno.serve`: `serve_deno <fetch|hono> <port>`. */
import { fetchApp } from "../conformance/apps/fetch.ts";
import { honoApp } from "../conformance/apps/hono.ts";
import { upgradeWebSocket } from "hono/deno";
import { storeOf } from "./store.ts";

interface DenoLike {
  args: string[];
  env: { get(name: string): string | undefined };
  serve(options: object, handler: (request: Request) => unknown): unknown;
  upgradeWebSocket(request: Request): { socket: WebSocket; response: Response };
}
const deno = (globalThis as unknown as { Deno: DenoLike }).Deno;

const [door, port] = deno.args;
const options = { store: await storeOf(deno.env.get("STORE")) };
const upgrade = (request: Request, answer: () => string) => {
  const { socket, response } = deno.upgradeWebSocket(request);
  socket.onmessage = () => socket.send(answer());
  return response;
};
const app = door === "hono" ? honoApp(options, upgradeWebSocket).fetch : fetchApp(options, upgrade);
deno.serve({ port: Number(port), hostname: "127.0.0.1" }, (request) => app(request));
