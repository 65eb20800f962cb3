/**
 * Sessions in SQLite: a file that survives the process.
 *
 * Atomic, for every process that opens the file: every change is one statement
 * that compares and swaps.
 *
 * @module
 */
import { kindOf } from "../errors.ts";
import type { Driver, Result, Row, Scalar, Statement } from "./sql/dialect.ts";
import { has, type LookAlike, refuseLookAlikes } from "./sql/look_alikes.ts";
import { resolvePlace, resolveSqlOptions, type SqlOptions } from "./sql/options.ts";
import { sqliteDialect } from "./sql/sqlite.ts";
import { type SlidingSqlSessionStore, SqlStore } from "./sql/store.ts";
import type { SqlStoreParts } from "./sql/table.ts";
import type { BatchSizes } from "./sql/batches.ts";
import { isLibsql, withRight } from "./sqlite/libsql.ts";
import { checkRecord } from "./shared/limits.ts";
import { checkMilliseconds } from "./shared/option_checks.ts";

export type { SlidingSqlSessionStore, SqlSessionStore } from "./sql/store.ts";
export type { Scalar } from "./sql/dialect.ts";
export type { SqlOptions } from "./sql/options.ts";

/** What the store uses of node:sqlite, better-sqlite3, libsql and bun:sqlite. */
export interface SqliteSyncClient {
  /** Prepares one statement. */
  prepare(text: string): SqliteSyncStatement;
}

/** A statement of a {@linkcode SqliteSyncClient}. */
export interface SqliteSyncStatement {
  /** Runs it and answers its rows. */
  all(...values: Scalar[]): unknown[];
  /** Runs it and answers how many rows it changed. */
  run(...values: Scalar[]): { changes: number | bigint } | number;
}

/** What the store uses of @libsql/client, also for Turso. */
export interface LibsqlClient {
  /** Runs one statement. */
  execute(statement: { sql: string; args: Scalar[] }): Promise<{
    rows: unknown[];
    rowsAffected: number;
  }>;
}

/** What the store uses of a Cloudflare D1 binding. */
export interface D1Client {
  /** Prepares one statement. */
  prepare(text: string): D1Statement;
  /** Runs several statements; the store only looks whether it is there. */
  batch(statements: never[]): Promise<unknown>;
}

/** A statement of a {@linkcode D1Client}. */
export interface D1Statement {
  /** Binds its parameters. */
  bind(...values: unknown[]): D1Statement;
  /** Runs it. */
  all(): Promise<{ results: unknown[]; meta: { changes?: number } }>;
}

/** Any client that {@linkcode sqliteStore} takes. */
export type SqliteClient = SqliteSyncClient | LibsqlClient | D1Client;

/** Options of {@linkcode sqliteStore}. */
export interface SqliteStoreOptions extends SqlOptions {
  /** The client. The store never opens or closes the database. */
  client: SqliteClient;
  /**
   * The most milliseconds that a client which answers at once may wait for
   * another process's lock, and the event loop with it. The store lowers the
   * connection's `busy_timeout` to this at its first statement, and never
   * raises it; it tries again by itself, with the loop free, for about two
   * seconds. `Infinity` leaves the connection as it is, its checkpoints as well.
   *
   * @default {5}
   */
  busyTimeout?: number;
}

/** The store that {@linkcode sqliteStore} makes. */
export type SqliteSessionStore = SlidingSqlSessionStore;

/**
 * Makes a store in a table of SQLite 3.35 or later.
 *
 * With node:sqlite, better-sqlite3 and bun:sqlite every verb answers at once,
 * without a promise, unless another process holds the file or there is more to
 * do than keeps nobody waiting. Two settings are yours to make on the database:
 * `journal_mode = WAL` with `synchronous = NORMAL` writes without waiting for
 * the disk (a killed process loses nothing, a power cut perhaps the last
 * moments) except where SQLite moves the log into the file; and `mmap_size` keeps
 * reads of a large file fast. The store lowers two more: `busy_timeout` (see
 * `busyTimeout`), and `wal_autocheckpoint` to 500, as to move the usual thousand
 * pages takes one call nearly ten milliseconds beside what the disk takes. A
 * connection that moves none by itself (0, as Litestream has it) is left so.
 *
 * Expired rows stay until they are swept; they are never read as sessions.
 *
 * @param options The client and the table; see {@linkcode SqliteStoreOptions}.
 * @returns A store that is atomic, slides, sweeps, iterates and knows its subjects.
 * @throws {TypeError} If an option is missing, unknown or of the wrong type, or the table is no plain name.
 *
 * @example
 * ```ts
 * import { DatabaseSync } from "node:sqlite";
 * import { sqliteStore } from "@websession/websession/stores/sqlite";
 *
 * const client = new DatabaseSync(":memory:");
 * client.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
 * const store = sqliteStore({ client });
 * await store.createSchema();
 * store.create("an-id", { json: '{"cookie":{}}', expires: null });
 * if (store.length() !== 1) throw new Error("not stored");
 * ```
 */
export function sqliteStore(options: SqliteStoreOptions): SqliteSessionStore {
  const resolved = resolveSqlOptions(options, sqliteDialect, ["busyTimeout"]);
  const { client, busyTimeout = 5 } = options;
  checkMilliseconds("busyTimeout", busyTimeout);
  const driver = driverOf(client, busyTimeout);
  const store = new SqlStore({
    ...resolved,
    ...driver,
    dialect: sqliteDialect,
  });
  return store as SqlStore & SqliteSessionStore;
}

/**
 * The statements that `createSchema()` runs where there is no table, for those who migrate by hand.
 *
 * @param place The table.
 * @returns SQL text, one statement after the other.
 * @throws {TypeError} If an option is unknown, or the table is no plain name.
 *
 * @example
 * ```ts
 * import { sqliteSchema } from "@websession/websession/stores/sqlite";
 *
 * console.log(sqliteSchema());
 * ```
 */
export function sqliteSchema(place: { table?: string } = {}): string {
  const { table } = resolvePlace(place, sqliteDialect);
  return sqliteDialect.schema({ table }).map((text) => `${text};\n`).join("");
}

/** A statement runs elsewhere, and each of them is a round trip; D1 allows 50 or 1,000 a request. */
const D1_SIZES: BatchSizes = { drop: 500, read: 500, count: 100_000 };

/** A row of theirs holds 2 MB; a hundred bytes of it are not the session's. */
const D1_ROW = 1_999_900;

const INSTEAD = "node:sqlite's DatabaseSync, better-sqlite3, bun:sqlite, @libsql/client or D1";

/** The clients of other databases, and of this one that answer otherwise. */
const LOOK_ALIKES: readonly LookAlike[] = [
  [
    "one of MySQL, which mysqlStore() takes",
    ["execute", "query"],
    "a client of SQLite",
  ],
  ["sqlite3, sqlite or sql.js", ["prepare", "each"], INSTEAD],
  ["a client without statements", ["execute", "prepareQuery"], INSTEAD],
];

function driverOf(
  client: SqliteClient,
  busyTimeout: number,
): Pick<SqlStoreParts, "driver" | "sizes"> {
  refuseLookAlikes(client, LOOK_ALIKES);
  if (has(client, "execute")) {
    return { driver: libsqlDriver(client as LibsqlClient) };
  }
  if (has(client, "prepare")) {
    return has(client, "batch")
      ? { driver: d1Driver(client as D1Client), sizes: D1_SIZES }
      : { driver: syncDriver(client as SqliteSyncClient, busyTimeout) };
  }
  throw new TypeError(
    'Option "client" must be a SQLite client with prepare() or execute(), ' +
      `not ${kindOf(client)}`,
  );
}

function syncDriver(client: SqliteSyncClient, busyTimeout: number): Driver {
  // By the statement itself: the few of a sweep go when it is over.
  const prepared = new WeakMap<Statement, SqliteSyncStatement>();
  let isNew = true;
  return (statement, values) => {
    if (isNew) {
      if (busyTimeout < Infinity) limitStops(client, busyTimeout);
      isNew = false;
    }
    let ready = prepared.get(statement);
    if (ready === undefined) {
      prepared.set(statement, ready = client.prepare(statement.text));
    }
    const act = () => resultOf(ready, statement, values);
    return isLibsql(client) ? withRight(client, statement.text, act) : act();
  };
}

function resultOf(ready: SqliteSyncStatement, { rows }: Statement, values: Scalar[]): Result {
  if (rows) return { rows: ready.all(...values) as Row[], affected: 0 };
  const done = ready.run(...values);
  return { rows: [], affected: Number(typeof done === "number" ? done : done.changes) };
}

/** Pages of the log that one statement may have to move into the file. */
const CHECKPOINT = 500;

/** A client that waits or works does nothing else meanwhile, nor does the whole process. */
function limitStops(client: SqliteSyncClient, busyTimeout: number): void {
  lower(client, "busy_timeout", busyTimeout);
  lower(client, "wal_autocheckpoint", CHECKPOINT);
}

function lower(client: SqliteSyncClient, pragma: string, most: number): void {
  const [row] = client.prepare(`PRAGMA ${pragma}`).all();
  const [own] = Object.values(Object(row) as Record<string, unknown>);
  if (Number(own) > most) client.prepare(`PRAGMA ${pragma} = ${most}`).all();
}

function libsqlDriver(client: LibsqlClient): Driver {
  return async ({ text }, args) => {
    const { rows, rowsAffected } = await client.execute({ sql: text, args });
    return { rows: rows as Row[], affected: rowsAffected };
  };
}

function d1Driver(client: D1Client): Driver {
  return async ({ text }, values) => {
    const texts = values.filter((value) => typeof value === "string");
    checkRecord("D1", D1_ROW, texts);
    const { results, meta } = await client.prepare(text).bind(...values).all();
    return { rows: results as Row[], affected: Number(meta.changes) };
  };
}
