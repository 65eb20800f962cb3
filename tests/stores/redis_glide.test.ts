/** Valkey GLIDE as the client of the Redis store, on a private server and a private cluster. */
import type * as Glide from "@valkey/valkey-glide";
import { Redis } from "ioredis";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { redisStore } from "../../src/stores/redis.ts";
import { testStore } from "../../src/testing/mod.ts";
import { type CutProxy, startCutProxy } from "../servers/cut_proxy.ts";
import {
  type RedisCluster,
  type RedisServer,
  skipRedis,
  startCluster,
  startRedis,
} from "../servers/redis.ts";
import { type Proxy, startProxy } from "../servers/redis_proxy.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });
// Not for every platform, nor needed where there is no server.
const { GlideClient, GlideClusterClient, Logger } = skipRedis
  ? {} as typeof Glide
  : await import("@valkey/valkey-glide");
// It warns of every script that a server has not seen yet.
if (!skipRedis) Logger.init("error");

const HOUR = 3_600_000;
let serial = 0;

const record = (subject?: string) => ({
  json: JSON.stringify({ cookie: { path: "/" }, text: "ünï 😀", serial: ++serial }),
  expires: Date.now() + HOUR,
  subject,
});

/** The kit's clock, an hour on: the servers' own, which runs, must not pass it. */
const ahead = (now: () => number) => () => now() + HOUR;

const capabilities = {
  atomic: true,
  clock: "injected",
  sliding: true,
  iterate: true,
  subject: true,
} as const;

const options = (port: number, requestTimeout = 60_000) => ({
  addresses: [{ host: "127.0.0.1", port }],
  requestTimeout,
  connectionBackoff: { numberOfRetries: 5, factor: 10, exponentBase: 2, jitterPercent: 0 },
});

describe.skipIf(skipRedis)("redisStore (Valkey GLIDE on redis-server)", () => {
  let server: RedisServer;
  let outages: CutProxy;
  let losses: Proxy;
  let client: Glide.GlideClient;
  /** For what is done behind the back of the stores. */
  let behind: Redis;
  const closing: (() => unknown)[] = [];
  const connect = async (port: number, requestTimeout?: number) => {
    const made = await GlideClient.createClient(options(port, requestTimeout));
    closing.push(() => made.close());
    return made;
  };
  beforeAll(async () => {
    server = await startRedis();
    outages = await startCutProxy(server.port);
    losses = await startProxy(server.port);
    behind = new Redis(server.port, "127.0.0.1");
    client = await connect(server.port);
  });
  afterAll(async () => {
    for (const close of closing) close();
    await behind?.quit();
    await losses?.stop();
    await outages?.close();
    await server?.stop();
  });

  let pair: Promise<Glide.GlideClient[]> | undefined;
  testStore({
    name: "redis (Valkey GLIDE)",
    capabilities: { ...capabilities, corrupt: true, outage: true },
    async create(context) {
      const now = ahead(context.now);
      const [cut, whole] = await (pair ??= Promise.all([
        connect(outages.port, 1_000),
        connect(server.port),
      ]));
      const prefix = `kit${++serial}:`;
      const store = redisStore({ client: cut!, prefix, now });
      return {
        store,
        peer: redisStore({ client: whole!, prefix, now }),
        neighbour: redisStore({ client: whole!, prefix: `next-${prefix}`, now }),
        now,
        corrupt: async (id, text) => void await behind.set(prefix + id, text, "KEEPTTL"),
        outage() {
          const end = outages.outage();
          return async () => {
            end();
            // It connects again by itself, and says no until it has.
            await expect.poll(() => cut!.ping().catch(() => "no"), { timeout: 60_000 })
              .toBe("PONG");
          };
        },
        close: () => store.clear(),
      };
    },
    test,
  });

  test("a server that has forgotten the scripts is taught again, and no call fails", async () => {
    const store = redisStore({ client, prefix: "flushed:" });
    await store.create("an-id", record());
    for (let round = 0; round < 5; round++) {
      await behind.script("FLUSH");
      const version = (await store.read("an-id"))?.version;
      await behind.script("FLUSH");
      expect((await store.commit("an-id", record(), version)).status).toBe("committed");
    }
  });

  test("bytes that are no text are read, written over and never a failure", async () => {
    const store = redisStore({ client, prefix: "bytes:" });
    const bytes = Buffer.concat([
      Buffer.from('{"cookie":{},"text":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}'),
    ]);
    await behind.set("bytes:an-id", bytes, "PX", HOUR);
    const found = await store.read("an-id");
    expect(found?.json).toBe('{"cookie":{},"text":"\ufffd\ufffd"}');
    const next = record();
    expect((await store.commit("an-id", next, found?.version)).status).toBe("committed");
    expect((await store.read("an-id"))?.json).toBe(next.json);
  });

  test("a lost answer rejects; trying again loses nothing and revives nothing", async () => {
    const wire = await connect(losses.port, 2_000);
    const [store, direct] = [redisStore({ client: wire }), redisStore({ client })];
    const again = async <T>(act: () => Promise<T>): Promise<T> => {
      await expect.poll(() => wire.ping().catch(() => "no"), { timeout: 60_000 }).toBe("PONG");
      return await act();
    };
    const lost = async <T>(act: () => Promise<T>) => {
      losses.loseNextAnswer();
      await expect(act()).rejects.toThrow();
    };
    const [first, second, third] = [record(), record(), record()];
    await store.create("an-id", first);
    const base = (await store.read("an-id"))?.version;
    await store.commit("none", first, base);
    await lost(() => store.commit("an-id", second, base));
    expect((await direct.read("an-id"))?.json).toBe(second.json);
    const conflict = await again(() => store.commit("an-id", second, base));
    expect(conflict).toMatchObject({ status: "conflict", current: { json: second.json } });
    const version = conflict.status === "conflict" ? conflict.current.version : undefined;
    await store.rotate("none", "nowhere", third, version);
    await lost(() => store.rotate("an-id", "next-id", third, version));
    expect((await direct.read("next-id"))?.json).toBe(third.json);
    const rotated = await again(() => store.rotate("an-id", "next-id", third, version));
    expect(rotated.status).toBe("committed");
    expect((await direct.rotate("an-id", "third-id", record(), version)).status).toBe("gone");
    await store.destroy("none");
    await lost(() => store.destroy("next-id"));
    await again(() => store.destroy("next-id"));
    expect(await direct.length()).toBe(0);
  });

  test("a closed client says so, and no error names an id or data", async () => {
    const closed = await connect(server.port);
    const store = redisStore({ client: closed });
    closed.close();
    await expect(store.read("the-secret-id"))
      .rejects.toMatchObject({
        code: "STORE_FAILED",
        message: "The client has been closed: make a new one",
      });
    await behind.acl("SETUSER", "narrow", "on", ">narrow", "~else:*", "+@all");
    const narrow = await GlideClient.createClient({
      ...options(server.port),
      credentials: { username: "narrow", password: "narrow" },
    });
    closing.push(() => narrow.close());
    const forbidden = redisStore({ client: narrow });
    for (
      const act of [
        () => forbidden.read("the-secret-id"),
        () => forbidden.create("the-secret-id", record("the-secret-subject")),
      ]
    ) {
      const error = await act().catch((error: unknown) => error);
      expect(error).toBeInstanceOf(Error);
      expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/secret|serial/);
    }
  });

  test("what it cannot do is refused when the store is made", () => {
    const wait = { replicas: 1, timeoutMs: 100 };
    expect(() => redisStore({ client, wait })).toThrow(
      /^Option "wait" needs a client that can wait/,
    );
    expect(() => redisStore({ client, subscriber: client as never }))
      .toThrow(/^Option "subscriber" must be a second client of node-redis, ioredis or Bun/);
  });
});

describe.skipIf(skipRedis)("redisStore (Valkey GLIDE on three masters with replicas)", () => {
  let cluster: RedisCluster;
  const closing: (() => unknown)[] = [];
  const connect = async () => {
    const { addresses } = cluster;
    const client = await GlideClusterClient.createClient({
      ...options(0),
      addresses: [...addresses],
    });
    closing.push(() => client.close());
    return client;
  };
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(async () => {
    for (const close of closing) close();
    await cluster?.stop();
  });

  let pair: Promise<Glide.GlideClusterClient[]> | undefined;
  for (const [kind, prefix] of [["free slots", "kit"], ["one slot", "{kit}"]]) {
    testStore({
      name: `redis (Valkey GLIDE), ${kind}`,
      capabilities: { ...capabilities, rotation: kind === "free slots" ? "two steps" : "one step" },
      async create(context) {
        const now = ahead(context.now);
        const [client, other] = await (pair ??= Promise.all([connect(), connect()]));
        const own = `${prefix}${++serial}:`;
        return {
          store: redisStore({ client: client!, prefix: own, now }),
          peer: redisStore({ client: other!, prefix: own, now }),
          neighbour: redisStore({ client: client!, prefix: `next-${own}`, now }),
          now,
        };
      },
      test,
      interleavings: 300,
      revivals: 500,
    });
  }

  test("all() and length() reach the sessions of every master", async () => {
    const client = await connect();
    const store = redisStore({ client, prefix: "spread:" });
    const ids = Array.from({ length: 60 }, (_, index) => `id-${index}`);
    for (const id of ids) await store.create(id, record("ada"));
    expect(new Set(ids.map((id) => cluster.masterOf(`spread:${id}`).port)).size).toBe(3);
    const found: string[] = [];
    for await (const [id] of store.all()) found.push(id);
    expect([found.sort(), await store.length()]).toEqual([ids.sort(), 60]);
    await store.clear();
    expect(await store.length()).toBe(0);
  });
});
