/** Servers that fail, stop and forget, and connections that break in the middle of a call. */
import { MemcacheClient } from "memcache-client";
import { createServer } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createSessions, type SessionStore } from "../../mod.ts";
import { memcachedStore, type PromiseMemcachedClient } from "../../src/stores/memcached.ts";
import { startDoor } from "../servers/door.ts";
import { type MemcachedServer, skipMemcached, startMemcached } from "../servers/memcached.ts";
import { startProxy } from "../servers/redis_proxy.ts";
import { type ClientName, CLIENTS, connect } from "./memcached_clients.ts";
import { Load } from "./redis_load.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const HOUR = 3_600_000;
let serial = 0;

function record() {
  const json = JSON.stringify({ cookie: { originalMaxAge: HOUR }, serial: ++serial });
  return { json, expires: Date.now() + HOUR };
}

/** A store each of whose calls ends in time, as the core's do within `ioTimeout`; it may be done later. */
function bounded(store: SessionStore): SessionStore {
  return new Proxy(store, {
    get(target, verb) {
      const value = Reflect.get(target, verb, target) as unknown;
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        const call = value.apply(target, args) as Promise<unknown>;
        let timer: ReturnType<typeof setTimeout> | undefined;
        const late = new Promise((_, reject) => {
          timer = setTimeout(() => reject(new Error("no answer")), 250);
        });
        return Promise.race([call, late]).finally(() => clearTimeout(timer));
      };
    },
  });
}

describe.skipIf(skipMemcached)("memcachedStore, in trouble", () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  const start = async (...options: string[]): Promise<MemcachedServer> => {
    const server = await startMemcached(...options);
    closing.push(() => server.stop());
    return server;
  };
  const storeOn = (name: ClientName, port: number) => {
    const [client, end] = connect(name, port);
    closing.push(end);
    return memcachedStore({ client });
  };
  /** Lets writers write, gets them into trouble three times, and answers what came of it. */
  const underLoad = async (
    name: ClientName,
    port: number,
    server: MemcachedServer,
    trouble: (isStuck: () => Promise<void>) => Promise<void>,
  ) => {
    const load = new Load();
    load.start(Array.from({ length: 4 }, () => bounded(storeOn(name, port))), 16);
    const goesOn = async () => {
      const before = load.acknowledged;
      await expect.poll(() => load.acknowledged - before, { timeout: 120_000 }).toBeGreaterThan(
        300,
      );
    };
    const isStuck = async () => {
      let before = -1;
      await expect.poll(() => {
        const stands = load.acknowledged === before;
        before = load.acknowledged;
        return stands;
      }, { timeout: 120_000, interval: 300 }).toBe(true);
    };
    for (let times = 0; times < 3; times++) {
      await goesOn();
      await trouble(isStuck);
    }
    await goesOn();
    await load.stop();
    const verdict = await load.verdict(storeOn(name, server.port));
    console.log(name, JSON.stringify(verdict));
    return verdict;
  };

  describe.each(CLIENTS)("%s", (name) => {
    test("of a server that is out of reach three times, nothing acknowledged is lost or comes back", async () => {
      const server = await start();
      const door = await startDoor(server.port);
      closing.push(() => door.shut());
      const verdict = await underLoad(name, door.port, server, async (isStuck) => {
        await door.shut();
        await isStuck();
        await door.open();
      });
      expect(verdict).toMatchObject({ lost: 0, revived: 0 });
      expect(verdict.rejected).toBeGreaterThan(0);
    });

    test("of a server that is stopped three times, nothing acknowledged is lost or comes back", async () => {
      const server = await start();
      const verdict = await underLoad(name, server.port, server, async (isStuck) => {
        server.signal("SIGSTOP");
        await isStuck();
        server.signal("SIGCONT");
      });
      expect(verdict).toMatchObject({ lost: 0, revived: 0 });
    });

    test("a server that is killed three times has forgotten all, and revives nothing", async () => {
      const server = await start();
      const verdict = await underLoad(name, server.port, server, async () => {
        await server.kill();
        await server.start();
      });
      expect(verdict).toMatchObject({ revived: 0 });
    });

    test("a server that is out of reach logs nobody out: the visit fails, and the next one is logged in", async () => {
      const server = await start();
      const door = await startDoor(server.port);
      closing.push(() => door.shut());
      const sessions = createSessions({
        secret: "a secret of thirty-two bytes, or more",
        store: storeOn(name, door.port),
        cookie: { secure: false },
        name: "session",
        ioTimeout: 300,
      });
      const visit = sessions.wrap(async (request, session) => {
        if (request.method === "POST") await session.login("ada");
        return Response.json(session.subject ?? null);
      });
      const login = await visit(new Request("http://host.test/", { method: "POST" }));
      const cookie = login.headers.get("set-cookie")!.split(";")[0]!;
      const again = async () =>
        await visit(new Request("http://host.test/", { headers: { cookie } }));
      expect(await (await again()).json()).toBe("ada");
      await door.shut();
      for (let times = 0; times < 3; times++) {
        const code = expect.stringMatching(/^STORE_(FAILED|TIMEOUT)$/);
        await expect(again()).rejects.toMatchObject({ code });
      }
      await door.open();
      const asked = async () => await again().then((answer) => answer.json(), () => "failed");
      await expect.poll(asked, { timeout: 60_000 }).toBe("ada");
    });
  });

  /** A server that answers these commands with an error, and knows one session. */
  const failing = async (commands: readonly string[], json: string): Promise<number> => {
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.on("data", (chunk) => {
        const [command = "", key] = chunk.toString().split(/[ \r]/);
        if (commands.includes(command)) socket.write("SERVER_ERROR busy\r\n");
        else if (command !== "gets") socket.write("STORED\r\n");
        else socket.write(`VALUE ${key} 2 ${json.length} 7\r\n${json}\r\nEND\r\n`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.push(() => server.close());
    return (server.address() as { port: number }).port;
  };

  describe.each(CLIENTS)("an error that the server answers, by %s,", (name) => {
    const { json, expires } = record();
    const VERBS: Record<string, [commands: string[], call: (store: SessionStore) => unknown]> = {
      create: [["add"], (store) => store.create("id", record())],
      read: [["gets"], (store) => store.read("id")],
      commit: [["cas"], (store) => store.commit("id", record(), json)],
      touch: [["cas"], (store) => store.touch("id", expires)],
      "rotate, at its first step,": [["add"], (store) => store.rotate("id", "to", record(), json)],
      "rotate, at its second step,": [["cas"], (store) => store.rotate("id", "to", record(), json)],
      destroy: [["delete"], (store) => store.destroy("id")],
      "destroy of nothing it could look for": [
        ["delete", "gets"],
        (store) => store.destroy("id"),
      ],
    };
    test.each(Object.entries(VERBS))(
      "is an error of %s and no state",
      async (_, [commands, call]) => {
        const store = storeOn(name, await failing(commands, json));
        await expect((async () => await call(store))()).rejects.toThrow();
      },
    );
  });

  test("rotate() that loses any of its requests or answers leaves one session or none, and never both", async () => {
    const server = await start();
    const plain = storeOn("memcache-client", server.port);
    const seen = new Set<string>();
    for (const lose of ["loseNextRequest", "loseNextAnswer"] as const) {
      for (let at = 1; at <= 3; at++) {
        const proxy = await startProxy(server.port);
        closing.push(() => proxy.stop());
        const client = new MemcacheClient({ server: `127.0.0.1:${proxy.port}` });
        closing.push(() => client.shutdown());
        const [first, next] = [record(), record()];
        const [from, to] = [`from-${++serial}`, `to-${++serial}`];
        await plain.create(from, first);
        // gets, add, cas: the one before it has been answered when the next is sent.
        let commands = 0;
        const counted = (run: (...args: never[]) => unknown) => (...args: never[]) => {
          if (++commands === at) proxy[lose]();
          return run.apply(client, args);
        };
        const { gets, add, cas } = client;
        const watched = Object.assign(Object.create(client) as PromiseMemcachedClient, {
          gets: counted(gets as never),
          add: counted(add as never),
          cas: counted(cas as never),
        });
        const rotated = memcachedStore({ client: watched }).rotate(from, to, next, first.json);
        await expect(rotated).rejects.toThrow();
        const where = async () => {
          const [one, other] = [await plain.read(from), await plain.read(to)];
          return `${one === undefined ? "-" : "old"} ${other === undefined ? "-" : "new"}`;
        };
        // The new one is taken back in the background.
        const ends = lose === "loseNextAnswer" && at === 3 ? "- -" : "old -";
        await expect.poll(where).toBe(ends);
        seen.add(`${lose} ${at}: ${ends}`);
        if (ends.startsWith("old")) {
          const { status } = await plain.rotate(from, `then-${serial}`, next, first.json);
          expect(status).toBe("committed");
        }
      }
    }
    expect(seen.size).toBe(6);
  });

  test("a process that ends between the steps of rotate() leaves the old session as it was", async () => {
    const server = await start();
    const store = storeOn("memcache-client", server.port);
    const [client] = connect("memcache-client", server.port);
    closing.push(() => (client as MemcacheClient).shutdown());
    const [first, next] = [record(), record()];
    await store.create("from", first);
    let isAdded = (): void => {};
    const added = new Promise<void>((resolve) => isAdded = resolve);
    const dying = Object.assign(Object.create(client) as PromiseMemcachedClient, {
      cas: () => (isAdded(), new Promise(() => {})),
    });
    void memcachedStore({ client: dying }).rotate("from", "to", next, first.json);
    await added;
    expect((await store.read("from"))?.json).toBe(first.json);
    expect((await store.read("to"))?.json).toBe(next.json);
    await store.destroy("from");
    expect((await store.commit("from", next, first.json)).status).toBe("gone");
  });
});
