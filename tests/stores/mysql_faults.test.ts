import { createPool } from "mysql2/promise";
import { afterAll, beforeAll, describe, vi } from "vitest";
import { mysqlStore } from "../../src/stores/mysql.ts";
import { mariadbBinary, type MariadbServer, startMariadb } from "../servers/mariadb.ts";
import { skipWithout } from "../servers/process.ts";
import { faultTests } from "./sql_faults.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

describe.skipIf(skipWithout(mariadbBinary, "mariadb-server"))("MariaDB that fails", () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server?.stop());

  faultTests(() => server, (port, max) => {
    const pool = createPool({
      host: "127.0.0.1",
      port,
      user: "root",
      database: "test",
      connectionLimit: max,
    });
    return { store: mysqlStore({ client: pool, table: "faulty" }), end: () => pool.end() };
  });
});
