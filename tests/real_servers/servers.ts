/** The servers under test, each as it is configured to keep what it acknowledges. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createPool } from "mysql2/promise";
import pg from "pg";
import { mysqlStore } from "../../src/stores/mysql.ts";
import { postgresStore } from "../../src/stores/postgres.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import { type CutProxy, startCutProxy } from "../servers/cut_proxy.ts";
import { mariadbBinary, startMariadb } from "../servers/mariadb.ts";
import { postgresBinary, startPostgres } from "../servers/postgres.ts";
import { findBinary, skipWithout } from "../servers/process.ts";
import { skipRedis, startCluster, startRedis } from "../servers/redis.ts";
import type { Isolation, Place } from "./protocol.ts";

/** What a fault needs of one server. */
export interface Machine {
  kill(): Promise<void>;
  start(): Promise<void>;
  signal(name: NodeJS.Signals): void;
}

/** A store's servers, and how to reach them. */
export interface Site {
  readonly configuration: string;
  readonly machines: readonly Machine[];
  readonly proxies: readonly CutProxy[];
  readonly place: Place;
  /** The same, with every connection through a proxy. */
  readonly proxied: Place;
  stop(): Promise<void>;
}

/** A kind of store on its servers. */
export interface Kind {
  readonly name: string;
  /** Whether it is missing on this machine, and by which package it comes. */
  readonly isMissing: () => boolean;
  readonly debianPackage: string;
  /** Of the server program. */
  readonly version: () => string;
  /** What people use with express-session on such a server, to compare with. */
  readonly peer?: string;
  readonly start: () => Promise<Site>;
}

/** An acknowledged write is on disk. */
const DURABLE = ["--appendonly", "yes", "--appendfsync", "always"];

async function redis(): Promise<Site> {
  const server = await startRedis(...DURABLE);
  const proxy = await startCutProxy(server.port);
  return {
    configuration: "appendonly yes, appendfsync always",
    machines: [server],
    proxies: [proxy],
    place: { kind: "redis", port: server.port },
    proxied: { kind: "redis", port: proxy.port },
    stop: () => stopAll(proxy, server),
  };
}

async function cluster(): Promise<Site> {
  const cluster = await startCluster(...DURABLE, "--cluster-replica-no-failover", "yes");
  const { servers, addresses } = cluster;
  const proxies = await Promise.all(servers.map(({ port }) => startCutProxy(port)));
  const through = Object.fromEntries(servers.map(({ port }, index) => {
    return [`127.0.0.1:${port}`, { host: "127.0.0.1", port: proxies[index]!.port }];
  }));
  return {
    configuration: "3 masters, 3 replicas, appendfsync always, cluster-replica-no-failover yes",
    machines: servers,
    proxies,
    place: { kind: "cluster", addresses, through: {} },
    proxied: {
      kind: "cluster",
      addresses: proxies.map(({ port }) => ({ host: "127.0.0.1", port })),
      through,
    },
    stop: () => stopAll(...proxies, cluster),
  };
}

function postgres(isolation: string): () => Promise<Site> {
  return async () => {
    const server = await startPostgres();
    const proxy = await startCutProxy(server.port);
    const pool = new pg.Pool({ connectionString: server.url });
    await postgresStore({ client: pool }).createSchema();
    await pool.end();
    return {
      configuration: `${isolation}, fsync on, synchronous_commit on`,
      machines: [server],
      proxies: [proxy],
      place: { kind: "postgres", url: server.url, isolation },
      proxied: { kind: "postgres", url: at(server.url, proxy), isolation },
      stop: () => stopAll(proxy, server),
    };
  };
}

function mariadb(isolation: Isolation): () => Promise<Site> {
  return async () => {
    const server = await startMariadb();
    const proxy = await startCutProxy(server.port);
    const pool = createPool({ uri: server.url });
    await mysqlStore({ client: pool }).createSchema();
    await pool.end();
    return {
      configuration: `${isolation}, innodb_flush_log_at_trx_commit 1`,
      machines: [server],
      proxies: [proxy],
      place: { kind: "mariadb", url: server.url, isolation },
      proxied: { kind: "mariadb", url: at(server.url, proxy), isolation },
      stop: () => stopAll(proxy, server),
    };
  };
}

async function sqlite(): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), "websession-sqlite-"));
  const place = { kind: "sqlite", file: join(folder, "sessions.db") } as const;
  const client = new DatabaseSync(place.file);
  client.exec("PRAGMA journal_mode = WAL");
  await sqliteStore({ client }).createSchema();
  client.close();
  return {
    configuration: "one file, journal_mode WAL, node:sqlite",
    machines: [],
    proxies: [],
    place,
    proxied: place,
    stop: () => Promise.resolve(rmSync(folder, { recursive: true, force: true })),
  };
}

/** The address through a proxy. */
function at(url: string, { port }: CutProxy): string {
  return Object.assign(new URL(url), { port: String(port) }).href;
}

async function stopAll(
  ...things: readonly ({ stop(): Promise<void> } | { close(): Promise<void> })[]
): Promise<void> {
  for (const thing of things) await ("stop" in thing ? thing.stop() : thing.close());
}

/** What a program says of itself: its name and its version, without where it lies. */
function versionOf(program: string | undefined): string {
  const said = execFileSync(program!, ["--version"], { encoding: "utf8" });
  return `${basename(program!)} ${/\d+\.\d+(\.\d+)?/.exec(said)?.[0]}`;
}

const REDIS = {
  version: () => versionOf(findBinary("redis-server")),
  isMissing: () => skipRedis,
  debianPackage: "redis-server",
};
const POSTGRES = {
  version: () => versionOf(postgresBinary),
  isMissing: () => skipWithout(postgresBinary, "postgresql"),
  debianPackage: "postgresql",
};
const MARIADB = {
  version: () => versionOf(mariadbBinary),
  isMissing: () => skipWithout(mariadbBinary, "mariadb-server"),
  debianPackage: "mariadb-server",
};

export const KINDS: readonly Kind[] = [
  { ...REDIS, name: "Redis", start: redis, peer: "express-session, connect-redis" },
  { ...REDIS, name: "Redis cluster", start: cluster },
  {
    ...POSTGRES,
    name: "Postgres, READ COMMITTED",
    start: postgres("read committed"),
    peer: "express-session, connect-pg-simple",
  },
  { ...POSTGRES, name: "Postgres, SERIALIZABLE", start: postgres("serializable") },
  { ...MARIADB, name: "MariaDB, READ COMMITTED", start: mariadb("READ COMMITTED") },
  { ...MARIADB, name: "MariaDB, REPEATABLE READ", start: mariadb("REPEATABLE READ") },
  {
    name: "SQLite file",
    isMissing: () => false,
    debianPackage: "",
    version: () => `SQLite ${process.versions["sqlite"]}`,
    start: sqlite,
  },
];
