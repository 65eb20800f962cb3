import { createPool } from "mysql2/promise";
import { afterAll, beforeAll, describe, vi } from "vitest";
import { type PlanetscaleServer, startPlanetscale } from "../servers/planetscale.ts";
import { KINDS, openMysql } from "./mysql_openers.ts";
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

  describe.each(KINDS)("by %s", (kind) => {
    let front: PlanetscaleServer;
    beforeAll(async () => {
      front = await startPlanetscale(server.url);
    });
    afterAll(() => front?.stop());

    const isHttp = kind === "@planetscale/database";
    const faulty = () => ({
      port: isHttp ? front.port : server.port,
      kill: () => server.kill(),
      start: () => server.start(),
    });
    faultTests(faulty, (port, max) => {
      const url = isHttp
        ? `http://a-user:a-password@127.0.0.1:${port}`
        : `mysql://root@127.0.0.1:${port}/test`;
      return openMysql(kind, { url, table: `faulty_${kind.replaceAll(/\W/g, "_")}`, max });
    });
  });
});
