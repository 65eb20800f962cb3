/**
 * A process of its own with stores for the kit: `memcached_peer.ts <client> <port>`. Whoever started
 * it says which prefix a message is for, and what time it is.
 */
import { memcachedStore } from "../../src/stores/memcached.ts";
import { serveStore } from "../../src/testing/mod.ts";
import { type ClientName, connect } from "./memcached_clients.ts";

/** What goes to the other process. */
export interface ToPeer {
  readonly time?: number;
  readonly prefix?: string;
  readonly message?: unknown;
}

const [, , name, port] = process.argv;
const [client] = connect(name as ClientName, Number(port));
const listeners = new Map<string, (message: unknown) => void>();
let now = 0;

process.on("message", ({ time, prefix, message }: ToPeer) => {
  if (time !== undefined) now = time;
  if (prefix === undefined) return;
  if (!listeners.has(prefix)) {
    serveStore(memcachedStore({ client, prefix, now: () => now }), {
      send: (answer) => void process.send!({ prefix, message: answer }),
      receive: (listener) => void listeners.set(prefix, listener),
    });
  }
  listeners.get(prefix)!(message);
});
process.once("disconnect", () => process.exit());
