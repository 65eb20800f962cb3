/**
 * Sessions in SQLite: a file that survives the process.
 *
 * Atomic, for every process that opens the file: every change is one statement
 * that compares and swaps.
 *
 * @module
 */
import { kindOf } from "../errors.ts";
import type { Driver, Row, Scalar, Statement } from "./sql/dialect.ts";
import { checkName, resolveSqlOptions, type SqlOptions } from "./sql/options.ts";
import { sqliteDialect } from "./sql/sqlite.ts";
import { type SlidingSqlSessionStore, SqlStore } from "./sql/store.ts";

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
  run(...values: Scalar[]): { changes: number | bigint };
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
}

/** The store that {@linkcode sqliteStore} makes. */
export type SqliteSessionStore = SlidingSqlSessionStore;

/**
 * Makes a store in a table of SQLite 3.35 or later.
 *
 * With node:sqlite, better-sqlite3 and bun:sqlite every verb answers at once,
 * without a promise. Three settings are yours to make on the database:
 * `journal_mode = WAL` with `synchronous = NORMAL` writes without waiting for
 * the disk (a killed process loses nothing, a power cut perhaps the last
 * moments), `busy_timeout` waits for other processes instead of failing, and
 * `mmap_size` keeps reads of a large file fast.
 *
 * Expired rows stay until `sweep()` drops them; they are never read as
 * sessions.
 *
 * @param options The client and the table; see {@linkcode SqliteStoreOptions}.
 * @returns A store that is atomic, slides, sweeps, iterates and knows its subjects.
 * @throws {TypeError} If an option is missing or has the wrong type, or the table is no plain name.
 *
 * @example
 * ```ts
 * import { DatabaseSync } from "node:sqlite";
 * import { sqliteStore } from "@websession/websession/stores/sqlite";
 *
 * const client = new DatabaseSync(":memory:");
 * client.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000");
 * const store = sqliteStore({ client });
 * await store.createSchema();
 * store.create("an-id", { json: '{"cookie":{}}', expires: null });
 * if (store.length() !== 1) throw new Error("not stored");
 * ```
 */
export function sqliteStore(options: SqliteStoreOptions): SqliteSessionStore {
  const resolved = resolveSqlOptions(options, sqliteDialect);
  const driver = driverOf(options.client);
  const store = new SqlStore({ ...resolved, dialect: sqliteDialect, driver });
  return store as SqlStore & SqliteSessionStore;
}

/**
 * The statements that `createSchema()` runs, for those who migrate by hand.
 *
 * @param place The table.
 * @returns SQL text, one statement after the other.
 * @throws {TypeError} If the table is no plain name.
 *
 * @example
 * ```ts
 * import { sqliteSchema } from "@websession/websession/stores/sqlite";
 *
 * console.log(sqliteSchema());
 * ```
 */
export function sqliteSchema({ table = "session" }: { table?: string } = {}): string {
  checkName("table", table, sqliteDialect.longestName);
  return sqliteDialect.schema({ table }).map((text) => `${text};\n`).join("");
}

function driverOf(client: SqliteClient): Driver {
  const { execute, batch, prepare } = Object(client) as Partial<LibsqlClient & D1Client>;
  if (typeof execute === "function") return libsqlDriver(client as LibsqlClient);
  if (typeof prepare === "function") {
    return typeof batch === "function"
      ? d1Driver(client as D1Client)
      : syncDriver(client as SqliteSyncClient);
  }
  throw new TypeError(
    'Option "client" must be a SQLite client with prepare() or execute(), ' +
      `not ${kindOf(client)}`,
  );
}

function syncDriver(client: SqliteSyncClient): Driver {
  // By the statement itself: the few of a sweep go when it is over.
  const prepared = new WeakMap<Statement, SqliteSyncStatement>();
  return (statement, values) => {
    let ready = prepared.get(statement);
    if (ready === undefined) prepared.set(statement, ready = client.prepare(statement.text));
    return statement.rows
      ? { rows: ready.all(...values) as Row[], affected: 0 }
      : { rows: [], affected: Number(ready.run(...values).changes) };
  };
}

function libsqlDriver(client: LibsqlClient): Driver {
  return async ({ text }, args) => {
    const { rows, rowsAffected } = await client.execute({ sql: text, args });
    return { rows: rows as Row[], affected: rowsAffected };
  };
}

function d1Driver(client: D1Client): Driver {
  return async ({ text }, values) => {
    const { results, meta } = await client.prepare(text).bind(...values).all();
    return { rows: results as Row[], affected: Number(meta.changes) };
  };
}
