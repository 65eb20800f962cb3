import pg from "pg";
import { afterAll, beforeAll, describe, vi } from "vitest";
import { postgresStore } from "../../src/stores/postgres.ts";
import { postgresBinary, type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { skipWithout } from "../servers/process.ts";
import { revokeTests } from "./sql_revoke.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

describe.skipIf(skipWithout(postgresBinary, "postgresql"))("Postgres", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres(["fsync=off"]);
  });
  afterAll(() => server?.stop());

  describe.each(["read committed", "repeatable read"])("at %s", (level) => {
    let pool: pg.Pool;
    let other: pg.Pool;
    beforeAll(() => {
      const options = `-c default_transaction_isolation=${level.replace(" ", "\\ ")}`;
      pool = new pg.Pool({ connectionString: server.url, max: 12, options });
      other = new pg.Pool({ connectionString: server.url, max: 1, options });
    });
    afterAll(async () => {
      await pool?.end();
      await other?.end();
    });

    revokeTests(async (name) => {
      const table = `${name}_${level.slice(0, 4)}`;
      const store = postgresStore({ client: pool, table });
      await store.createSchema();
      return {
        store,
        peer: postgresStore({ client: other, table }),
        fill: (subject, many) =>
          pool.query(
            `INSERT INTO ${table} SELECT md5($1 || n), '{}', now() + '1 day', 1, false, $1 ` +
              "FROM generate_series(1, $2::int) n",
            [subject, many],
          ),
        async hold(id) {
          const holder = await pool.connect();
          await holder.query("BEGIN");
          await holder.query(`SELECT 1 FROM ${table} WHERE sid = $1 FOR UPDATE`, [id]);
          return async () => {
            await holder.query("COMMIT");
            holder.release();
          };
        },
        async waiting() {
          const { rows } = await pool.query(
            "SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
          );
          return rows[0].n;
        },
      };
    });
  });
});
