/** The conformance apps as a Worker; the binding `DOOR` chooses one. */
import { fetchApp } from "../conformance/apps/fetch.ts";
import { upgradeWebSocket } from "hono/cloudflare-workers";
import { honoApp } from "../conformance/apps/hono.ts";

interface ServerSocket extends WebSocket {
  accept(): void;
}
const { WebSocketPair } = globalThis as unknown as {
  WebSocketPair: new () => { 0: WebSocket; 1: ServerSocket };
};

function upgrade(_request: Request, answer: () => string): Response {
  const pair = new WebSocketPair();
  pair[1].accept();
  pair[1].addEventListener("message", () => pair[1].send(answer()));
  return new Response(null, { status: 101, webSocket: pair[0] } as ResponseInit);
}

let app: ((request: Request) => Response | undefined | Promise<Response | undefined>) | undefined;

export default {
  fetch(request: Request, { DOOR }: { DOOR: string }): unknown {
    app ??= DOOR === "hono" ? honoApp({}, upgradeWebSocket).fetch : fetchApp({}, upgrade);
    return app(request);
  },
};
