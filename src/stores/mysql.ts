/**
 * Sessions in MySQL or MariaDB.
 *
 * Atomic: every change is one statement that compares and swaps.
 *
 * @module
 */
import { kindOf } from "../errors.ts";
import type { Driver, Result, Row } from "./sql/dialect.ts";
import { has, type LookAlike, refuseLookAlikes } from "./sql/look_alikes.ts";
import { mysqlDialect } from "./sql/mysql.ts";
import { checkName, resolveSqlOptions, type SqlOptions } from "./sql/options.ts";
import { type SqlSessionStore, SqlStore } from "./sql/store.ts";

export type { SqlSessionStore } from "./sql/store.ts";
export type { SqlOptions } from "./sql/options.ts";

/** What the store uses of the promise `Pool` or `Connection` of mysql2. */
export interface MysqlPromiseClient {
  /** Runs one prepared statement; the answer's first element is the rows or the header. */
  execute(text: string, values: (string | number | null)[]): Promise<[unknown, ...unknown[]]>;
}

/** What the store uses of the `Pool` or `Connection` of mysql2 that is asked with callbacks. */
export interface Mysql2CallbackClient {
  /** The same connections with promises. */
  promise(): MysqlPromiseClient;
}

/** What the store uses of the promise `Pool` or `Connection` of MariaDB's own connector. */
export interface MariadbClient {
  /** Runs one prepared statement; the answer is the rows or the header. */
  execute(text: string, values: (string | number | null)[]): Promise<unknown>;
  /** Runs a statement many times; the store only looks whether it is there. */
  batch(...args: never[]): Promise<unknown>;
}

/** Any client that {@linkcode mysqlStore} takes. */
export type MysqlClient = MysqlPromiseClient | Mysql2CallbackClient | MariadbClient;

/** Options of {@linkcode mysqlStore}. */
export interface MysqlStoreOptions extends SqlOptions {
  /** The client, on connections of charset utf8mb4, as mysql2's and mariadb's are. */
  client: MysqlClient;
}

/** The store that {@linkcode mysqlStore} makes. */
export type MysqlSessionStore = SqlSessionStore;

/**
 * Makes a store in a table of MySQL 8 or MariaDB 10.5, or later.
 *
 * An id or a subject may be 1,024 bytes long. Expired rows stay until they are
 * swept; they are never read as sessions. Nothing here needs an isolation level
 * above READ COMMITTED.
 *
 * A table of express-mysql-session is another: `createSchema()` and the first
 * statement say so. Its sessions move with one statement, while no application
 * writes to it:
 *
 * ```sql
 * INSERT INTO `session` (sid, sess, expire, version, endless)
 *   SELECT session_id, data, expires * 1000, 0, 0 FROM `sessions`;
 * ```
 *
 * @param options The client and the table; see {@linkcode MysqlStoreOptions}.
 * @returns A store that is atomic, sweeps, iterates and knows its subjects.
 * @throws {TypeError} If an option is missing, unknown or of the wrong type, or the table is no plain name.
 *
 * @example
 * ```ts
 * import { createPool } from "mysql2/promise";
 * import { mysqlStore } from "@websession/websession/stores/mysql";
 *
 * const pool = createPool("mysql://app@localhost/app");
 * const store = mysqlStore({ client: pool });
 * // Once, at deployment: await store.createSchema();
 * if (!store.atomic) throw new Error("not atomic");
 * await pool.end();
 * ```
 */
export function mysqlStore(options: MysqlStoreOptions): MysqlSessionStore {
  const resolved = resolveSqlOptions(options, mysqlDialect);
  return new SqlStore({ ...resolved, dialect: mysqlDialect, driver: driverOf(options.client) });
}

/**
 * The statement that `createSchema()` runs where there is no table, for those who migrate by hand.
 *
 * @param place The table.
 * @returns SQL text.
 * @throws {TypeError} If the table is no plain name.
 *
 * @example
 * ```ts
 * import { mysqlSchema } from "@websession/websession/stores/mysql";
 *
 * console.log(mysqlSchema());
 * ```
 */
export function mysqlSchema({ table = "session" }: { table?: string } = {}): string {
  checkName("table", table, mysqlDialect.longestName);
  return mysqlDialect.schema({ table }).map((text) => `${text};\n`).join("");
}

/** The clients of other databases, and of this one that answer otherwise. */
const LOOK_ALIKES: readonly LookAlike[] = [
  [
    "one of libSQL, which sqliteStore() takes",
    ["execute", "executeMultiple"],
    "a client of mysql2 or mariadb",
  ],
  ["one of PlanetScale", ["execute", "refresh"], "a client of mysql2 or mariadb"],
];

function driverOf(client: MysqlClient): Driver {
  refuseLookAlikes(client, LOOK_ALIKES);
  if (!has(client, "execute")) {
    throw new TypeError(
      'Option "client" must be a client of mysql2 or mariadb with execute(), ' +
        `not ${kindOf(client)}`,
    );
  }
  if (has(client, "batch")) return mariadbDriver(client as MariadbClient);
  const { promise } = client as Partial<Mysql2CallbackClient>;
  return mysql2Driver(promise?.call(client) ?? client as MysqlPromiseClient);
}

function mysql2Driver(client: MysqlPromiseClient): Driver {
  return async ({ text }, values) => {
    const answer = await client.execute(text, values);
    if (!Array.isArray(answer)) {
      throw new TypeError('Option "client" must answer as a client of mysql2 does: [rows, fields]');
    }
    return toResult(answer[0]);
  };
}

/** The connector of MariaDB answers the rows, or the header, by themselves. */
function mariadbDriver(client: MariadbClient): Driver {
  if (client.execute.length > 2) {
    throw new TypeError(
      'Option "client" must be a promise client of mariadb: import it from "mariadb", ' +
        'not "mariadb/callback"',
    );
  }
  return async ({ text }, values) => toResult(await client.execute(text, values));
}

function toResult(answer: unknown): Result {
  return Array.isArray(answer)
    ? { rows: answer as Row[], affected: 0 }
    : { rows: [], affected: Number(Object(answer).affectedRows) };
}
