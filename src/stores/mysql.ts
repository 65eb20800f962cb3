/**
 * Sessions in MySQL, MariaDB or PlanetScale.
 *
 * Atomic: every change is one statement that compares and swaps.
 *
 * @module
 */
import { driverOf, type MysqlClient } from "./mysql/clients.ts";
import { mysqlDialect } from "./sql/mysql.ts";
import { resolvePlace, resolveSqlOptions, type SqlOptions } from "./sql/options.ts";
import { type SqlSessionStore, SqlStore } from "./sql/store.ts";

export type {
  MariadbCallbackClient,
  MariadbClient,
  Mysql2CallbackClient,
  MysqlClient,
  MysqlPromiseClient,
} from "./mysql/clients.ts";
export type { PlanetscaleClient } from "./mysql/planetscale.ts";
export type { SqlSessionStore } from "./sql/store.ts";
export type { SqlOptions } from "./sql/options.ts";

/** Options of {@linkcode mysqlStore}. */
export interface MysqlStoreOptions extends SqlOptions {
  /**
   * The client: a pool or a connection of mysql2 or mariadb, with promises or callbacks, on
   * connections of charset utf8mb4, as theirs are; or one of @planetscale/database. Of that prefer
   * `new Client()`: on what `connect()` makes, a statement joins a transaction begun by hand.
   */
  client: MysqlClient;
}

/** The store that {@linkcode mysqlStore} makes. */
export type MysqlSessionStore = SqlSessionStore;

/**
 * Makes a store in a table of MySQL 8 or MariaDB 10.5, or later.
 *
 * An id or a subject may be 1,024 bytes long. Expired rows stay until they are
 * swept; they are never read as sessions. Nothing here needs an isolation level
 * above READ COMMITTED. On PlanetScale it has to be in an unsharded keyspace: a
 * login changes a row's key.
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
 *
 * @example PlanetScale, over HTTP
 * ```ts
 * import { Client } from "@planetscale/database";
 * import { mysqlStore } from "@websession/websession/stores/mysql";
 *
 * const client = new Client({ host: "db.example", username: "app", password: "a password" });
 * const store = mysqlStore({ client });
 * if (!store.atomic) throw new Error("not atomic");
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
 * @throws {TypeError} If an option is unknown, or the table is no plain name.
 *
 * @example
 * ```ts
 * import { mysqlSchema } from "@websession/websession/stores/mysql";
 *
 * console.log(mysqlSchema());
 * ```
 */
export function mysqlSchema(place: { table?: string } = {}): string {
  const { table } = resolvePlace(place, mysqlDialect);
  return mysqlDialect.schema({ table }).map((text) => `${text};\n`).join("");
}
