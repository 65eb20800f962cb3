/** Nothing that touches many rows of SQLite keeps a process from its other work. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type SqliteSessionStore, sqliteStore } from "../../src/stores/sqlite.ts";

// 100,000 rows are written and dropped here: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

/** Bytes of a page, and of what the log says of it. */
const PAGE = 4096 + 24;
const END = Date.now() + 86_400_000;
const JSON_TEXT = `{"cookie":{"originalMaxAge":null},"data":"${"x".repeat(300)}"}`;

let folder: string;
let database: DatabaseSync;
let store: SqliteSessionStore;
/** The statements that ran: rows they changed or answered, the turn of the loop, how long they took. */
const ran: { rows: number; turn: number; ms: number }[] = [];
/** The statements there are. */
const texts = new Set<string>();
let turn = 0;
let isOver = false;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "websession-batches-"));
  database = new DatabaseSync(join(folder, "sessions.db"));
  // What a checkpoint waits for the disk is the disk's, and not measured here.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF");
  const timed = <T>(act: () => T, count: (answer: T) => number): T => {
    const begun = process.cpuUsage();
    const answer = act();
    // Its own time: on a busy machine a process is stopped in the middle of anything.
    const { user, system } = process.cpuUsage(begun);
    ran.push({ rows: count(answer), turn, ms: (user + system) / 1000 });
    return answer;
  };
  const client = {
    prepare(text: string) {
      texts.add(text);
      const statement = database.prepare(text);
      return {
        all: (...values: (string | number | null)[]) =>
          timed(() => statement.all(...values), (rows) => rows.length),
        run: (...values: (string | number | null)[]) =>
          timed(
            () => statement.run(...values),
            ({ changes }) => Number(changes),
          ),
      };
    },
  };
  store = sqliteStore({ client, sweepInterval: 0 });
  await store.createSchema();
  ran.length = 0;
  isOver = false;
  const count = () => {
    turn++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
});
afterEach(() => {
  isOver = true;
  database.close();
  rmSync(folder, { recursive: true });
});

/** Sessions with ids in no order, as ids are. */
function fill(many: number, expire: number, subject: string | null): void {
  database.prepare(
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1) " +
      "INSERT INTO session SELECT printf('%s-%08x', ?, ((i + 1) * 2654435761) % 4294967296), ?, " +
      "? + (i + 1) / 2, i, 0, ? FROM n",
  ).run(many, subject ?? "none", JSON_TEXT, expire, subject);
  // What was written here, nobody else is to write into the database file.
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

/** Runs an act: no statement of it touches more rows than that, and each has a turn to itself. */
async function inTurns<T>(
  what: string,
  most: number,
  act: () => T | Promise<T>,
): Promise<T> {
  ran.length = 0;
  const answer = await act();
  const turns = new Set(ran.map((one) => one.turn));
  const times = ran.map(({ ms }) => ms).sort((a, b) => a - b);
  const [p50, p99, max] = [0.5, 0.99, 1].map((part) => {
    return times[Math.ceil(times.length * part) - 1]!.toFixed(1);
  });
  console.log(
    `${what}: ${ran.length} statements of ${p50} ms (p50), ${p99} ms (p99), ${max} ms at most, of CPU time`,
  );
  expect(Math.max(...ran.map(({ rows }) => rows))).toBeLessThanOrEqual(most);
  // Two where a look follows in the same turn.
  expect(turns.size).toBeGreaterThanOrEqual(Math.floor(ran.length / 2));
  expect(ran.length).toBeGreaterThan(2);
  return answer;
}

describe("with 10,000 sessions of one subject", () => {
  beforeEach(() => {
    fill(10_000, END, "ada");
    fill(5_000, 1, "ada-over");
    database.exec(
      "UPDATE session SET subject = 'ada' WHERE subject = 'ada-over'",
    );
    fill(500, END, "bob");
  });

  test("destroyAll() drops fifty at a time, spares one, and counts no expired one", async () => {
    const kept = String(
      database.prepare("SELECT sid FROM session WHERE subject = 'ada'").get()!
        .sid,
    );
    const count = await inTurns(
      "destroyAll() of 10,000",
      50,
      () => store.destroyAll("ada", kept),
    );
    expect(count).toBe(9_999);
    expect(await store.list("ada")).toEqual([kept]);
    expect((await store.list("bob")).length).toBe(500);
  });

  test("list() reads a hundred at a time, and finds each once", async () => {
    const ids = await inTurns("list() of 10,000", 100, () => store.list("ada"));
    expect([ids.length, new Set(ids).size]).toEqual([10_000, 10_000]);
  });

  test("a session that rotates between two batches of destroyAll() is dropped, and list() finds it once", async () => {
    const record = { json: '{"cookie":{}}', expires: END, subject: "ada" };
    const last = (where: string): string =>
      String(
        database.prepare(`SELECT sid FROM session WHERE ${where} LIMIT 1`)
          .get()!.sid,
      );
    const rotate = async (from: string, to: string) => {
      const { version } = (await store.read(from))!;
      expect(await store.rotate(from, to, record, version)).toMatchObject({
        status: "committed",
      });
    };
    const listed = Promise.resolve(store.list("ada"));
    await rotate(
      last("subject = 'ada' AND expire > 1e9 ORDER BY rowid DESC"),
      "!-first",
    );
    await rotate(
      last("subject = 'ada' AND expire > 1e9 ORDER BY rowid"),
      "~-last",
    );
    const ids = await listed;
    expect(ids.length).toBe(10_000);
    expect(ids.filter((id) => id === "!-first")).toHaveLength(1);
    const ended = Promise.resolve(store.destroyAll("ada"));
    await rotate("!-first", "!-again");
    await ended;
    expect(await store.read("!-again")).toBeUndefined();
    expect(await store.list("ada")).toEqual([]);
  });
});

describe("with 100,000 sessions that have expired", () => {
  beforeEach(() => {
    fill(100_000, 1, null);
    fill(1_000, END, "ada");
  });

  test("sweep() drops fifty at a time and no live one", async () => {
    expect(await inTurns("sweep() of 100,000", 50, () => store.sweep())).toBe(
      100_000,
    );
    expect(await store.length()).toBe(1_000);
  });

  test("sweep(120) drops 120 in three statements", async () => {
    expect(await inTurns("sweep() of 120", 50, () => store.sweep(120))).toBe(
      120,
    );
    expect(ran.map(({ rows }) => rows)).toEqual([50, 50, 20]);
  });

  test("clear() drops fifty at a time and leaves none, and no statement moves a thousand pages of the log", async () => {
    const log = join(folder, "sessions.db-wal");
    await inTurns("clear() of 101,000", 50, () => store.clear());
    // The log never held more than are moved at once, and what one statement wrote on top.
    expect(statSync(log).size).toBeGreaterThan(0);
    expect(statSync(log).size / PAGE).toBeLessThan(500 + 4 * 50);
    expect(database.prepare("SELECT count(*) AS n FROM session").get()).toEqual(
      { n: 0 },
    );
  });
});

test("length() and all() of 100,000 go a part at a time, and are exact", async () => {
  // Pairs that end at the same moment: a part may begin between two of them.
  fill(100_001, END, null);
  fill(50, 1, "over");
  expect(await inTurns("length() of 100,001", 100, () => store.length())).toBe(
    100_001,
  );
  // So many are counted by one statement, and each statement has a turn to itself.
  expect(ran.length).toBeGreaterThan(2 * 100_001 / 2_500);
  expect(new Set(ran.map(({ turn }) => turn)).size).toBe(ran.length);
  const found = await inTurns("all() of 100,001", 100, async () => {
    const ids = new Set<string>();
    for await (const [id] of store.all()) ids.add(id);
    return ids;
  });
  expect(found.size).toBe(100_001);
});

test("length() finds its place again among sessions that all end at the same moment", async () => {
  fill(30, END, null);
  expect(await store.length()).toBe(30);
  const onwards = [...texts].filter((text) =>
    /count\(\*\)/.test(text) && !/sqlite_master/.test(text)
  );
  expect(onwards.length).toBeGreaterThan(0);
  for (const text of onwards) {
    const unbound = text.replaceAll("?", "0");
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${unbound}`).all().map((
      { detail },
    ) => detail);
    // Without the second, it would pass over each of them once more for every part.
    expect(plan.join("\n")).toMatch(/\(expire=\? AND rowid>\?\)/);
    expect(plan.join("\n")).not.toMatch(/TEMP B-TREE/);
  }
});

test("all() goes past 10,000 expired sessions a hundred at a time", async () => {
  fill(200, END, "live");
  fill(10_000, 1, "over");
  const found = await inTurns(
    "all() of 200 and 10,000 expired",
    100,
    async () => {
      let count = 0;
      for await (const _ of store.all()) count++;
      return count;
    },
  );
  expect(found).toBe(200);
  expect(ran.length).toBeGreaterThan(100);
});

test("one batch is done at once, without a promise", async () => {
  fill(30, END, "ada");
  fill(30, 1, "over");
  expect(store.list("ada")).toHaveLength(30);
  expect(store.length()).toBe(30);
  expect(store.sweep()).toBe(30);
  expect(store.destroyAll("ada")).toBe(30);
  expect(await store.clear()).toBeUndefined();
});
