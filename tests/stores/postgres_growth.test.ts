import session, { type Store } from "express-session";
import { createRequire } from "node:module";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { postgresSchema, postgresStore } from "../../src/stores/postgres.ts";
import { postgresBinary, type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { skipWithout } from "../servers/process.ts";
import { compare, JSON_TEXT, longestBlock, us } from "./growth.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const MANY = 1_000_000;
const FEW = 1_000;
const END = Date.now() + 86_400_000;

const PgStore = (createRequire(import.meta.url)("connect-pg-simple") as (
  host: typeof session,
) => new (options: { pool: pg.Pool; tableName: string; pruneSessionInterval: false }) => Store)(
  session,
);

describe.skipIf(skipWithout(postgresBinary, "postgresql"))("Postgres that grows", () => {
  let server: PostgresServer;
  let pool: pg.Pool;

  beforeAll(async () => {
    server = await startPostgres(["shared_buffers=256MB", "max_wal_size=4GB"]);
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
    // The same as connect-pg-simple alone would keep it.
    await pool.query(
      "CREATE TABLE theirs (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL)",
    );
    await pool.query('CREATE INDEX "IDX_theirs" ON theirs (expire)');
    await pool.query("CREATE TABLE ours (LIKE many INCLUDING ALL)");
    for (const [table, columns] of [["theirs", "sid, sess, expire"], ["ours", "*"]] as const) {
      await pool.query(`INSERT INTO ${table} SELECT ${columns} FROM many LIMIT 100000`);
      await pool.query(`VACUUM ANALYZE ${table}`);
    }
    await pool.query("CHECKPOINT");
  });
  afterAll(async () => {
    await pool?.end();
    await server?.stop();
  });

  test("a million sessions cost at most three times as much a read and a write as a thousand", async () => {
    const [few, many] = ["few", "many"].map((table) => postgresStore({ client: pool, table })) as [
      ReturnType<typeof postgresStore>,
      ReturnType<typeof postgresStore>,
    ];
    const { rows } = await pool.query(
      `SELECT n, md5(n::text) AS id FROM generate_series(0, ${MANY - 1}, 499) n ORDER BY random()`,
    );
    const ids = { few: [] as string[], many: rows.map(({ id }) => id as string) };
    ids.few = (await pool.query("SELECT sid FROM few ORDER BY random()")).rows.map(({ sid }) =>
      sid
    );
    const fewAt = (n: number): string => ids.few[n % ids.few.length]!;
    const manyAt = (n: number): string => ids.many[n % ids.many.length]!;

    const marks = new Map<string, unknown>();
    const write = (store: typeof few, at: (n: number) => string) => async (n: number) => {
      const result = await store.commit(
        at(n),
        { json: JSON_TEXT, expires: END + n },
        marks.get(at(n)),
      );
      if (result.status === "gone") expect.fail("lost");
      marks.set(at(n), result.status === "committed" ? result.version : result.current.version);
    };
    for (let n = 0; n < 1000; n++) {
      marks.set(fewAt(n), (await few.read(fewAt(n)))?.version);
      marks.set(manyAt(n), (await many.read(manyAt(n)))?.version);
    }
    const prepared = postgresStore({ client: pool, table: "many", prepare: true });
    const cps = new PgStore({ pool, tableName: "many", pruneSessionInterval: false });
    const data = JSON.parse(JSON_TEXT);
    const time = await compare(5, 500, {
      readPrepared: async (n) => (await prepared.read(manyAt(n))) ?? expect.fail("lost"),
      readFew: async (n) => (await few.read(fewAt(n))) ?? expect.fail("lost"),
      readMany: async (n) => (await many.read(manyAt(n))) ?? expect.fail("lost"),
      readTheirs: (n) =>
        new Promise((resolve, reject) =>
          cps.get(manyAt(n), (error, found) => found ? resolve(found) : reject(error))
        ),
      writeFew: write(few, fewAt),
      writeMany: write(many, manyAt),
      writeTheirs: (n) =>
        new Promise<void>((resolve, reject) =>
          cps.set(manyAt(n + 1000), data, (error) => error ? reject(error) : resolve())
        ),
    });
    const size = await pool.query(
      "SELECT pg_total_relation_size('ours') / 100000 AS ours, " +
        "pg_total_relation_size('theirs') / 100000 AS theirs",
    );
    console.log(
      `Postgres: read ${us(time.readFew)} of 1,000, ${us(time.readMany)} of 1,000,000 ` +
        `(prepared ${us(time.readPrepared)}, connect-pg-simple ${us(time.readTheirs)}); commit ${
          us(time.writeFew)
        }, ` +
        `${us(time.writeMany)} (connect-pg-simple ${us(time.writeTheirs)}); ` +
        `${size.rows[0].ours} bytes a session (connect-pg-simple ${size.rows[0].theirs}) ` +
        `with ${JSON_TEXT.length} bytes of data`,
    );
    expect(time.readMany / time.readFew).toBeLessThanOrEqual(3);
    expect(time.writeMany / time.writeFew).toBeLessThanOrEqual(3);
  });

  test("sweep() of 20,000 expired sessions of a million blocks nothing for 20 ms", async () => {
    const store = postgresStore({ client: pool, table: "many" });
    await pool.query("UPDATE many SET expire = now() - interval '1 day' WHERE version < 20000");
    const before = await store.length();
    let dropped: number | undefined;
    const start = performance.now();
    const block = await longestBlock(async () => {
      dropped = await store.sweep();
    });
    const time = performance.now() - start;
    console.log(
      `Postgres: sweep of ${dropped} in ${time.toFixed(0)} ms, blocking ` +
        `${block.computing.toFixed(1)} ms computing, ${block.passing.toFixed(1)} ms on the clock`,
    );
    expect(dropped).toBeGreaterThan(18_000);
    expect(await store.length()).toBe(before);
    expect(block.computing).toBeLessThanOrEqual(20);
  });
});
