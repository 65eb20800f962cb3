/** A database that undoes whatever takes many rows, as one does that compares with a snapshot. */
import { DatabaseSync } from "node:sqlite";
import { PGlite } from "@electric-sql/pglite";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { postgresStore } from "../../src/stores/postgres.ts";
import type { SqlSessionStore } from "../../src/stores/sql/store.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";

const pglite = new PGlite();
afterAll(() => pglite.close());

/** A query of pg that is to be prepared under its name. */
interface Named {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

/** The limits of the statements that dropped rows, those that were undone with a minus. */
const limits: number[] = [];
/** How many rows a statement may take, and whether any may as soon as one was done. */
let most = Infinity;
let heals = false;
/** The names under which statements were prepared. */
const names = new Set<string>();
let store: SqlSessionStore;
let tables = 0;

beforeEach(async () => {
  const query = (asked: string | Named, given?: unknown[]) => {
    const { name, text, values } = typeof asked === "string"
      ? { name: "", text: asked, values: given }
      : asked;
    if (name !== "") names.add(name);
    const limit = /^(?:DELETE|WITH).* LIMIT (\d+)/.exec(text)?.[1];
    if (limit !== undefined) {
      limits.push(Number(limit) > most ? -limit : Number(limit));
      if (Number(limit) > most) throw Object.assign(new Error("undone"), { code: "40001" });
      if (heals) most = Infinity;
    }
    return pglite.query(text, values);
  };
  store = postgresStore({
    client: { query } as never,
    table: `undone_${tables++}`,
    prepare: true,
  });
  await store.createSchema();
  for (let n = 0; n < 60; n++) {
    await store.create(`ada-${n}`, {
      json: "{}",
      expires: Date.now() + 3_600_000,
      subject: n < 50 ? "ada" : "bob",
    });
  }
  limits.length = 0;
  names.clear();
  most = Infinity;
  heals = false;
});

describe("fewer rows at a time after each statement that was undone", () => {
  test("destroyAll() ends all of them, and none of another subject", async () => {
    most = 8;
    expect(await store.destroyAll("ada", "ada-7")).toBe(49);
    expect(await store.list("ada")).toEqual(["ada-7"]);
    expect((await store.list("bob")).length).toBe(10);
    expect(limits.slice(0, 5)).toEqual([-500, -125, -32, 8, -32]);
  });

  test("one row at a time, where only that is done", async () => {
    most = 1;
    expect(await store.destroyAll("ada")).toBe(50);
    expect(limits.filter((limit) => limit > 0).length).toBeGreaterThanOrEqual(50);
    expect(new Set(limits)).toEqual(new Set([-500, -125, -32, -8, -2, 1, -4]));
    // A statement that is prepared stays so on every connection: the two that are always asked.
    expect(names.size).toBe(2);
  });

  test("clear() drops every row", async () => {
    most = 8;
    await store.clear();
    expect(await store.length()).toBe(0);
    expect(limits.slice(0, 5)).toEqual([-500, -125, -32, 8, -32]);
    // All of them, a page at a time.
    expect(limits.filter((limit) => limit > 0).length).toBe(9);
  });

  test("and as many as ever after one that was done", async () => {
    most = 2;
    heals = true;
    expect(await store.destroyAll("ada")).toBe(50);
    expect(limits).toEqual([-500, -125, -32, -8, 2, 8, 32, 128]);
  });

  test("a database that undoes everything is told as its error", async () => {
    most = 0;
    await expect(store.destroyAll("ada")).rejects.toThrow("undone");
    expect((await store.list("ada")).length).toBe(50);
  }, 60_000);
});

test("a lock on a whole file of SQLite is none of its rows': as many are taken once it is free", async () => {
  const database = new DatabaseSync(":memory:");
  const drops: string[] = [];
  const client = {
    prepare(text: string) {
      const statement = database.prepare(text);
      const guarded = <T>(act: () => T): T => {
        const limit = /^DELETE.* LIMIT (\d+)/.exec(text)?.[1];
        if (limit !== undefined && drops.push(limit) <= 5) throw new Error("database is locked");
        return act();
      };
      return {
        all: (...values: never[]) => guarded(() => statement.all(...values)),
        run: (...values: never[]) => guarded(() => statement.run(...values)),
      };
    },
  };
  const sqlite = sqliteStore({ client: client as never, sweepInterval: 0 });
  await sqlite.createSchema();
  for (let n = 0; n < 50; n++) {
    await sqlite.create(`id-${n}`, { json: "{}", expires: null, subject: "ada" });
  }
  expect(await sqlite.destroyAll("ada")).toBe(50);
  expect(new Set(drops).size).toBe(1);
  expect(drops.length).toBeGreaterThan(5);
  database.close();
});
