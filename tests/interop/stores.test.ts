/** Stores of other packages under ours: under the alias and beside the real express-session, on Express 4 and 5. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startDynalite } from "../servers/dynalite.ts";
import { mariadbBinary, startMariadb } from "../servers/mariadb.ts";
import { memcachedBinary, startMemcached } from "../servers/memcached.ts";
import { startMongodb } from "../servers/mongodb.ts";
import { postgresBinary, startPostgres } from "../servers/postgres.ts";
import { skipWithout } from "../servers/process.ts";
import { skipRedis, startRedis } from "../servers/redis.ts";
import { install } from "./install.ts";
import { type AppProcess, startApp } from "./server.ts";
import { commonVisits, ownVisits, type Step, visitsByTurns } from "./visits.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });
// Each server is stopped by a listener of its own.
process.setMaxListeners(30);

const skipPostgres = skipWithout(postgresBinary, "postgresql");
const skipMariadb = skipWithout(mariadbBinary, "mariadb-server");
const skipMemcached = skipWithout(memcachedBinary, "memcached");

interface StoreRow {
  readonly skip: boolean;
  /** Another process sees what one stores. */
  readonly shared: boolean;
  /** It asks for express-session itself; the others are handed a package. */
  readonly asks: boolean;
}

const row = (skip: boolean, shared: boolean, asks = false): StoreRow => ({ skip, shared, asks });
const stores: Record<string, StoreRow> = {
  memorystore: row(false, false),
  "connect-loki": row(false, false),
  "session-file-store": row(false, true),
  "connect-sqlite3": row(false, true),
  "level-session-store": row(false, false),
  "connect-redis": row(skipRedis, true, true),
  "connect-pg-simple": row(skipPostgres, true),
  "connect-typeorm": row(skipPostgres, true, true),
  "connect-session-knex": row(skipPostgres, true, true),
  "connect-session-sequelize": row(skipPostgres, true),
  "express-mysql-session": row(skipMariadb, true),
  "connect-memcached": row(skipMemcached, true),
  // On dynalite.
  "connect-dynamodb": row(false, true),
  // On a stand-in for the server.
  "connect-mongo": row(false, true, true),
};

/** How ours stands in an application, and which package's Store a store extends there. */
const WAYS = {
  "under the alias": { isBeside: false, madeOf: "" },
  "beside express-session": { isBeside: true, madeOf: "" },
  "beside express-session, of its Store": { isBeside: true, madeOf: " of express-session" },
} as const;
type Way = keyof typeof WAYS;
const EXPRESSES = ["express4", "express"] as const;
type Express = (typeof EXPRESSES)[number];

let folder: string;
const running: { stop(): unknown }[] = [];
const apps = {} as Record<Express, { real: AppProcess; alias: AppProcess; beside: AppProcess }>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "websession-interop-"));
  const begun = async <Server extends { stop(): unknown }>(starting: Promise<Server>) => {
    const server = await starting;
    running.push(server);
    return server;
  };
  const installed = install();
  const [folders, redis, postgres, mariadb, memcached, dynamo, mongo] = await Promise.all([
    installed,
    skipRedis ? undefined : begun(startRedis()),
    skipPostgres ? undefined : begun(startPostgres(["max_connections=250"])),
    skipMariadb ? undefined : begun(startMariadb()),
    skipMemcached ? undefined : begun(startMemcached()),
    installed.then(({ real }) => begun(startDynalite(real))),
    begun(startMongodb()),
  ]);
  const env = {
    FOLDER: folder,
    STORES: Object.keys(stores).filter((name) => !stores[name]!.skip).join(),
    DYNAMO_PORT: String(dynamo.port),
    MONGO_URL: mongo.url,
    ...redis && { REDIS_PORT: String(redis.port) },
    ...postgres && { POSTGRES_URL: postgres.url },
    ...mariadb && { MARIADB_URL: mariadb.url },
    ...memcached && { MEMCACHED_PORT: String(memcached.port) },
  };
  const start = (kind: keyof typeof folders, express: Express) => {
    const session = kind === "beside" ? "websession" : "express-session";
    return begun(startApp(folders[kind], { ...env, EXPRESS: express, SESSION: session }));
  };
  // The first one by itself: it creates the tables.
  const first = await start("real", "express4");
  for (const express of EXPRESSES) {
    const [real, alias, beside] = await Promise.all([
      express === "express4" ? first : start("real", express),
      start("alias", express),
      start("beside", express),
    ]);
    expect([real.isOurs, alias.isOurs, beside.isOurs]).toEqual([false, true, true]);
    expect([alias.isRealThere, beside.isRealThere]).toEqual([false, true]);
    apps[express] = { real, alias, beside };
  }
});

afterAll(async () => {
  await Promise.all(running.reverse().map((server) => server.stop()));
  rmSync(folder, { recursive: true, force: true });
});

const expected = new Map<string, Promise<Step[]>>();
/** What comes of the common visits under the real express-session. */
function expectedOf(name: string, express: Express): Promise<Step[]> {
  const key = `${name} ${express}`;
  const visits = expected.get(key) ?? commonVisits(apps[express].real.ports[name]!);
  expected.set(key, visits);
  return visits;
}

const rows = Object.entries(stores).flatMap(([name, { skip, shared, asks }]) =>
  (Object.keys(WAYS) as Way[])
    // What asks by itself is of the real package's Store in any case.
    .filter((way) => !asks || way !== "beside express-session")
    .flatMap((way) => EXPRESSES.map((express) => ({ name, way, express, skip, shared })))
);

describe.for(rows)("$name $way on $express", ({ name, way, express, skip, shared }) => {
  const { isBeside, madeOf } = WAYS[way];
  const ours = () => apps[express][isBeside ? "beside" : "alias"].ports[name + madeOf]!;

  test.skipIf(skip)("answers, sets cookies, asks and stores as with express-session", async () => {
    const steps = await commonVisits(ours());
    expect(steps.flatMap(({ asked }) => asked.filter((verb) => verb.includes("failed"))))
      .toEqual([]);
    expect(steps).toEqual(await expectedOf(name, express));
  });

  test.skipIf(skip)("logs in, moves with what is kept, updates and logs out", async () => {
    await ownVisits(ours());
  });

  if (!shared) return;
  test.skipIf(skip)("continues a session begun under express-session, and back", async () => {
    const real = apps[express].real.ports[name]!;
    await visitsByTurns(real, ours());
    await visitsByTurns(ours(), real);
  });
});
