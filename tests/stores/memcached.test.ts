/** The conformance kit on a private memcached, through each client that can compare and set. */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { memcachedStore, type MemcachedStoreClient } from "../../src/stores/memcached.ts";
import { remoteStore, testStore } from "../../src/testing/mod.ts";
import { type Door, startDoor } from "../servers/door.ts";
import { type MemcachedServer, skipMemcached, startMemcached } from "../servers/memcached.ts";
import { type ClientName, CLIENTS, connect } from "./memcached_clients.ts";
import type { ToPeer } from "./memcached_peer.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

/** A process of its own with a store for each prefix. */
class Peers {
  readonly #child: ChildProcess;

  constructor(name: ClientName, port: number) {
    const script = join(import.meta.dirname, "memcached_peer.ts");
    this.#child = fork(script, [name, String(port)], { serialization: "advanced" });
    this.#child.setMaxListeners(0);
  }

  tell(told: ToPeer): void {
    this.#child.send(told);
  }

  store(prefix: string) {
    return remoteStore({
      send: (message) => this.tell({ prefix, message }),
      receive: (listener) => {
        this.#child.on("message", (told: ToPeer) => {
          if (told.prefix === prefix) listener(told.message);
        });
      },
    });
  }

  end(): void {
    this.#child.kill();
  }
}

describe.skipIf(skipMemcached).each(CLIENTS)("memcachedStore (%s)", (name) => {
  let server: MemcachedServer;
  let door: Door;
  let client: MemcachedStoreClient;
  let behindTheDoor: MemcachedStoreClient;
  let peers: Peers;
  const closing: (() => unknown)[] = [];
  beforeAll(async () => {
    server = await startMemcached();
    door = await startDoor(server.port);
    const made = [server.port, door.port].map((port) => connect(name, port));
    [client, behindTheDoor] = made.map(([each]) => each) as [typeof client, typeof client];
    peers = new Peers(name, server.port);
    closing.push(() => peers.end(), ...made.map(([, end]) => end));
  });
  afterAll(async () => {
    for (const close of closing) close();
    await door?.shut();
    await server?.stop();
  });

  let serial = 0;
  testStore({
    name,
    capabilities: {
      atomic: true,
      clock: "injected",
      sliding: true,
      corrupt: true,
      outage: true,
      rotation: "two steps",
    },
    async create({ now, case: sentence }) {
      const prefix = `kit${++serial}:`;
      peers.tell({ time: now() });
      const cut = sentence.startsWith("a server that cannot be asked");
      return {
        store: memcachedStore({ client: cut ? behindTheDoor : client, prefix, now }),
        peer: await peers.store(prefix),
        advance: () => peers.tell({ time: now() }),
        async corrupt(id, text) {
          const size = new TextEncoder().encode(text).length;
          const said = await server.say(`set ${prefix}${id} 0 60 ${size}\r\n${text}`);
          if (said !== "STORED\r\n") throw new Error(said);
        },
        async outage() {
          await door.shut();
          return () => door.open();
        },
      };
    },
    test,
  });
});
