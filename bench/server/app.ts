/** One Express 5 server, in a process of its own: `node app.ts '<json of ServerPlan>'`. */
import { RedisStore } from "connect-redis";
import express from "express";
import expressSession from "express-session";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import process from "node:process";
import pg from "pg";
import { createClient } from "redis";
import websession from "../../src/express/mod.ts";
import { postgresStore } from "../../src/stores/postgres.ts";
import { redisStore } from "../../src/stores/redis.ts";
import { SECRET } from "../lib/cookies.ts";
import { dataOf } from "../lib/payload.ts";

export interface ServerPlan {
  /** Whose middleware; the floor has none. */
  readonly kind: "floor" | "websession" | "express-session";
  /** Whose store: `peer` is connect-redis or connect-pg-simple, which both middlewares take. */
  readonly store: "memory" | "redis" | "postgres";
  readonly storeOf: "ours" | "peer";
  readonly rolling: boolean;
  readonly redisPort?: number;
  readonly postgresUrl?: string;
  /** The most sessions ours keeps in memory. */
  readonly max?: number;
}

export interface ServerStats {
  /** Milliseconds of event-loop delay since the last question. */
  readonly delay: {
    readonly p50: number;
    readonly p99: number;
    readonly max: number;
  };
  readonly heapUsed: number;
  readonly rss: number;
  /** Microseconds of processor time since the start. */
  readonly cpu: number;
}

// deno-lint-ignore no-explicit-any
type Loose = any;

// It has no types.
const connectPgSimple: Loose = createRequire(import.meta.url)(
  "connect-pg-simple",
);

const MAX_AGE = 24 * 60 * 60 * 1000;
const POOL = 10;

async function storeFor(plan: ServerPlan): Promise<Loose> {
  const isOurs = plan.storeOf === "ours";
  if (plan.store === "memory") {
    return plan.kind === "websession"
      ? new websession.MemoryStore({ max: plan.max ?? 100_000 })
      : new expressSession.MemoryStore();
  }
  if (plan.store === "redis") {
    const client = createClient({
      socket: { host: "127.0.0.1", port: plan.redisPort! },
    });
    await client.connect();
    const prefix = `${plan.kind}-${plan.storeOf}:`;
    return isOurs
      ? redisStore({ client: client as Loose, prefix })
      : new RedisStore({ client, prefix });
  }
  const pool = new pg.Pool({ connectionString: plan.postgresUrl!, max: POOL });
  const table = `${plan.kind}_${plan.storeOf}`.replaceAll("-", "_");
  if (isOurs) {
    const store = postgresStore({ client: pool, table, prepare: true });
    await store.createSchema();
    return store;
  }
  const PgStore = connectPgSimple(expressSession);
  await pool.query(
    `CREATE TABLE ${table} (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL);
     CREATE INDEX ON ${table} (expire)`,
  );
  return new PgStore({ pool, tableName: table, pruneSessionInterval: false });
}

async function middlewareFor(plan: ServerPlan): Promise<Loose> {
  const factory: Loose = plan.kind === "websession" ? websession : expressSession;
  return factory({
    store: await storeFor(plan),
    secret: SECRET,
    resave: false,
    saveUninitialized: false,
    rolling: plan.rolling,
    cookie: { maxAge: MAX_AGE },
  });
}

async function main(plan: ServerPlan): Promise<void> {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  if (plan.kind !== "floor") app.use(await middlewareFor(plan));
  app.get("/anonymous", (_req, res) => void res.send("ok"));
  app.get("/read", (req: Loose, res) => {
    if (plan.kind !== "floor" && req.session.user === undefined) {
      return void res.sendStatus(500);
    }
    res.send("ok");
  });
  app.get("/write", (req: Loose, res) => {
    if (plan.kind !== "floor") req.session.views = (req.session.views ?? 0) + 1;
    res.send("ok");
  });
  app.get("/login", (req: Loose, res, next) => {
    req.session.regenerate((error: unknown) => {
      if (error) return next(error);
      Object.assign(req.session, dataOf(Number(req.query.bytes ?? 200)));
      res.send("ok");
    });
  });
  app.get("/logout", (req: Loose, res, next) => {
    req.session.destroy((error: unknown) => error ? next(error) : res.send("ok"));
  });
  const server = app.listen(0, "127.0.0.1", 4096);
  server.on(
    "listening",
    () => process.send!({ port: (server.address() as AddressInfo).port }),
  );
  // One request may fail (a rejected promise of a peer must not end the run); it is counted by the client.
  process.on("unhandledRejection", () => {});
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  process.on("message", (question) => {
    // The soak wants to know what lives; the others are not to be disturbed.
    if (question === "live") (globalThis as Loose).gc();
    else if (question !== "stats") return;
    const { user, system } = process.cpuUsage();
    const { heapUsed, rss } = process.memoryUsage();
    const ms = (nanoseconds: number): number => nanoseconds / 1e6;
    const stats: ServerStats = {
      delay: {
        p50: ms(delay.percentile(50)),
        p99: ms(delay.percentile(99)),
        max: ms(delay.max),
      },
      heapUsed,
      rss,
      cpu: user + system,
    };
    delay.reset();
    process.send!(stats);
  });
  process.on("disconnect", () => process.exit());
}

if (process.argv[2]?.startsWith("{")) {
  await main(JSON.parse(process.argv[2]) as ServerPlan);
}
