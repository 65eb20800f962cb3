/** A wire between client and server that the test can cut at the worst moment. */
import { connect, createServer, type Socket } from "node:net";
import { freePort } from "./process.ts";

export interface Proxy {
  readonly port: number;
  /** The next request reaches the server; its answer does not come back, and the line is cut. */
  loseNextAnswer(): void;
  /** The next request is cut off before the server has seen it. */
  loseNextRequest(): void;
  /** How many chunks of requests went through. */
  requests(): number;
  stop(): Promise<void>;
}

export async function startProxy(target: number): Promise<Proxy> {
  let lose: "answer" | "request" | undefined;
  let requests = 0;
  const sockets = new Set<Socket>();
  const server = createServer((inward) => {
    const outward = connect(target, "127.0.0.1");
    let doomed = false;
    const cut = () => (inward.destroy(), outward.destroy());
    for (const socket of [inward, outward]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", cut);
      socket.on("close", () => (sockets.delete(socket), cut()));
    }
    inward.on("data", (chunk) => {
      requests++;
      if (lose === "request") {
        lose = undefined;
        return cut();
      }
      if (lose === "answer") {
        lose = undefined;
        doomed = true;
      }
      outward.write(chunk);
    });
    outward.on("data", (chunk) => doomed ? cut() : inward.write(chunk));
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    port,
    loseNextAnswer: () => void (lose = "answer"),
    loseNextRequest: () => void (lose = "request"),
    requests: () => requests,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Every command the server runs for a client, as MONITOR tells it; scripts' own are left out. */
export async function monitor(port: number): Promise<{ lines: string[]; stop(): void }> {
  const socket = connect(port, "127.0.0.1");
  const lines: string[] = [];
  let rest = "";
  await new Promise<void>((resolve) => {
    socket.on("data", (chunk) => {
      const parts = (rest + chunk.toString()).split("\r\n");
      rest = parts.pop() ?? "";
      for (const part of parts) {
        if (part === "+OK") resolve();
        else if (!part.includes(" lua] ")) lines.push(part);
      }
    });
    socket.write("MONITOR\r\n");
  });
  return { lines, stop: () => socket.destroy() };
}
