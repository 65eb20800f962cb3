import { createPool, type Pool } from "mysql2/promise";
import { afterAll, beforeAll, describe, test } from "vitest";
import { mysqlStore } from "../../src/stores/mysql.ts";
import { testStore } from "../../src/testing/mod.ts";
import { mariadbBinary, type MariadbServer, startMariadb } from "../servers/mariadb.ts";
import { skipWithout } from "../servers/process.ts";

/** A week: the kit lets two days pass over a session whose cookie names no end. */
const ttl = 7 * 86_400;

describe.skipIf(skipWithout(mariadbBinary, "mariadb-server"))("the kit on MariaDB", () => {
  let server: MariadbServer;
  let pool: Pool;
  let tables = 0;
  beforeAll(async () => {
    server = await startMariadb(["--innodb-flush-log-at-trx-commit=0"]);
    pool = createPool(server.url);
  });
  afterAll(async () => {
    await pool?.end();
    await server?.stop();
  });

  testStore({
    name: "mysql (mysql2)",
    capabilities: { atomic: true, clock: "injected", iterate: true, sweep: true, subject: true },
    async create({ now }) {
      const table = `t${++tables}`;
      const store = mysqlStore({ client: pool, now, ttl, table });
      const neighbour = mysqlStore({ client: pool, now, ttl, table: `${table}_neighbour` });
      await store.createSchema();
      await neighbour.createSchema();
      return { store, neighbour, peer: mysqlStore({ client: pool, now, ttl, table }) };
    },
    test,
  });
});
