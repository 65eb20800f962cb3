/** What the statements of the SQL stores do at their edges, on each database. */
import { DatabaseSync } from "node:sqlite";
import { createPool, type Pool } from "mysql2/promise";
import pg from "pg";
import postgres from "postgres";
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
  /** Rows that each statement changed or answered: some 200 ids to a row, where it can. */
  readonly rows: number[];
  /** The most that one statement of `list()` or `all()` answers, of `destroyAll()` and of `clear()` drops. */
  readonly most: Readonly<Record<"list" | "all" | "destroyAll" | "clear", number>>;
  /** Makes so many sessions `<name>-0`, `<name>-1` …, each of which ends a millisecond later. */
  fill(name: string, subject: string, many: number, end: number): Promise<unknown>;
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

  test("list(), destroyAll(), all() and clear() of 1,200 are exact, and go in batches", async () => {
    const { store, rows, most, fill } = await on("many");
    // Those of another stand before hers, wherever a database begins.
    await fill("a-bobs", "bob", 600, time + HOUR);
    await fill("id", "ada", 1_200, time + HOUR);
    time += HOUR + 99;
    rows.length = 0;
    expect(new Set(await store.list("ada")).size).toBe(1_100);
    expect(Math.max(...rows)).toBeLessThanOrEqual(most.list);
    expect(await store.length()).toBe(1_600);
    const seen: string[] = [];
    rows.length = 0;
    for await (const [id] of store.all()) seen.push(id);
    expect(Math.max(...rows)).toBeLessThanOrEqual(most.all);
    expect([seen.length, new Set(seen).size]).toEqual([1_600, 1_600]);
    rows.length = 0;
    expect(await store.destroyAll("ada", "id-1199")).toBe(1_099);
    expect(Math.max(...rows)).toBeLessThanOrEqual(most.destroyAll);
    expect(await store.list("ada")).toEqual(["id-1199"]);
    expect((await store.list("bob")).length).toBe(500);
    rows.length = 0;
    await store.clear();
    expect(Math.max(...rows)).toBeLessThanOrEqual(most.clear);
    expect(await store.length()).toBe(0);
  });
}

describe("SQLite", () => {
  statementTests(async (table, now) => {
    const database = new DatabaseSync(":memory:");
    const rows: number[] = [];
    const prepare = (text: string) => {
      const statement = database.prepare(text);
      return {
        all(...values: (string | number | null)[]) {
          const found = statement.all(...values);
          rows.push(found.length);
          return found;
        },
        run(...values: (string | number | null)[]) {
          const done = statement.run(...values);
          rows.push(Number(done.changes));
          return done;
        },
      };
    };
    const store = sqliteStore({ client: { prepare } as never, table, now, sweepInterval: 0 });
    await store.createSchema();
    const fill = async (name: string, subject: string, many: number, end: number) => {
      for (let at = 0; at < many; at++) {
        await store.create(`${name}-${at}`, { json, expires: end + at, subject });
      }
    };
    return { store, rows, most: { list: 100, all: 100, destroyAll: 50, clear: 50 }, fill };
  });

  test("length() of 6,000 that end at three moments is exact, with an index and without", async () => {
    const client = new DatabaseSync(":memory:");
    const now = () => 1_700_000_000_000;
    const store = sqliteStore({ client, now, sweepInterval: 0 });
    await store.createSchema();
    client.exec(
      "INSERT INTO session WITH RECURSIVE some(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM some " +
        `WHERE n < 8000) SELECT 'id-' || n, '${json}', ${now()} + n * 7919 % 4, 1, 0, NULL FROM some`,
    );
    expect(await store.length()).toBe(6_000);
    client.exec('DROP INDEX "IDX_session_expire"');
    expect(await store.length()).toBe(6_000);
  });

  test.each([[undefined], ["kept"]])(
    "destroyAll() ends what began while it dropped the others, and keeps %s",
    async (kept) => {
      const database = new DatabaseSync(":memory:");
      const direct = sqliteStore({ client: database, sweepInterval: 0 });
      let isFirst = true;
      const prepare = (text: string) => {
        const statement = database.prepare(text);
        return {
          run: (...values: []) => statement.run(...values),
          all(...values: []) {
            const found = statement.all(...values);
            if (text.startsWith("DELETE") && isFirst) {
              isFirst = false;
              direct.create("late", { json, expires: null, subject: "ada" });
            }
            return found;
          },
        };
      };
      const store = sqliteStore({ client: { prepare } as never, sweepInterval: 0 });
      await store.createSchema();
      for (const id of ["one", "kept"]) {
        await store.create(id, { json, expires: null, subject: "ada" });
      }
      expect(await store.destroyAll("ada", kept)).toBe(kept === undefined ? 3 : 2);
      expect(await store.list("ada")).toEqual(kept === undefined ? [] : [kept]);
    },
  );

  test("a damaged row, whose numbers no double holds, makes no verb fail", async () => {
    const client = new DatabaseSync(":memory:");
    const store = sqliteStore({ client, sweepInterval: 0 });
    await store.createSchema();
    for (const column of ["version", "expire"]) {
      await store.create("an-id", { json, expires: null });
      client.exec(`UPDATE session SET ${column} = 9223372036854775807`);
      expect((await store.read("an-id"))?.json).toBe(json);
      for await (const [id] of store.all()) expect(id).toBe("an-id");
      expect(await store.length()).toBe(1);
      expect(await store.destroy("an-id")).toBe(true);
    }
  });

  test("sweep() of a few drops those that have been over longest, also where no index says which", async () => {
    const client = new DatabaseSync(":memory:");
    const now = () => 1_700_000_000_000;
    const store = sqliteStore({ client, now, sweepInterval: 0 });
    await store.createSchema();
    client.exec('DROP INDEX "IDX_session_expire"');
    for (const [at, id] of ["third", "first", "fourth", "second"].entries()) {
      await store.create(id, { json, expires: now() - 5 * HOUR + [3, 1, 4, 2][at]! * HOUR });
    }
    expect(await store.sweep(2)).toBe(2);
    const left = client.prepare("SELECT sid FROM session").all();
    expect(left.map(({ sid }) => sid).sort()).toEqual(["fourth", "third"]);
  });
});

describe.skipIf(skipWithout(postgresBinary, "postgresql"))("Postgres", () => {
  let server: PostgresServer;
  let pool: pg.Pool;
  beforeAll(async () => {
    server = await startPostgres(["fsync=off"]);
    // Whoever waits for a lock is told so, and no test hangs.
    const options = "-c lock_timeout=5s";
    pool = new pg.Pool({ connectionString: server.url, max: 3, options });
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
    const fill = (name: string, subject: string, many: number, end: number) =>
      pool.query(
        `INSERT INTO ${table} SELECT $1 || '-' || n, $2, to_timestamp(($3::float8 + n) / 1000), ` +
          "1, false, $4 FROM generate_series(0, $5::int - 1) n",
        [name, json, end, subject, many],
      );
    return { store, rows, most: { list: 7, all: 500, destroyAll: 500, clear: 500 }, fill };
  });

  async function holding(table: string) {
    const store = postgresStore({ client: pool, table, sweepInterval: 0 });
    await store.createSchema();
    await store.clear();
    const holder = await pool.connect();
    await holder.query("BEGIN");
    const release = async () => {
      await holder.query("COMMIT");
      holder.release();
    };
    return { store, hold: (text: string) => holder.query(text), release };
  }

  test("a client that writes parameters as the server names their types writes what is meant", async () => {
    const client = postgres(server.url, { max: 1, onnotice: () => {} });
    try {
      const store = postgresStore({ client, table: "encoded", sweepInterval: 0 });
      await store.createSchema();
      await store.clear();
      await store.create("endless", { json, expires: null });
      await store.create("ends", { json, expires: Date.now() + HOUR });
      expect(await store.read("endless")).toMatchObject({ json, expires: null });
      expect(await store.read("ends")).toMatchObject({ json, expires: expect.any(Number) });
    } finally {
      await client.end();
    }
  });

  test("sweep() waits for no row that somebody holds, and drops the others", async () => {
    const { store, hold, release } = await holding("held");
    try {
      const record = { json, expires: Date.now() - HOUR };
      for (const id of ["one", "held", "two"]) await store.create(id, record);
      await hold("SELECT 1 FROM held WHERE sid = 'held' FOR UPDATE");
      expect(await store.sweep()).toBe(2);
    } finally {
      await release();
    }
    expect(await store.sweep()).toBe(1);
  });

  test("destroyAll() leaves a session that became another's while it waited for it", async () => {
    const { store, hold, release } = await holding("became");
    let ended: Promise<number> | undefined;
    try {
      await store.create("an-id", { json, expires: null, subject: "ada" });
      await hold("UPDATE became SET subject = 'bob' WHERE sid = 'an-id'");
      ended = Promise.resolve(store.destroyAll("ada"));
      const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
      await expect.poll(async () => (await pool.query(waiting)).rowCount).toBe(1);
    } finally {
      await release();
    }
    expect(await ended).toBe(0);
    expect(await store.list("bob")).toEqual(["an-id"]);
  });

  /** `clear()` of 600 that has come to the last of them, to which somebody does `what` meanwhile. */
  async function clearing(table: string, what: string) {
    const { store, hold, release } = await holding(table);
    const names = `'id-' || to_char(n, 'FM000') FROM generate_series(0, 599) n`;
    await pool.query(
      `INSERT INTO ${table} (sid, sess, expire) SELECT x, '{}', 'infinity' FROM (SELECT ${names}) f(x)`,
    );
    await hold(`${what} WHERE sid = 'id-599'`);
    const cleared = Promise.resolve(store.clear());
    const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    await expect.poll(async () => (await pool.query(waiting)).rowCount).toBe(1);
    return { store, release, cleared };
  }

  test("who writes to a session that clear() has dropped does not wait for all the others", async () => {
    const { store, release, cleared } = await clearing(
      "dropped",
      "UPDATE dropped SET expire = now()",
    );
    try {
      expect(await store.touch("id-000", Date.now() + HOUR)).toBe(false);
    } finally {
      await release();
    }
    await cleared;
    expect(await store.length()).toBe(0);
  });

  test("clear() drops a session that moves to an id before those it has dropped", async () => {
    const { store, release, cleared } = await clearing(
      "moved",
      "UPDATE moved SET sid = 'id-000-a'",
    );
    await release();
    await cleared;
    expect(await pool.query("SELECT 1 FROM moved")).toMatchObject({ rowCount: 0 });
    expect(await store.length()).toBe(0);
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
    const fill = (name: string, subject: string, many: number, end: number) =>
      pool.query(
        `INSERT INTO ${table} (sid, sess, expire, version, endless, subject) ` +
          `SELECT CONCAT(?, '-', seq), ?, ? + seq, 1, 0, ? FROM seq_0_to_${many - 1}`,
        [name, json, end, subject],
      );
    return { store, rows, most: { list: 7, all: 500, destroyAll: 500, clear: 500 }, fill };
  });

  test("sweep() of a few drops those that have been over longest, also where no index says which", async () => {
    const now = () => 1_700_000_000_000;
    const store = mysqlStore({ client: pool, table: "bare", now, sweepInterval: 0 });
    await pool.query("DROP TABLE IF EXISTS bare");
    await store.createSchema();
    await pool.query("ALTER TABLE bare DROP KEY IDX_bare_expire");
    for (const [at, id] of ["third", "first", "fourth", "second"].entries()) {
      await store.create(id, { json, expires: now() - 5 * HOUR + [3, 1, 4, 2][at]! * HOUR });
    }
    expect(await store.sweep(2)).toBe(2);
    const [left] = await pool.query("SELECT CONVERT(sid USING utf8mb4) AS sid FROM bare");
    expect((left as { sid: string }[]).map(({ sid }) => sid).sort()).toEqual(["fourth", "third"]);
  });

  /** A client that counts only rows that a statement has changed, and what runs behind each. */
  async function counting(after: (text: string) => Promise<unknown> = () => Promise.resolve()) {
    const client = createPool({ uri: server.url, connectionLimit: 2, flags: ["-FOUND_ROWS"] });
    const execute = async (text: string, values: (string | number | null)[]) => {
      const [answer] = await client.execute(text, values);
      await after(text);
      return [answer] as [unknown];
    };
    const now = () => 1_700_000_000_000;
    const make = (from: unknown) =>
      mysqlStore({ client: from as Pool, table: "touched", now, sweepInterval: 0 });
    await make(pool).createSchema();
    await make(pool).clear();
    return { store: make({ execute }), others: make(pool), end: now() + HOUR, client };
  }

  test("touch() that changes nothing is told from one that finds nothing, by a client that counts changes", async () => {
    const { store, end, client } = await counting();
    try {
      await store.create("another", { json, expires: end });
      expect(await store.touch("an-id", end)).toBe(false);
      await store.create("an-id", { json, expires: end });
      for (const [expires, found] of [[end, end], [end, end], [end + 1, end + 1], [null, null]]) {
        for (let times = 0; times < 2; times++) {
          expect(await store.touch("an-id", expires as number | null)).toBe(true);
          expect((await store.read("an-id"))?.expires).toBe(found);
        }
      }
      // What has ended is not touched, whatever it says.
      await store.touch("an-id", end - HOUR);
      expect(await store.touch("an-id", end - HOUR)).toBe(false);
    } finally {
      await client.end();
    }
  });

  test.each([["with another end", 1], ["without an end", null]])(
    "touch() is not told as done of a session that began %s while it looked",
    async (_what, by) => {
      let begin = () => Promise.resolve<unknown>(undefined);
      const { store, others, end, client } = await counting((text) =>
        text.startsWith("UPDATE") ? begin() : Promise.resolve()
      );
      try {
        begin = async () =>
          await others.create("an-id", { json, expires: by === null ? null : end + by });
        // What one without an end gets, whose column is the same then.
        const limit = end - HOUR + 86_400_000;
        expect(await store.touch("an-id", by === null ? limit : end)).toBe(false);
        expect((await others.read("an-id"))?.expires).toBe(by === null ? null : end + by);
      } finally {
        await client.end();
      }
    },
  );
});
