import { createPool, type Pool } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { mysqlSchema, mysqlStore } from "../../src/stores/mysql.ts";
import { testStore } from "../../src/testing/mod.ts";
import { mariadbBinary, type MariadbServer, startMariadb } from "../servers/mariadb.ts";
import { skipWithout } from "../servers/process.ts";
import { goesByTheClockOfTheMoment } from "./clock_promises.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

/** A week: the kit lets two days pass over a session whose cookie names no end. */
const ttl = 7 * 86_400;

describe.skipIf(skipWithout(mariadbBinary, "mariadb-server"))("on MariaDB", () => {
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

  test("it goes by the clock of the moment", async () => {
    const store = mysqlStore({ client: pool, table: "clock" });
    await store.createSchema();
    await goesByTheClockOfTheMoment(store);
  });

  test.each(["", "{", '{"cookie":', "5", "null", "[]"])(
    "S59 a text that is no session reads as undefined: %j",
    async (json) => {
      const store = mysqlStore({ client: pool, table: "loose" });
      await store.createSchema();
      await store.clear();
      await store.create("id", { json: "{}", expires: null });
      await pool.execute("UPDATE loose SET sess = ?", [json]);
      expect(await store.read("id")).toBeUndefined();
      for await (const [id] of store.all()) expect.fail(id);
      expect(await store.create("id", { json: "{}", expires: null })).toBe(false);
    },
  );

  test("rotate() to an id that is taken fails, changes nothing, and names no id", async () => {
    const store = mysqlStore({ client: pool, table: "taken" });
    await store.createSchema();
    await store.create("one", { json: '{"n":1}', expires: null });
    await store.create("two", { json: '{"n":2}', expires: null });
    const { version } = (await store.read("one"))!;
    const failed = store.rotate("one", "two", { json: "{}", expires: null }, version);
    await expect(failed).rejects.toThrow(/^The id to rotate to is taken$/);
    expect((await store.read("one"))?.json).toBe('{"n":1}');
    expect((await store.read("two"))?.json).toBe('{"n":2}');
  });

  test("touch() with the end that stands already is true, also on a pool that counts changes only", async () => {
    const counting = createPool({ uri: server.url, flags: ["-FOUND_ROWS"] });
    const store = mysqlStore({ client: counting, table: "counting" });
    await store.createSchema();
    const expires = Date.now() + 60_000;
    await store.create("id", { json: "{}", expires });
    expect(await store.touch("id", expires)).toBe(true);
    expect(await store.touch("none", expires)).toBe(false);
    await counting.end();
  });

  test("finds, compares, sweeps and lists by index", async () => {
    const store = mysqlStore({ client: pool, table: "indexed" });
    await store.createSchema();
    await pool.query(
      "INSERT INTO indexed SELECT md5(seq), '{}', 4000000000000 + seq, 1, 0, seq % 1000 " +
        "FROM seq_1_to_20000",
    );
    await pool.query("ANALYZE TABLE indexed");
    const asked: [text: string, values: (string | number | null)[]][] = [];
    const watched = mysqlStore({
      table: "indexed",
      client: {
        execute(text: string, values: (string | number | null)[]) {
          asked.push([text, values]);
          return pool.execute(text, values);
        },
      },
    });
    const record = { json: "{}", expires: null };
    await watched.read("x");
    await watched.touch("x", null);
    await watched.commit("x", record, 5);
    await watched.rotate("x", "y", record, 5);
    await watched.destroy("x");
    await watched.sweep(9);
    await watched.list("5");
    await watched.destroyAll("no one");
    expect(asked.length).toBeGreaterThanOrEqual(8);
    for (const [text, values] of asked) {
      const [plan] = await pool.execute(`EXPLAIN ${text}`, values);
      for (const { table, key, rows, Extra } of plan as Record<string, unknown>[]) {
        // A key that is not there is known before anything is read; what was found is read as it is.
        if (/no matching row|Impossible WHERE/.test(String(Extra))) continue;
        if (/^<derived/.test(String(table))) continue;
        expect(key, text).not.toBe(null);
        expect(Number(rows), text).toBeLessThan(100);
      }
    }
  });
});

describe("mysqlStore()", () => {
  const client = { execute: () => Promise.resolve([[]] as [unknown]) };

  test.each(["session`; DROP TABLE x; --", "", "1st", "a-b", "app.session", "x".repeat(52)])(
    "S7 refuses a table called %j, and never repeats the name",
    (table) => {
      for (const make of [() => mysqlStore({ client, table }), () => mysqlSchema({ table })]) {
        expect(make).toThrow(TypeError);
        expect(make).toThrow(
          /^Option "table" must be a name of letters, digits and "_", at most 51/,
        );
      }
    },
  );

  test.each([undefined, null, {}, "mysql"])("refuses %s as a client", (bad) => {
    const make = (): unknown => mysqlStore({ client: bad as never });
    expect(make).toThrow(TypeError);
    expect(make).toThrow(
      /^Option "client" must be a client of mysql2, mariadb or @planetscale\/database with execute\(\)/,
    );
  });

  test("says so when a client of its shape answers otherwise", async () => {
    const store = mysqlStore({ client: { execute: () => Promise.resolve({}) } as never });
    await expect(store.read("id")).rejects.toThrow(/must answer as a client of mysql2 does/);
  });
});
