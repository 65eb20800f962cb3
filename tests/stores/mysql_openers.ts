/** Stores in a table of MySQL by each kind of client that is not mysql2's. */
import { Client } from "@planetscale/database";
import { createPool, type PoolConfig } from "mariadb";
import { createPool as createCallbackPool } from "mariadb/callback";
import { type MysqlClient, type MysqlSessionStore, mysqlStore } from "../../src/stores/mysql.ts";

export type Isolation = "READ COMMITTED" | "REPEATABLE READ";

/** Where a table is: the URL is MariaDB's or, to PlanetScale's driver, that of what stands in front. */
export interface Place {
  readonly url: string;
  readonly table: string;
  /** Left out: the server's own, or whatever PlanetScale's end has. */
  readonly level?: Isolation;
  readonly max?: number;
  readonly now?: () => number;
  /** Seconds. */
  readonly ttl?: number;
}

export interface Opened {
  readonly store: MysqlSessionStore;
  readonly client: MysqlClient;
  end(): Promise<void>;
}

export const KINDS = ["mariadb", "mariadb/callback", "@planetscale/database"] as const;

/** Opens it; a server that does not answer is given up after a second. */
export function openMysql(kind: typeof KINDS[number], place: Place): Opened {
  const { url, table, level, max = 8, now, ttl } = place;
  const opened = (client: MysqlClient, end: () => Promise<void>): Opened => ({
    store: mysqlStore({ client, table, ...now && { now }, ...ttl && { ttl } }),
    client,
    end,
  });
  if (kind === "@planetscale/database") {
    return opened(new Client({ url }), () => Promise.resolve());
  }
  const { hostname, port, username } = new URL(url);
  const options: PoolConfig = {
    ...{ host: hostname, port: Number(port), user: username, database: "test" },
    ...{ connectionLimit: max, acquireTimeout: 1_000, connectTimeout: 1_000 },
    ...level && { initSql: `SET SESSION TRANSACTION ISOLATION LEVEL ${level}` },
  };
  if (kind === "mariadb") {
    const pool = createPool(options);
    return opened(pool, () => pool.end());
  }
  const pool = createCallbackPool(options);
  return opened(pool, () => new Promise((resolve) => pool.end(() => resolve())));
}
