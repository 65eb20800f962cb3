/** SQLite, Postgres, MariaDB. */
import { DatabaseSync } from "node:sqlite";
import { createPool, type Pool } from "mysql2/promise";
import pg from "pg";
import { type MariadbServer, startMariadb } from "../../tests/servers/mariadb.ts";
import { type PostgresServer, startPostgres } from "../../tests/servers/postgres.ts";
import { casesOf, type Ground, nextName, POWERS, WEEK } from "./ground.ts";

type SqliteModule = typeof import("../../src/stores/sqlite.ts");

// deno-lint-ignore require-await
export async function sqliteGround(): Promise<Ground> {
  const opened: DatabaseSync[] = [];
  const renew = () => {
    for (const database of opened.splice(0)) {
      if (database.isOpen) database.close();
    }
    return Promise.resolve();
  };
  return {
    name: "SQLite",
    entry: "sqlite.ts",
    cases({ sqliteStore }: SqliteModule) {
      return casesOf({
        name: "SQLite",
        capabilities: { ...POWERS, sliding: true, sweep: true, corrupt: true },
        async create({ now }) {
          const where = `file:kit${nextName()}?mode=memory&cache=shared`;
          const [one, two] = [new DatabaseSync(where), new DatabaseSync(where)];
          opened.push(one, two);
          const common = { now, ttl: WEEK, sweepInterval: 0 };
          const store = sqliteStore({ client: one, ...common });
          const neighbour = sqliteStore({
            client: one,
            table: "neighbour",
            ...common,
          });
          await store.createSchema();
          await neighbour.createSchema();
          return {
            store,
            neighbour,
            peer: sqliteStore({ client: two, ...common }),
            corrupt: (id, text) => {
              one.prepare("UPDATE session SET sess = ? WHERE sid = ?").run(
                text,
                id,
              );
            },
            close: () => renew(),
          };
        },
      });
    },
    renew,
    stop: renew,
  };
}

/** Two tables, which are made for each mutant and emptied for each case. */
class Tables {
  readonly #query: (text: string) => Promise<unknown>;
  #areThere = false;

  constructor(query: (text: string) => Promise<unknown>) {
    this.#query = query;
  }

  async ready(create: (table: string) => Promise<void>): Promise<void> {
    for (const table of ["one", "two"]) {
      if (this.#areThere) await this.#query(`DELETE FROM ${table}`);
      else {
        await this.#query(`DROP TABLE IF EXISTS ${table}`);
        await create(table);
      }
    }
    this.#areThere = true;
  }
}

type PostgresModule = typeof import("../../src/stores/postgres.ts");

export async function postgresGround(): Promise<Ground> {
  let server: PostgresServer;
  let pools: pg.Pool[] = [];
  const open = async () => {
    server = await startPostgres(["fsync=off", "statement_timeout=5000"]);
    pools = [0, 1].map(() => new pg.Pool({ connectionString: server.url, max: 4 }));
    for (const pool of pools) pool.on("error", () => {});
  };
  await open();
  return {
    name: "Postgres",
    entry: "postgres.ts",
    cases({ postgresStore }: PostgresModule) {
      const tables = new Tables((text) => pools[0]!.query(text));
      return casesOf({
        name: "Postgres",
        capabilities: { ...POWERS, sliding: true, sweep: true },
        async create({ now }) {
          const [client, other] = pools;
          const common = { now, ttl: WEEK, sweepInterval: 0 };
          const make = (table: string, from = client!) =>
            postgresStore({ client: from, table, ...common });
          await tables.ready((table) => make(table).createSchema());
          return {
            store: make("one"),
            neighbour: make("two"),
            peer: make("one", other),
          };
        },
      });
    },
    renew: () => Promise.resolve(),
    async stop() {
      for (const pool of pools) await pool.end();
      await server.stop();
    },
  };
}

type MysqlModule = typeof import("../../src/stores/mysql.ts");

export async function mariadbGround(): Promise<Ground> {
  const server: MariadbServer = await startMariadb([
    "--innodb-flush-log-at-trx-commit=0",
    "--max-statement-time=5",
    "--innodb-lock-wait-timeout=3",
  ]);
  const pools: Pool[] = [0, 1].map(() => createPool({ uri: server.url, connectionLimit: 4 }));
  return {
    name: "MariaDB",
    entry: "mysql.ts",
    cases({ mysqlStore }: MysqlModule) {
      const tables = new Tables((text) => pools[0]!.query(text));
      return casesOf({
        name: "MariaDB",
        capabilities: { ...POWERS, sweep: true, corrupt: true },
        async create({ now }) {
          const [client, other] = pools;
          const common = { now, ttl: WEEK, sweepInterval: 0 };
          const make = (table: string, from = client!) =>
            mysqlStore({ client: from, table, ...common });
          await tables.ready((table) => make(table).createSchema());
          return {
            store: make("one"),
            neighbour: make("two"),
            peer: make("one", other),
            corrupt: async (id, text) => {
              await client!.execute("UPDATE one SET sess = ? WHERE sid = ?", [
                text,
                id,
              ]);
            },
          };
        },
      });
    },
    renew: () => Promise.resolve(),
    async stop() {
      for (const pool of pools) await pool.end();
      await server.stop();
    },
  };
}
