/**
 * Sessions in MySQL or MariaDB.
 *
 * Atomic: every change is one statement that compares and swaps.
 *
 * @module
 */
import { kindOf } from "../errors.ts";
import type { Driver, Row } from "./sql/dialect.ts";
import { mysqlDialect } from "./sql/mysql.ts";
import { checkName, resolveSqlOptions, type SqlOptions } from "./sql/options.ts";
import { type SqlSessionStore, SqlStore } from "./sql/store.ts";

export type { SqlSessionStore } from "./sql/store.ts";
export type { SqlOptions } from "./sql/options.ts";

/** What the store uses of a client: the promise `Pool` or `Connection` of mysql2. */
export interface MysqlClient {
  /** Runs one prepared statement; the answer's first element is the rows or the header. */
  execute(text: string, values: (string | number | null)[]): Promise<[unknown, ...unknown[]]>;
}

/** Options of {@linkcode mysqlStore}. */
export interface MysqlStoreOptions extends SqlOptions {
  /** The client, on a connection of charset utf8mb4 (as mysql2's is). */
  client: MysqlClient;
}

/** The store that {@linkcode mysqlStore} makes. */
export type MysqlSessionStore = SqlSessionStore;

/**
 * Makes a store in a table of MySQL 8 or MariaDB 10.5, or later.
 *
 * An id or a subject may be 1,024 bytes long. Expired rows stay until
 * `sweep()` drops them; they are never read as sessions.
 *
 * @param options The client and the table; see {@linkcode MysqlStoreOptions}.
 * @returns A store that is atomic, sweeps, iterates and knows its subjects.
 * @throws {TypeError} If an option is missing or has the wrong type, or the table is no plain name.
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
 * The statement that `createSchema()` runs, for those who migrate by hand.
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

function driverOf(client: MysqlClient): Driver {
  if (typeof client?.execute !== "function") {
    throw new TypeError(
      'Option "client" must be a promise client of mysql2 with execute(), ' +
        `not ${kindOf(client)}`,
    );
  }
  return async ({ text }, values) => {
    const answer = await client.execute(text, values);
    // The callback client of mysql2 has an execute() as well, and it answers no promise.
    if (!Array.isArray(answer)) {
      throw new TypeError('Option "client" must be a promise client: import from "mysql2/promise"');
    }
    const [first] = answer;
    return Array.isArray(first)
      ? { rows: first as Row[], affected: 0 }
      : { rows: [], affected: Number(Object(first).affectedRows) };
  };
}
