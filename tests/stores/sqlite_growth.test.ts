/** What a session costs where there are many: counted, for time depends on who else is busy. */
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type SqliteSessionStore, sqliteStore } from "../../src/stores/sqlite.ts";
import type { StoredSession } from "../../src/store.ts";
import { JSON_TEXT } from "./growth.ts";

const MANY = 200_000;
const EXPIRED = 20_000;
const END = Date.now() + 86_400_000;

let database: DatabaseSync;
let store: SqliteSessionStore;
/** The statements that ran, with the rows they changed and the turn of the event loop. */
const ran: { text: string; changes: number; turn: number }[] = [];
let turn = 0;

/** 32 characters in no order, as ids are. */
const idOf = (n: number): string =>
  (((n + 1) * 2_654_435_761) % 2 ** 32).toString(16).padStart(32, "0");

beforeAll(async () => {
  database = new DatabaseSync(":memory:");
  const client = {
    prepare(text: string) {
      const statement = database.prepare(text);
      const note = (changes: number) => ran.push({ text, changes, turn });
      return {
        all(...values: (string | number | null)[]) {
          note(0);
          return statement.all(...values);
        },
        run(...values: (string | number | null)[]) {
          const result = statement.run(...values);
          note(Number(result.changes));
          return result;
        },
      };
    },
  };
  store = sqliteStore({ client });
  await store.createSchema();
  database.prepare(
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1) " +
      "INSERT INTO session SELECT printf('%032x', ((i + 1) * 2654435761) % 4294967296), ?, " +
      "? + i, i, 0, NULL FROM n ORDER BY 1",
  ).run(MANY, JSON_TEXT, END);
  // What the planner would learn about a table of this size.
  database.exec("ANALYZE");
  ran.length = 0;
});
afterAll(() => database?.close());

/** The statements of an act, each with how the database goes about it. */
async function plans(act: () => unknown): Promise<string[]> {
  ran.length = 0;
  await act();
  return ran.map(({ text }) => {
    const steps = database.prepare(`EXPLAIN QUERY PLAN ${text}`)
      .all(...text.match(/\?/g)?.map(() => 1) ?? []);
    return steps.map(({ detail }) => detail).join("; ");
  });
}

test("of many sessions each is found by its key: one statement, and no walk through the table", async () => {
  const record = { json: JSON_TEXT, expires: END };
  const versionOf = (id: string) => (store.read(id) as StoredSession).version;
  const byKey = [expect.stringMatching(/^SEARCH session USING INDEX \S+ \(sid=\?\)$/)];
  expect(await plans(() => store.read(idOf(5)) ?? expect.fail("lost"))).toEqual(byKey);
  expect(await plans(() => store.readAndTouch(idOf(5), 60_000))).toEqual(byKey);
  expect(await plans(() => store.touch(idOf(5), END))).toEqual(byKey);
  const version = versionOf(idOf(6));
  expect(await plans(() => store.commit(idOf(6), record, version))).toEqual(byKey);
  const other = versionOf(idOf(7));
  expect(await plans(() => store.rotate(idOf(7), "moved", record, other))).toEqual(byKey);
  expect(await plans(() => store.destroy("moved"))).toEqual(byKey);
  // An insert has nothing to find.
  expect(await plans(() => store.create("new", record))).toEqual([""]);
  expect(await plans(() => store.list("ada"))).toEqual([
    expect.stringMatching(/^SEARCH session USING INDEX \S*subject \(subject=\? AND rowid>\?\)$/),
  ]);
});

test("sweep() of 20,000 expired sessions goes fifty at a time, and others run in between", async () => {
  database.exec(`UPDATE session SET expire = 1 + expire % 1000 WHERE version < ${EXPIRED}`);
  let isOver = false;
  const count = () => {
    turn++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  ran.length = 0;
  // Two of them were changed above: their mark is another now.
  expect(await store.sweep()).toBeGreaterThan(18_000);
  isOver = true;
  expect(Math.max(...ran.map(({ changes }) => changes))).toBeLessThanOrEqual(50);
  const turns = new Set(ran.map((each) => each.turn));
  expect(turns.size).toBe(ran.length);
  const plan = database.prepare(`EXPLAIN QUERY PLAN ${ran[0]!.text}`).all(1);
  expect(plan.map(({ detail }) => detail).join("; ")).toMatch(/USING COVERING INDEX \S*expire/);
});
