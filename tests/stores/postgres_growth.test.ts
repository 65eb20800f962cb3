/** What a session costs where there are a million: counted, for time depends on who else is busy. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { postgresSchema, postgresStore } from "../../src/stores/postgres.ts";
import { postgresBinary, type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { skipWithout } from "../servers/process.ts";
import { JSON_TEXT } from "./growth.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const MANY = 1_000_000;
const FEW = 1_000;
const END = Date.now() + 86_400_000;

/** What the client was asked. */
interface Asked {
  readonly pages: number;
  readonly rowCount: number | null;
}

describe.skipIf(skipWithout(postgresBinary, "postgresql"))(
  "Postgres that grows",
  () => {
    let server: PostgresServer;
    let pool: pg.Pool;
    const asked: Asked[] = [];

    beforeAll(async () => {
      server = await startPostgres([
        "shared_buffers=256MB",
        "max_wal_size=4GB",
        "fsync=off",
      ]);
      pool = new pg.Pool({ connectionString: server.url, max: 1 });
      for (const [table, rows] of [["few", FEW], ["many", MANY]] as const) {
        await pool.query(postgresSchema({ table }));
        await pool.query(
          `INSERT INTO ${table} SELECT md5(n::text), $1::text::json, ` +
            "to_timestamp($2::float8 / 1000) + n * interval '1 ms', n, false, NULL " +
            `FROM generate_series(0, ${rows - 1}) n ORDER BY 1`,
          [JSON_TEXT, END],
        );
        await pool.query(`VACUUM ANALYZE ${table}`);
      }
    });
    afterAll(async () => {
      await pool?.end();
      await server?.stop();
    });

    const storeOn = (table: string) =>
      postgresStore({
        table,
        client: {
          async query(text: string, values: unknown[]) {
            const pages = await pagesOf(text, values);
            const result = await pool.query(text, values);
            asked.push({ pages, rowCount: result.rowCount });
            return result;
          },
        },
      });

    /** How many pages of the database a statement looks at: it runs, and is taken back. */
    async function pagesOf(text: string, values: unknown[]): Promise<number> {
      await pool.query("BEGIN");
      const { rows } = await pool.query(
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
        values,
      );
      await pool.query("ROLLBACK");
      const [{ Plan: plan }] = rows[0]["QUERY PLAN"];
      return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];
    }

    /** … and all the statements of a verb. */
    async function pages(act: () => unknown): Promise<number> {
      asked.length = 0;
      await act();
      return asked.reduce((sum, each) => sum + each.pages, 0);
    }

    test("a million sessions cost at most three times as much a read and a write as a thousand", async () => {
      const costs = async (table: string) => {
        const store = storeOn(table);
        const { rows } = await pool.query(
          `SELECT sid FROM ${table} ORDER BY sid DESC LIMIT 3`,
        );
        const [one, two, three] = rows.map(({ sid }) => sid as string);
        const record = { json: JSON_TEXT, expires: END };
        const { version } = (await store.read(two!))!;
        return {
          read: await pages(async () => (await store.read(one!)) ?? expect.fail("lost")),
          commit: await pages(() => store.commit(two!, record, version)),
          touch: await pages(() => store.touch(one!, END + 1)),
          destroy: await pages(() => store.destroy(three!)),
          create: await pages(() => store.create(`new in ${table}`, record)),
        };
      };
      const [few, many] = [await costs("few"), await costs("many")];
      console.log("Postgres, pages of 1,000:", few, "of 1,000,000:", many);
      for (const verb of Object.keys(few) as (keyof typeof few)[]) {
        expect(many[verb], verb).toBeGreaterThan(0);
        expect(many[verb], verb).toBeLessThanOrEqual(3 * few[verb]);
      }
    });

    test("sweep() of 20,000 expired sessions of a million goes five hundred at a time", async () => {
      const store = storeOn("many");
      await pool.query(
        "UPDATE many SET expire = now() - interval '1 day' WHERE version < 20000",
      );
      const before = await store.length();
      asked.length = 0;
      expect(await store.sweep()).toBeGreaterThan(18_000);
      expect(Math.max(...asked.map(({ rowCount }) => rowCount ?? 0)))
        .toBeLessThanOrEqual(500);
      expect(await store.length()).toBe(before);
    });
  },
);
