/** A TCP proxy on loopback that cuts a connection in the middle of a request. */
import { connect, createServer, type Server, type Socket } from "node:net";

export interface CutProxy {
  readonly port: number;
  /**
   * Cuts the connection of the next request: `request` before the server has
   * seen it, `answer` when the server has done it and the client waits.
   */
  cutNext(what: "request" | "answer"): void;
  /** Cuts every connection and lets no new one through, until the returned function is called. */
  outage(): () => void;
  /** How many connections were cut. */
  readonly cuts: number;
  close(): Promise<void>;
}

/** Starts a proxy to a port of 127.0.0.1. */
export async function startCutProxy(target: number): Promise<CutProxy> {
  const open = new Set<Socket>();
  let armed: "request" | "answer" | undefined;
  let cuts = 0;
  let isOut = false;
  const server: Server = createServer((client) => {
    if (isOut) return void client.destroy();
    const upstream = connect(target, "127.0.0.1");
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    const forward = (from: Socket, to: Socket, what: "request" | "answer"): void => {
      open.add(from);
      from.on("data", (chunk) => {
        if (armed !== what) return void to.write(chunk);
        armed = undefined;
        cuts++;
        end();
      });
      from.on("error", end);
      from.on("close", () => {
        open.delete(from);
        end();
      });
    };
    forward(client, upstream, "request");
    forward(upstream, client, "answer");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    cutNext(what) {
      armed = what;
    },
    outage() {
      isOut = true;
      for (const socket of open) socket.destroy();
      return () => void (isOut = false);
    },
    get cuts() {
      return cuts;
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
