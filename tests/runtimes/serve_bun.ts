/** Serves a conformance app by `Bun.serve`: `serve_bun <fetch|hono> <port>`. */
import process from "node:process";
import { fetchApp } from "../conformance/apps/fetch.ts";
import { honoApp } from "../conformance/apps/hono.ts";
import { storeOf } from "./store.ts";

interface BunServer {
  upgrade(request: Request, options: { data: () => string }): boolean;
}
interface BunSocket {
  data: () => string;
  send(text: string): void;
}
interface BunLike {
  serve(options: object): BunServer;
}
const bun = (globalThis as unknown as { Bun: BunLike }).Bun;

const [, , door, port] = process.argv;
const options = { store: await storeOf(process.env["STORE"]) };
const listen = { port: Number(port), hostname: "127.0.0.1" };

if (door === "hono") {
  const { upgradeWebSocket, websocket } = await import("hono/bun");
  bun.serve({ ...listen, fetch: honoApp(options, upgradeWebSocket).fetch, websocket });
} else {
  const app = fetchApp(options, (request, answer) => {
    // No response at all is how Bun wants it.
    return server.upgrade(request, { data: answer })
      ? undefined
      : new Response("no", { status: 400 });
  });
  const websocket = { message: (socket: BunSocket) => socket.send(socket.data()) };
  const server = bun.serve({ ...listen, fetch: (request: Request) => app(request), websocket });
}
