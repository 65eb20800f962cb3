/** Stores that tell of ends, whose connections are cut for a while: what the kit asks of them. */
import { Redis } from "ioredis";
import pg from "pg";
import postgres from "postgres";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { postgresStore } from "../../src/stores/postgres.ts";
import { redisStore } from "../../src/stores/redis.ts";
import { testStore } from "../../src/testing/mod.ts";
import { type CutProxy, startCutProxy } from "../servers/cut_proxy.ts";
import { postgresBinary, type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { skipWithout } from "../servers/process.ts";
import { type RedisServer, skipRedis, startRedis } from "../servers/redis.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const capabilities = {
  atomic: true,
  clock: "injected",
  sliding: true,
  iterate: true,
  subject: true,
  watch: true,
  outage: true,
} as const;

/** The cases of an outage, of which there is none in the kit's other runs on these stores. */
const some = (name: string, run: () => Promise<void>) =>
  /outage|cannot be asked|nothing can be heard/.test(name) && test(name, run);

/** A client that listens to the channel already asks nobody: who comes in the outage is told after. */
const except = (name: string) => ({
  ...["node-redis", "postgres.js"].includes(name) && {
    "watch() rejects where nothing can be heard, also where somebody else watches":
      "the client that listens to a channel takes one listener more without asking the server",
  },
});

/** An outage that is over when the store is answered again. */
const outageOf = (proxy: CutProxy, store: Any) => () => {
  const restore = proxy.outage();
  return async () => {
    restore();
    await vi.waitFor(() => store.read("anything"), { timeout: 60_000 });
  };
};

let serial = 0;

describe.skipIf(skipRedis)("redisStore({ subscriber }), cut off", () => {
  let server: RedisServer;
  let proxy: CutProxy;
  const closing: (() => unknown)[] = [];
  beforeAll(async () => {
    server = await startRedis();
    proxy = await startCutProxy(server.port);
  });
  afterAll(async () => {
    for (const close of closing) await close();
    await proxy?.close();
    await server?.stop();
  });

  const clients: Record<string, (port: number) => Promise<Any>> = {
    async "node-redis"(port) {
      const client = createClient({ url: `redis://127.0.0.1:${port}`, disableOfflineQueue: true });
      client.on("error", () => {});
      await client.connect();
      closing.push(() => client.destroy());
      return client;
    },
    async ioredis(port) {
      const client = new Redis(port, "127.0.0.1", { maxRetriesPerRequest: 0 });
      client.on("error", () => {});
      closing.push(() => client.disconnect());
      return await Promise.resolve(client);
    },
  };
  for (const [name, connect] of Object.entries(clients)) {
    testStore({
      name,
      capabilities,
      async create(context) {
        const now = () => context.now() + 3_600_000;
        const prefix = `o${++serial}:`;
        const [client, subscriber, other] = await Promise.all(
          [proxy.port, proxy.port, server.port].map(connect),
        );
        const store = redisStore({ client, subscriber, prefix, now } as never);
        return {
          store,
          peer: redisStore({ client: other, subscriber, prefix, now } as never),
          now,
          outage: outageOf(proxy, store),
        };
      },
      except: except(name),
      test: some,
    });
  }
});

describe.skipIf(skipWithout(postgresBinary, "postgresql"))(
  "postgresStore({ listener }), cut off",
  () => {
    let server: PostgresServer;
    let proxy: CutProxy;
    const closing: (() => unknown)[] = [];
    beforeAll(async () => {
      server = await startPostgres();
      proxy = await startCutProxy(server.port);
    });
    afterAll(async () => {
      for (const close of closing) await close();
      await proxy?.close();
      await server?.stop();
    });
    const through = () => server.url.replace(`:${server.port}`, `:${proxy.port}`);
    const pool = (url: string) => {
      const made = new pg.Pool({ connectionString: url });
      made.on("error", () => {});
      closing.push(() => made.end());
      return made;
    };
    const clients: Record<string, () => { client: Any; listener: Any }> = {
      pg: () => ({
        client: pool(through()),
        listener: () => new pg.Client({ connectionString: through() }),
      }),
      "postgres.js"() {
        const client = postgres(through(), { onnotice: () => {} });
        closing.push(() => client.end({ timeout: 1 }));
        return { client, listener: client };
      },
    };
    for (const [name, make] of Object.entries(clients)) {
      testStore({
        name,
        capabilities: { ...capabilities, sweep: true },
        async create({ now }) {
          const { client, listener } = make();
          const table = `o${++serial}`;
          const store = postgresStore({ client, listener, now, table } as never) as Any;
          await store.createSchema();
          const other = pool(server.url);
          const peer = postgresStore({ client: other, listener, now, table } as never);
          return { store, peer, outage: outageOf(proxy, store) };
        },
        except: except(name),
        test: some,
      });
    }
  },
);
