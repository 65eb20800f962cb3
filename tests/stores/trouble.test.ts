/** The kit's cases that need a hook or a server's clock: damaged texts, outages, limits in real time. */
import { PGlite } from "@electric-sql/pglite";
import { Redis } from "ioredis";
import { DatabaseSync } from "node:sqlite";
import { createStorage } from "unstorage";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { postgresStore } from "../../src/stores/postgres.ts";
import { redisStore } from "../../src/stores/redis.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import { unstorageStore } from "../../src/stores/unstorage.ts";
import { testStore, type TestStoreOptions } from "../../src/testing/mod.ts";
import { type RedisServer, skipRedis, startRedis } from "../servers/redis.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const HOOKED = /claims what it has|a text that is no session|a server that cannot be asked/;
const TIMED = /lives until|past the end|brought nearer|expired|ended|moved|application/;

/** The cases of the kit that a pattern names. */
function cases(pattern: RegExp, options: Omit<TestStoreOptions, "test">): void {
  testStore({ ...options, test: (name, run) => void (pattern.test(name) && test(name, run)) });
}

/** A client that can be cut off: then whatever is called on it, or on what it made, fails. */
function cuttable<T extends object>(real: T): { client: T; outage: () => () => void } {
  let down = false;
  const wrap = <O extends object>(object: O): O =>
    new Proxy(object, {
      get(target, name) {
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== "function" || name === "constructor") return value;
        return (...args: unknown[]) => {
          if (down) throw new Error("connection refused");
          const answer = (value as (...args: unknown[]) => unknown).apply(target, args);
          // A prepared statement is the connection's.
          return answer?.constructor?.name === "StatementSync" ? wrap(answer as object) : answer;
        };
      },
    });
  return {
    client: wrap(real),
    outage() {
      down = true;
      return () => void (down = false);
    },
  };
}

const hooks = { corrupt: true, outage: true } as const;

describe("node:sqlite", () => {
  cases(HOOKED, {
    name: "sqlite in memory",
    capabilities: {
      ...{ atomic: "one process", clock: "injected", ...hooks },
      ...{ sliding: true, iterate: true, sweep: true, subject: true },
    },
    async create({ now }) {
      const database = new DatabaseSync(":memory:");
      const { client, outage } = cuttable(database);
      const store = sqliteStore({ client, now });
      await store.createSchema();
      const write = database.prepare("UPDATE session SET sess = ? WHERE sid = ?");
      return {
        ...{ store, outage },
        corrupt: (id, text) => void write.run(text, id),
        close: () => database.close(),
      };
    },
  });
});

describe("PGlite", () => {
  const database = new PGlite();
  afterAll(() => database.close());
  let tables = 0;
  cases(HOOKED, {
    name: "postgres (PGlite)",
    capabilities: {
      ...{ atomic: "one process", clock: "injected", ...hooks },
      ...{ sliding: true, iterate: true, sweep: true, subject: true },
    },
    async create({ now }) {
      const table = `t${++tables}`;
      const { client, outage } = cuttable(database);
      const store = postgresStore({ client, now, table });
      await store.createSchema();
      const sql = `UPDATE ${table} SET sess = $1 WHERE sid = $2`;
      return {
        store,
        outage,
        corrupt: async (id, text) => void await database.query(sql, [text, id]),
      };
    },
  });
});

describe("unstorage", () => {
  cases(HOOKED, {
    name: "unstorage in memory",
    capabilities: { atomic: false, clock: "injected", iterate: true, sweep: true, ...hooks },
    create({ now }) {
      const storage = createStorage();
      const { client, outage } = cuttable(storage);
      return {
        ...{ store: unstorageStore(client, { now }), outage },
        async corrupt(_id, text) {
          for (const key of await storage.getKeys()) {
            const envelope = await storage.getItem<{ json?: string }>(key);
            // Every other session of the case is the bystander.
            if (!envelope?.json?.includes('"serial":1}')) await storage.setItemRaw(key, text);
          }
        },
      };
    },
  });
});

describe.skipIf(skipRedis)("redis-server", () => {
  let server: RedisServer;
  const open: Redis[] = [];
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    for (const client of open) await client.quit();
    await server?.stop();
  });
  const connect = () => {
    const client = new Redis(server.port, "127.0.0.1");
    open.push(client);
    return client;
  };
  let serial = 0;

  const forgotten =
    "whose it was has ended with it, and a session of nobody's writes no second key; ids are drawn once";
  cases(new RegExp(`${HOOKED.source}|${TIMED.source}`), {
    name: "redis on its own clock",
    except: {
      "a session that takes an expired one's place is its own subject's alone": forgotten,
      "an id made anew for nobody is not its earlier owner's, however the session had ended":
        forgotten,
      "a rotate() onto an id that has expired takes it from its earlier owner": forgotten,
    },
    capabilities: {
      ...{ atomic: true, clock: "server", ...hooks },
      ...{ sliding: true, iterate: true, subject: true },
    },
    create() {
      const prefix = `trouble${++serial}:`;
      const [one, two] = [connect(), connect()];
      const { client, outage } = cuttable(one);
      return {
        ...{
          store: redisStore({ client, prefix }),
          peer: redisStore({ client: two, prefix }),
          outage,
        },
        corrupt: async (id, text) => void await two.set(prefix + id, text, "KEEPTTL"),
      };
    },
  });
});
