/** A TCP proxy on loopback that lets some requests through, then holds the rest until it is told. */
import { connect, createServer, type Socket } from "node:net";

export interface StallProxy {
  readonly port: number;
  /** Resolves when it holds something back. */
  readonly stalled: Promise<void>;
  /** Lets everything through, what was held first. */
  resume(): void;
  close(): Promise<void>;
}

/** Starts one to a port of 127.0.0.1 that lets through so many bytes of requests. */
export async function startStallProxy(target: number, bytes: number): Promise<StallProxy> {
  const open = new Set<Socket>();
  const held: (() => void)[] = [];
  let left = bytes;
  let isOpen = false;
  let stall = (): void => {};
  const stalled = new Promise<void>((resolve) => stall = resolve);
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        open.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    upstream.on("data", (chunk) => client.write(chunk));
    client.on("data", (chunk) => {
      const pass = (): void => void upstream.write(chunk);
      if (isOpen || left > 0) {
        left -= chunk.length;
        return pass();
      }
      held.push(pass);
      stall();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    stalled,
    resume() {
      isOpen = true;
      for (const pass of held.splice(0)) pass();
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
