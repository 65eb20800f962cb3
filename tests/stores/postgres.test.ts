import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type PostgresClient, postgresSchema, postgresStore } from "../../src/stores/postgres.ts";
import { type StoreTestContext, type StoreUnderTest, testStore } from "../../src/testing/mod.ts";
import { postgresBinary, type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { skipWithout } from "../servers/process.ts";
import { goesByTheClockOfTheMoment } from "./clock_promises.ts";
import { keepsOddKeys } from "./odd_keys.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const capabilities = {
  atomic: true,
  clock: "injected",
  sliding: true,
  iterate: true,
  sweep: true,
  subject: true,
} as const;

/** A week: the kit lets two days pass over a session whose cookie names no end. */
const ttl = 7 * 86_400;

let tables = 0;

/** Stores in fresh tables: one over `client`, its peer over `other`. */
async function stores(
  { now }: Pick<StoreTestContext, "now">,
  client: PostgresClient,
  other: PostgresClient = client,
  prepare = false,
): Promise<StoreUnderTest> {
  const table = `t${++tables}`;
  const store = postgresStore({ client, now, ttl, table, prepare });
  const neighbour = postgresStore({ client, now, ttl, table: `${table}_neighbour` });
  await store.createSchema();
  await neighbour.createSchema();
  return { store, neighbour, peer: postgresStore({ client: other, now, ttl, table, prepare }) };
}

describe("the kit on PGlite", () => {
  const client = new PGlite();
  afterAll(() => client.close());
  testStore({
    name: "postgres (PGlite)",
    capabilities,
    create: (context) => stores(context, client),
    test,
  });
});

describe("postgresStore()", () => {
  const client = { query: () => Promise.resolve([]) };
  const pglite = new PGlite();
  afterAll(() => pglite.close());

  test.each([
    'session"; DROP TABLE x; --',
    "",
    "1st",
    "a-b",
    "public.session",
    "a b",
    "é",
    "a\0",
    "a\n",
    "x".repeat(52),
  ])("S7 refuses a table or schema called %j, and never repeats the name", (name) => {
    for (
      const [option, make] of [
        ["table", () => postgresStore({ client, table: name })],
        ["schema", () => postgresStore({ client, schema: name })],
        ["table", () => postgresSchema({ table: name })],
        ["schema", () => postgresSchema({ schema: name })],
      ] as const
    ) {
      expect(make).toThrow(TypeError);
      expect(make).toThrow(
        `Option "${option}" must be a name of letters, digits and "_", at most 51 long`,
      );
    }
  });

  test.each([
    [{ client: undefined }, 'Option "client" must be a Postgres client'],
    [{ client: {} }, 'Option "client" must be a Postgres client'],
    [{ client, table: 5 }, 'Option "table" must be a string, but it is a value of type number'],
    [{ client, ttl: "86400" }, 'Option "ttl" must be a number of seconds above 0'],
    [{ client, ttl: 0 }, 'Option "ttl" must be a number of seconds above 0'],
    [{ client, ttl: NaN }, 'Option "ttl" must be a number of seconds above 0, not NaN'],
    [{ client, now: 5 }, 'Option "now" must be a function'],
    [{ client, prepare: 1 }, 'Option "prepare" must be a boolean'],
  ])("refuses bad options (%#)", (options, message) => {
    const make = (): unknown => postgresStore(options as never);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });

  test("takes plain query functions that answer rows or an object with rows, as Neon's do", async () => {
    const rows = async (text: string, values: unknown[]): Promise<unknown> =>
      (await pglite.query(text, values)).rows;
    const object = async (text: string, values: unknown[]): Promise<unknown> => ({
      rows: (await pglite.query(text, values)).rows,
      rowCount: null,
    });
    const one = postgresStore({ client: rows, table: "plain" });
    const two = postgresStore({ client: object, table: "plain" });
    const tagged = Object.assign(() => {}, { query: rows });
    const three = postgresStore({ client: tagged, table: "plain" });
    await one.createSchema();
    expect(await one.create("id", { json: "{}", expires: null })).toBe(true);
    expect(await two.create("id", { json: "{}", expires: null })).toBe(false);
    expect((await three.read("id"))?.json).toBe("{}");
    expect(await two.touch("id", Date.now() + 1000)).toBe(true);
  });

  test("S7 ids and subjects that no text column can hold are ids and subjects like any other", async () => {
    const store = postgresStore({ client: pglite, table: "keys" });
    await store.createSchema();
    await keepsOddKeys(store);
  });

  test("keeps its sessions in a schema of its own", async () => {
    await pglite.query('CREATE SCHEMA "Mine"');
    const store = postgresStore({ client: pglite, schema: "Mine", table: "Sessions" });
    await store.createSchema();
    await store.create("id", { json: "{}", expires: null });
    expect((await pglite.query('SELECT sid FROM "Mine"."Sessions"')).rows).toEqual([{ sid: "id" }]);
    for await (const [id] of store.all()) expect(id).toBe("id");
    await store.clear();
    expect(await store.length()).toBe(0);
  });

  test("a text that is JSON but no session reads as undefined", async () => {
    const store = postgresStore({ client: pglite });
    await store.createSchema();
    for (const json of ["5", "null", '"text"', "[]"]) {
      await pglite.query(
        "INSERT INTO session (sid, sess, expire) VALUES ($1, $2::text::json, now() + '1 hour')",
        [json, json],
      );
      expect(await store.read(json)).toBeUndefined();
    }
  });
});

describe.skipIf(skipWithout(postgresBinary, "postgresql"))("on a server", () => {
  let server: PostgresServer;
  let pool: pg.Pool;
  let sql: postgres.Sql;
  beforeAll(async () => {
    server = await startPostgres(["fsync=off"]);
    pool = new pg.Pool({ connectionString: server.url, max: 10 });
    sql = postgres(server.url, { max: 10, onnotice: () => {} });
  });
  afterAll(async () => {
    await pool?.end();
    await sql?.end();
    await server?.stop();
  });

  testStore({
    name: "postgres (pg)",
    capabilities,
    create: (context) => stores(context, pool, sql),
    test,
  });
  testStore({
    name: "postgres (pg, prepared)",
    capabilities,
    create: (context) => stores(context, pool, pool, true),
    test,
  });
  testStore({
    name: "postgres (postgres.js)",
    capabilities,
    create: (context) => stores(context, sql, pool),
    test,
  });

  test("it goes by the clock of the moment", async () => {
    const store = postgresStore({ client: pool, table: "clock" });
    await store.createSchema();
    await goesByTheClockOfTheMoment(store);
  });

  /** A transaction that holds a row, and a way to know that somebody waits for it. */
  async function hold(text: string, values: unknown[]): Promise<{
    waiting(): Promise<void>;
    commit(): Promise<void>;
  }> {
    const client = await pool.connect();
    await client.query("BEGIN");
    await client.query(text, values);
    const { rows } = await client.query("SELECT pg_backend_pid() AS pid");
    return {
      async waiting() {
        await expect.poll(async () => {
          const blocked = await pool.query(
            "SELECT 1 FROM pg_stat_activity WHERE $1::int = ANY (pg_blocking_pids(pid))",
            [rows[0].pid],
          );
          return blocked.rowCount;
        }, { interval: 5 }).toBe(1);
      },
      async commit() {
        await client.query("COMMIT");
        client.release();
      },
    };
  }

  describe.each(["commit", "rotate"] as const)("a %s() that waits for another writer", (verb) => {
    const json = (n: number): string => `{"cookie":{},"n":${n}}`;

    async function race(text: string, values: (id: string) => unknown[]): Promise<unknown> {
      const store = postgresStore({ client: pool });
      await store.createSchema();
      const id = `race-${++tables}`;
      await store.create(id, { json: json(1), expires: null });
      const { version } = (await store.read(id))!;
      const holder = await hold(text, values(id));
      const record = { json: json(3), expires: null };
      const answer = verb === "commit"
        ? store.commit(id, record, version)
        : store.rotate(id, `${id}-new`, record, version);
      await holder.waiting();
      await holder.commit();
      return await answer;
    }

    test("shows what that one wrote, not what stood there when the statement began", async () => {
      const result = await race(
        "UPDATE session SET sess = $2::text::json WHERE sid = $1",
        (id) => [id, json(2)],
      );
      expect(result).toMatchObject({ status: "conflict", current: { json: json(2) } });
    });

    test("is gone when that one destroyed the session", async () => {
      const result = await race("DELETE FROM session WHERE sid = $1", (id) => [id]);
      expect(result).toEqual({ status: "gone" });
    });

    test("is gone when that one rotated the session away", async () => {
      const result = await race(
        "UPDATE session SET sid = $1 || '-rotated' WHERE sid = $1",
        (id) => [id],
      );
      expect(result).toEqual({ status: "gone" });
    });

    test("goes through when that one only moved the end", async () => {
      const result = await race(
        "UPDATE session SET expire = expire + '1 hour' WHERE sid = $1",
        (id) => [id],
      );
      expect(result).toMatchObject({ status: "committed" });
    });
  });

  test("destroyAll() waits for a session on its way to a new id, and takes it", async () => {
    const store = postgresStore({ client: pool });
    await store.createSchema();
    await store.create("moving", { json: "{}", expires: null, subject: "mover" });
    const holder = await hold("UPDATE session SET sid = 'moved' WHERE sid = $1", ["moving"]);
    const answer = store.destroyAll("mover");
    await holder.waiting();
    await holder.commit();
    expect(await answer).toBe(1);
    expect(await store.read("moved")).toBeUndefined();
  });

  test("rotate() to an id that is taken fails, changes nothing, and names no id", async () => {
    const store = postgresStore({ client: pool });
    await store.createSchema();
    await store.create("taken-1", { json: '{"n":1}', expires: null });
    await store.create("taken-2", { json: '{"n":2}', expires: null });
    const { version } = (await store.read("taken-1"))!;
    const failed = store.rotate("taken-1", "taken-2", { json: "{}", expires: null }, version);
    await expect(failed).rejects.toThrow(/^The id to rotate to is taken$/);
    expect((await store.read("taken-1"))?.json).toBe('{"n":1}');
    expect((await store.read("taken-2"))?.json).toBe('{"n":2}');
  });

  test("where the database is set to serializable, a statement that it undoes is sent again", async () => {
    const strict = new pg.Pool({
      connectionString: server.url,
      options: "-c default_transaction_isolation=serializable",
    });
    const store = postgresStore({ client: strict, table: "strict" });
    await store.createSchema();
    await store.create("id", { json: '{"n":0}', expires: null });
    await Promise.all(Array.from({ length: 4 }, async () => {
      for (let left = 5; left > 0;) {
        const { json, version } = (await store.read("id"))!;
        const record = { json: JSON.stringify({ n: JSON.parse(json).n + 1 }), expires: null };
        if ((await store.commit("id", record, version)).status === "committed") left--;
      }
    }));
    expect((await store.read("id"))?.json).toBe('{"n":20}');
    await strict.end();
  });

  test("prepares a statement once on a connection, and those of a sweep never", async () => {
    const single = new pg.Pool({ connectionString: server.url, max: 1 });
    const store = postgresStore({ client: single, table: "prepared", prepare: true });
    await store.createSchema();
    const prepared = async (): Promise<number> =>
      (await single.query("SELECT FROM pg_prepared_statements")).rowCount ?? -1;
    expect(await prepared()).toBe(0);
    for (let n = 0; n < 5; n++) {
      await store.read("id");
      await store.sweep(n);
    }
    expect(await prepared()).toBe(1);
    await single.end();
  });

  test("processes that start at once may all call createSchema()", async () => {
    for (let round = 0; round < 5; round++) {
      const table = `start_${round}`;
      await Promise.all(
        Array.from({ length: 8 }, () => postgresStore({ client: pool, table }).createSchema()),
      );
    }
  });

  test("finds, compares, sweeps and lists by index", async () => {
    const asked: [text: string, values: unknown[]][] = [];
    const client = {
      query(text: string, values: unknown[]) {
        asked.push([text, values]);
        return pool.query(text, values);
      },
    };
    const store = postgresStore({ client, table: "indexed" });
    await store.createSchema();
    await pool.query(
      "INSERT INTO indexed SELECT md5(n::text), '{}', now() + n * interval '1 s', 1, false, " +
        "n % 1000 FROM generate_series(1, 20000) n",
    );
    await pool.query("ANALYZE indexed");
    const record = { json: "{}", expires: null };
    await store.create("z", record);
    // A version that could match: without one, Postgres knows the answer before it looks.
    const { version } = (await store.read("z"))!;
    asked.length = 0;
    await store.read("x");
    await store.readAndTouch("x", 60_000);
    await store.commit("x", record, version);
    await store.rotate("x", "y", record, version);
    await store.touch("x", null);
    await store.destroy("x");
    await store.sweep(9);
    await store.list("5");
    await store.destroyAll("no one");
    for await (const _ of store.all()) break;
    // A commit and a rotation that miss ask once more, for what stands there; destroyAll() looks
    // whether any is left.
    expect(asked).toHaveLength(13);
    for (const [text, values] of asked) {
      const { rows } = await pool.query(`EXPLAIN ${text}`, values);
      const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
      expect(plan).toMatch(/Index (Only )?Scan|Bitmap Index Scan/);
      expect(plan).not.toMatch(/Seq Scan/);
    }
  });
});
