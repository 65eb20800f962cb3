/** A TCP proxy on loopback that can be shut: then connections break, and new ones are refused. */
import { connect, createServer, type Socket } from "node:net";
import { freePort } from "./process.ts";

export interface Door {
  readonly port: number;
  shut(): Promise<void>;
  open(): Promise<void>;
}

/** Starts one to a port of 127.0.0.1; it is open. */
export async function startDoor(target: number): Promise<Door> {
  const sockets = new Set<Socket>();
  const server = createServer((inward) => {
    const outward = connect(target, "127.0.0.1");
    const end = () => (inward.destroy(), outward.destroy());
    for (const [from, to] of [[inward, outward], [outward, inward]] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on("error", end);
      from.on("close", () => (sockets.delete(from), end()));
    }
  });
  const port = await freePort();
  const open = () => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  await open();
  return {
    port,
    open,
    async shut() {
      const closed = new Promise<unknown>((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
