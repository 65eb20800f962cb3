/** What the statements of the SQL stores do at their edges, on each database. */
import { DatabaseSync } from "node:sqlite";
import { createPool, type Pool } from "mysql2/promise";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { mysqlStore } from "../../src/stores/mysql.ts";
import { postgresStore } from "../../src/stores/postgres.ts";
import { sqliteStore, type SqlSessionStore } from "../../src/stores/sqlite.ts";
import { mariadbBinary, type MariadbServer, startMariadb } from "../servers/mariadb.ts";
import { postgresBinary, type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { skipWithout } from "../servers/process.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const HOUR = 3_600_000;
const json = '{"cookie":{}}';

/** A store whose statements are heard. */
interface Ground {
  readonly store: SqlSessionStore;
  /** Rows that each statement changed or answered. */
  readonly rows: number[];
  /** The most that one statement of `clear()` drops. */
  readonly clears: number;
}

/** Registers the tests; `time` is the clock of the stores. */
function statementTests(make: (table: string, now: () => number) => Promise<Ground>): void {
  let time = Date.now();
  const now = () => time;
  const on = async (table: string) => {
    time = 1_700_000_000_000;
    return await make(table, now);
  };

  test("sweep() drops what ends at this very moment, and nothing that ends in the next", async () => {
    const { store } = await on("moment");
    await store.create("now", { json, expires: time + HOUR });
    await store.create("next", { json, expires: time + HOUR + 1 });
    time += HOUR - 1;
    expect(await store.sweep()).toBe(0);
    time += 1;
    expect(await store.sweep()).toBe(1);
    expect(await store.sweep()).toBe(0);
    expect(await store.read("next")).toBeDefined();
  });

  test("sweep() of a few drops those that have been over longest", async () => {
    const { store } = await on("oldest");
    for (const [at, id] of ["third", "first", "fourth", "second"].entries()) {
      await store.create(id, { json, expires: time + [3, 1, 4, 2][at]! * HOUR });
    }
    time += 5 * HOUR;
    expect(await store.sweep(2)).toBe(2);
    // What has ended can still be seen by a clock that is behind.
    time -= 5 * HOUR;
    expect(await store.read("first")).toBeUndefined();
    expect(await store.read("second")).toBeUndefined();
    expect(await store.read("third")).toBeDefined();
    expect(await store.read("fourth")).toBeDefined();
  });

  test("an id that ended at this very moment may begin anew, and one that ends in the next not", async () => {
    const { store } = await on("anew");
    await store.create("an-id", { json, expires: time + HOUR });
    time += HOUR - 1;
    expect(await store.create("an-id", { json, expires: null, subject: "ada" })).toBe(false);
    time += 1;
    expect(await store.create("an-id", { json, expires: null, subject: "ada" })).toBe(true);
    expect(await store.list("ada")).toEqual(["an-id"]);
  });

  test("list(), destroyAll(), all() and clear() of 1,200 are exact, and none is dropped with more than 500 others", async () => {
    const { store, rows, clears } = await on("many");
    for (let at = 0; at < 1_200; at++) {
      await store.create(`id-${at}`, { json, expires: time + HOUR + at, subject: "ada" });
    }
    for (let at = 0; at < 600; at++) {
      await store.create(`other-${at}`, { json, expires: time + HOUR + at, subject: "bob" });
    }
    time += HOUR + 99;
    expect(new Set(await store.list("ada")).size).toBe(1_100);
    expect(await store.length()).toBe(1_600);
    const seen: string[] = [];
    for await (const [id] of store.all()) seen.push(id);
    expect([seen.length, new Set(seen).size]).toEqual([1_600, 1_600]);
    rows.length = 0;
    expect(await store.destroyAll("ada", "id-1199")).toBe(1_099);
    expect(Math.max(...rows)).toBeLessThanOrEqual(500);
    expect(await store.list("ada")).toEqual(["id-1199"]);
    expect((await store.list("bob")).length).toBe(500);
    rows.length = 0;
    await store.clear();
    expect(Math.max(...rows)).toBeLessThanOrEqual(clears);
    expect(await store.length()).toBe(0);
  });
}

describe("SQLite", () => {
  statementTests(async (table, now) => {
    const client = new DatabaseSync(":memory:");
    const store = sqliteStore({ client, table, now, sweepInterval: 0 });
    await store.createSchema();
    // What it drops at once is counted in sqlite_batches.test.ts.
    return { store, rows: [0], clears: 0 };
  });
});

describe.skipIf(skipWithout(postgresBinary, "postgresql"))("Postgres", () => {
  let server: PostgresServer;
  let pool: pg.Pool;
  beforeAll(async () => {
    server = await startPostgres(["fsync=off"]);
    pool = new pg.Pool({ connectionString: server.url, max: 2 });
  });
  afterAll(async () => {
    await pool?.end();
    await server?.stop();
  });
  statementTests(async (table, now) => {
    const rows: number[] = [];
    const query = async (text: string, values: unknown[]) => {
      const answer = await pool.query(text, values);
      rows.push(answer.rowCount ?? 0);
      return answer;
    };
    const store = postgresStore({ client: { query }, table, now, sweepInterval: 0 });
    await store.createSchema();
    await store.clear();
    // It marks rows, and keeps nobody waiting.
    return { store, rows, clears: Infinity };
  });
});

describe.skipIf(skipWithout(mariadbBinary, "mariadb-server"))("MariaDB", () => {
  let server: MariadbServer;
  let pool: Pool;
  beforeAll(async () => {
    server = await startMariadb(["--innodb-flush-log-at-trx-commit=0"]);
    pool = createPool({ uri: server.url, connectionLimit: 2 });
  });
  afterAll(async () => {
    await pool?.end();
    await server?.stop();
  });
  statementTests(async (table, now) => {
    const rows: number[] = [];
    const execute = async (text: string, values: (string | number | null)[]) => {
      const [answer] = await pool.execute(text, values);
      rows.push(Array.isArray(answer) ? answer.length : answer.affectedRows);
      return [answer] as [unknown];
    };
    const store = mysqlStore({ client: { execute }, table, now, sweepInterval: 0 });
    await store.createSchema();
    await store.clear();
    return { store, rows, clears: 500 };
  });
});
