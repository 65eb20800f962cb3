/** The conformance kit on a private server, through each client that runs on Node. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { redisStore, type RedisStoreClient } from "../../src/stores/redis.ts";
import { testStore } from "../../src/testing/mod.ts";
import { type RedisServer, skipRedis, startRedis } from "../servers/redis.ts";
import { restClient, type RestServer, startRest } from "../servers/redis_rest.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const capabilities = {
  atomic: true,
  clock: "injected",
  sliding: true,
  iterate: true,
  subject: true,
} as const;

/** The kit's clock, an hour on: the server's own, which runs, must not pass it. */
const ahead = (now: () => number) => () => now() + 3_600_000;

describe.skipIf(skipRedis)("redisStore (redis-server)", () => {
  let server: RedisServer;
  let rest: RestServer;
  /** For what is done behind the back of the stores. */
  let behind: Redis;
  const closing: (() => unknown)[] = [];
  beforeAll(async () => {
    server = await startRedis();
    behind = new Redis(server.port, "127.0.0.1");
    closing.push(() => behind.quit());
    rest = await startRest(server.port);
  });
  afterAll(async () => {
    for (const close of closing) await close();
    await rest?.stop();
    await server?.stop();
  });

  const nodeRedis = async () => {
    const client = await createClient({ url: `redis://127.0.0.1:${server.port}` }).connect();
    closing.push(() => client.close());
    return client;
  };

  /** Two connections for each client, opened when the first case asks. */
  const clients: Record<string, () => Promise<RedisStoreClient>> = {
    "node-redis": nodeRedis,
    "node-redis, RESP2": async () => {
      const client = await createClient({ RESP: 2, url: `redis://127.0.0.1:${server.port}` })
        .connect();
      closing.push(() => client.close());
      return client;
    },
    "node-redis with keyPrefix": async () => {
      const client = await createClient({
        keyPrefix: "app:",
        url: `redis://127.0.0.1:${server.port}`,
      }).connect();
      closing.push(() => client.close());
      return client;
    },
    ioredis: () => {
      const client = new Redis(server.port, "127.0.0.1");
      closing.push(() => client.quit());
      return Promise.resolve(client);
    },
    "ioredis with keyPrefix": () => {
      const client = new Redis(server.port, "127.0.0.1", { keyPrefix: "app:" });
      closing.push(() => client.quit());
      return Promise.resolve(client);
    },
    "an Upstash-shaped REST client": () => Promise.resolve(restClient(rest.url)),
  };

  for (const [name, connect] of Object.entries(clients)) {
    let pair: Promise<RedisStoreClient[]> | undefined;
    let serial = 0;
    // A connection that is closed and opened again by hand stands for one that is lost.
    const outage = name === "node-redis";
    testStore({
      name,
      capabilities: { ...capabilities, corrupt: true, outage },
      async create(context) {
        const now = ahead(context.now);
        const [client, other] = await (pair ??= Promise.all([connect(), connect()]));
        const prefix = `${name}${++serial}:`;
        const store = redisStore({ client: client!, prefix, now });
        return {
          store,
          peer: redisStore({ client: other!, prefix, now }),
          neighbour: redisStore({ client: client!, prefix: `next-${prefix}`, now }),
          now,
          async corrupt(id, text) {
            const key = `${name.includes("keyPrefix") ? "app:" : ""}${prefix}${id}`;
            await behind.set(key, text, "KEEPTTL");
          },
          ...(outage && {
            outage() {
              const cut = client as Awaited<ReturnType<typeof nodeRedis>>;
              cut.destroy();
              return async () => void await cut.connect();
            },
          }),
          close: () => store.clear(),
        };
      },
      test,
    });
  }

  let serial = 0;
  const connect = clients["node-redis"]!;
  let pair: Promise<RedisStoreClient[]> | undefined;
  testStore({
    name: "a prefix with a hash tag",
    capabilities,
    async create(context) {
      const now = ahead(context.now);
      const [client, other] = await (pair ??= Promise.all([connect(), connect()]));
      const prefix = `{tag${++serial}}:`;
      return {
        store: redisStore({ client: client!, prefix, now }),
        peer: redisStore({ client: other!, prefix, now }),
        neighbour: redisStore({ client: client!, prefix: `{next${serial}}:`, now }),
        now,
      };
    },
    test,
    interleavings: 100,
    revivals: 100,
  });

  test("the kit passes with Bun's client, under Bun", async () => {
    const child = spawn("bun", [join(import.meta.dirname, "redis_bun.ts"), String(server.port)]);
    let printed = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (text) => (printed += text));
    }
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect(printed).toMatch(/^(\d+) of \1 passed$/m);
    expect(code).toBe(0);
  });
});
