import { createPool } from "mysql2/promise";
import { afterAll, beforeAll, describe, vi } from "vitest";
import { mysqlStore } from "../../src/stores/mysql.ts";
import {
  atIsolation,
  mariadbBinary,
  type MariadbServer,
  startMariadb,
} from "../servers/mariadb.ts";
import { skipWithout } from "../servers/process.ts";
import { contentionTests } from "./sql_contention.ts";

// Other processes do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

describe.skipIf(skipWithout(mariadbBinary, "mariadb-server"))("many writers of one session", () => {
  // With the setting that later versions have from the start: a statement that finds what it
  // read changed is undone.
  for (const strict of ["OFF", "ON"]) {
    describe(`innodb_snapshot_isolation = ${strict}`, () => {
      let server: MariadbServer;
      let tables = 0;
      beforeAll(async () => {
        server = await startMariadb([
          "--innodb-flush-log-at-trx-commit=0",
          `--innodb-snapshot-isolation=${strict}`,
        ]);
      });
      afterAll(() => server?.stop());

      for (const level of ["READ COMMITTED", "REPEATABLE READ"] as const) {
        contentionTests(`MariaDB at ${level}`, async () => {
          const client = atIsolation(createPool({ uri: server.url, connectionLimit: 8 }), level);
          const table = `t${++tables}`;
          const store = mysqlStore({ client, table });
          await store.createSchema();
          const place = [level.toLowerCase(), server.url, table];
          return { store, place, end: () => client.end() };
        });
      }
    });
  }
});
