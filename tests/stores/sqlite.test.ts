import { createClient } from "@libsql/client";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import Libsql from "libsql";
import { describe, expect, test, vi } from "vitest";
import {
  type SqliteClient,
  sqliteSchema,
  type SqliteSessionStore,
  sqliteStore,
} from "../../src/stores/sqlite.ts";
import { testStore } from "../../src/testing/mod.ts";
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

describe("the kit", () => {
  // libsql has the interface of better-sqlite3, and ships its binary in the package.
  const clients = {
    "node:sqlite": (path: string) => new DatabaseSync(path),
    "libsql as better-sqlite3": (path: string) => new Libsql(path),
  };
  for (const [name, make] of Object.entries(clients)) {
    testStore({
      name: `sqlite (${name})`,
      capabilities,
      async create({ now }) {
        const folder = mkdtempSync(join(tmpdir(), "websession-sqlite-"));
        const open = () => {
          const client = make(join(folder, "sessions.db"));
          client.exec("PRAGMA journal_mode = WAL");
          client.exec("PRAGMA synchronous = OFF");
          client.exec("PRAGMA busy_timeout = 5000");
          return client;
        };
        const [one, two] = [open(), open()];
        const store = sqliteStore({ client: one, now, ttl });
        const peer = sqliteStore({ client: two, now, ttl });
        const neighbour = sqliteStore({ client: one, now, ttl, table: "neighbour" });
        await store.createSchema();
        await neighbour.createSchema();
        return {
          store,
          peer,
          neighbour,
          close() {
            one.close();
            two.close();
            rmSync(folder, { recursive: true });
          },
        };
      },
      test,
    });
  }

  testStore({
    name: "sqlite (@libsql/client)",
    capabilities,
    async create({ now }) {
      const folder = mkdtempSync(join(tmpdir(), "websession-libsql-"));
      const client = createClient({ url: `file:${join(folder, "sessions.db")}` });
      await client.execute("PRAGMA synchronous = OFF");
      const other = createClient({ url: `file:${join(folder, "sessions.db")}` });
      await other.execute("PRAGMA synchronous = OFF");
      const store: SqliteSessionStore = sqliteStore({ client, now, ttl });
      const neighbour = sqliteStore({ client, now, ttl, table: "neighbour" });
      await store.createSchema();
      await neighbour.createSchema();
      return {
        store,
        neighbour,
        peer: sqliteStore({ client: other, now, ttl }),
        close() {
          client.close();
          other.close();
          rmSync(folder, { recursive: true });
        },
      };
    },
    test,
  });
});

describe("sqliteStore()", () => {
  test("a client that answers rows as arrays is refused by its first rows, whatever is asked", async () => {
    const file = new DatabaseSync(":memory:", { returnArrays: true } as object);
    const store = sqliteStore({ client: file, sweepInterval: 0 });
    file.exec(sqliteSchema());
    await store.create("id", { json: '{"cookie":{}}', expires: null, subject: "ada" });
    const asked = [
      () => store.createSchema(),
      () => store.read("id"),
      () => store.readAndTouch("id", 1_000),
      () => store.list("ada"),
      () => store.length(),
      () => store.all()[Symbol.asyncIterator]().next(),
      () => store.destroyAll("ada"),
    ];
    for (const ask of asked) {
      await expect((async () => await ask())()).rejects.toThrow(
        new TypeError('Option "client" must answer rows as objects, by the names of their columns'),
      );
    }
  });

  async function memory(): Promise<{ client: DatabaseSync; store: SqliteSessionStore }> {
    const client = new DatabaseSync(":memory:");
    const store = sqliteStore({ client });
    await store.createSchema();
    return { client, store };
  }

  test("answers at once where the client does: no verb makes a promise", async () => {
    const { store } = await memory();
    const record = { json: '{"cookie":{}}', expires: null, subject: "ann" };
    expect(store.create("id", record)).toBe(true);
    const found = store.read("id");
    expect(found).toMatchObject({ json: record.json, expires: null });
    const { version } = found as { version: unknown };
    expect(store.commit("id", record, version)).toMatchObject({ status: "committed" });
    expect(store.commit("id", record, version)).toMatchObject({ status: "conflict" });
    expect(store.readAndTouch("id", 1000)).toMatchObject({ json: record.json });
    expect(store.touch("id", null)).toBe(true);
    expect(store.rotate("none", "other", record, version)).toEqual({ status: "gone" });
    expect(store.list("ann")).toEqual(["id"]);
    expect(store.length()).toBe(1);
    expect(store.sweep(100)).toBe(0);
    expect(store.destroyAll("ann")).toBe(1);
    expect(store.destroy("id")).toBe(false);
    expect(store.clear()).toBeUndefined();
  });

  test.each(['session"; DROP TABLE x; --', "", "1st", "a-b", "main.session", "x".repeat(52)])(
    "S7 refuses a table called %j, and never repeats the name",
    (table) => {
      const client = new DatabaseSync(":memory:");
      for (const make of [() => sqliteStore({ client, table }), () => sqliteSchema({ table })]) {
        expect(make).toThrow(TypeError);
        expect(make).toThrow(
          /^Option "table" must be a name of letters, digits and "_", at most 51/,
        );
      }
    },
  );

  test.each([undefined, null, {}, "sqlite", () => {}])("refuses %s as a client", (client) => {
    const make = (): unknown => sqliteStore({ client: client as unknown as SqliteClient });
    expect(make).toThrow(TypeError);
    expect(make).toThrow(
      /^Option "client" must be a SQLite client with prepare\(\) or execute\(\)/,
    );
  });

  test.each(["", "{", "nonsense", '{"cookie":', "5", "null", '"text"', "[]"])(
    "S59 a text that is no session reads as undefined: %j",
    async (json) => {
      const { client, store } = await memory();
      store.create("id", { json: '{"cookie":{}}', expires: null });
      client.prepare("UPDATE session SET sess = ?").run(json);
      expect(store.read("id")).toBeUndefined();
      expect(store.readAndTouch("id", 1000)).toBeUndefined();
      for await (const [id] of store.all()) expect.fail(id);
      expect(store.commit("id", { json: "{}", expires: null }, 1)).toEqual({ status: "gone" });
    },
  );

  test("a session whose cookie names no end lives for the ttl after its last write or touch", async () => {
    let time = 1_000_000;
    const client = new DatabaseSync(":memory:");
    const store = sqliteStore({ client, ttl: 10, now: () => time });
    await store.createSchema();
    store.create("id", { json: "{}", expires: null });
    time += 9_999;
    expect(store.read("id")).toMatchObject({ expires: null, keptUntil: 1_010_000 });
    store.touch("id", null);
    time += 9_999;
    expect(store.read("id")).toBeDefined();
    time += 1;
    expect(store.read("id")).toBeUndefined();
    expect(store.sweep()).toBe(1);
  });

  test("S7 ids and subjects that no text column can hold are ids and subjects like any other", async () => {
    const store = sqliteStore({ client: new DatabaseSync(":memory:") });
    await store.createSchema();
    await keepsOddKeys(store);
  });

  test("sqliteSchema() is what createSchema() runs, and both may run again", async () => {
    const { client, store } = await memory();
    await store.createSchema();
    client.exec(sqliteSchema());
    const made = client.prepare("SELECT name FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY 1");
    expect(made.all().map(({ name }) => name)).toEqual([
      "IDX_session_expire",
      "IDX_session_subject",
      "session",
    ]);
  });

  test("rotate() to an id that is taken fails, changes nothing, and names no id", async () => {
    const { store } = await memory();
    store.create("one", { json: '{"n":1}', expires: null });
    store.create("two", { json: '{"n":2}', expires: null });
    const { version } = store.read("one") as { version: unknown };
    expect(() => store.rotate("one", "two", { json: "{}", expires: null }, version))
      .toThrow(/^The id to rotate to is taken$/);
    expect(store.read("one")).toMatchObject({ json: '{"n":1}' });
    expect(store.read("two")).toMatchObject({ json: '{"n":2}' });
  });

  test("finds, compares, sweeps and lists by index", async () => {
    const database = new DatabaseSync(":memory:");
    const asked = new Set<string>();
    const client = {
      prepare(text: string) {
        asked.add(text);
        return database.prepare(text);
      },
    };
    const store = sqliteStore({ client });
    await store.createSchema();
    asked.clear();
    const record = { json: "{}", expires: null };
    store.read("x");
    store.readAndTouch("x", 1);
    store.commit("x", record, undefined);
    store.rotate("x", "y", record, undefined);
    store.touch("x", null);
    store.destroy("x");
    store.sweep(9);
    store.length();
    store.list("5");
    store.destroyAll("5");
    for await (const _ of store.all()) break;
    // Those of destroyAll() are two: what it drops, and a look whether any is left.
    expect(asked.size).toBe(12);
    for (const text of asked) {
      const steps = database.prepare(`EXPLAIN QUERY PLAN ${text}`).all().map(({ detail }) =>
        detail
      );
      for (const step of steps.filter((one) => /\bsession\b/.test(String(one)))) {
        expect(step).toMatch(/USING (COVERING )?INDEX|USING INTEGER PRIMARY KEY/);
      }
      expect(steps.join()).not.toMatch(/TEMP B-TREE/);
    }
  });
});
