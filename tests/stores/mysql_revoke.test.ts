import { createPool, type Pool } from "mysql2/promise";
import { afterAll, beforeAll, describe, vi } from "vitest";
import { mysqlStore } from "../../src/stores/mysql.ts";
import {
  atIsolation,
  mariadbBinary,
  type MariadbServer,
  startMariadb,
} from "../servers/mariadb.ts";
import { skipWithout } from "../servers/process.ts";
import { revokeTests } from "./sql_revoke.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

describe.skipIf(skipWithout(mariadbBinary, "mariadb-server"))("MariaDB", () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb(["--innodb-flush-log-at-trx-commit=0"]);
  });
  afterAll(() => server?.stop());

  describe.each(["READ COMMITTED", "REPEATABLE READ"] as const)("at %s", (level) => {
    let pool: Pool;
    let other: Pool;
    beforeAll(() => {
      pool = atIsolation(createPool({ uri: server.url, connectionLimit: 12 }), level);
      other = atIsolation(createPool({ uri: server.url, connectionLimit: 1 }), level);
    });
    afterAll(async () => {
      await pool?.end();
      await other?.end();
    });

    revokeTests(async (name) => {
      const table = `${name}_${level.slice(0, 4).toLowerCase()}`;
      const store = mysqlStore({ client: pool, table });
      await store.createSchema();
      return {
        store,
        peer: mysqlStore({ client: other, table }),
        fill: (subject, many) =>
          pool.query(
            `INSERT INTO ${table} SELECT md5(concat(?, seq)), '{}', 4000000000000 + seq, 1, 0, ? ` +
              `FROM seq_1_to_${many}`,
            [subject, subject],
          ),
        async hold(id) {
          const holder = await pool.getConnection();
          await holder.beginTransaction();
          await holder.execute(`SELECT 1 FROM ${table} WHERE sid = ? FOR UPDATE`, [id]);
          return async () => {
            await holder.commit();
            holder.release();
          };
        },
        async waiting() {
          const [rows] = await pool.query(
            "SELECT count(*) AS n FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'",
          );
          return Number((rows as { n: number }[])[0]!.n);
        },
      };
    });
  });
});
