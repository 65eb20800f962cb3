/** A file that somebody else holds keeps nobody waiting but whoever asked for it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { sqliteStore, type SqliteStoreOptions } from "../../src/stores/sqlite.ts";
import type { StoredSession } from "../../src/store.ts";

vi.setConfig({ testTimeout: 60_000 });

let folder: string;
const open: DatabaseSync[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "websession-busy-"));
});
afterEach(() => {
  for (const database of open.splice(0)) database.close();
  rmSync(folder, { recursive: true });
});

function connect(timeout: number): DatabaseSync {
  const database = new DatabaseSync(join(folder, "sessions.db"), { timeout });
  open.push(database);
  return database;
}

async function setUp(
  timeout: number,
  options: Partial<SqliteStoreOptions> = {},
) {
  const client = connect(timeout);
  client.exec("PRAGMA journal_mode = WAL");
  const store = sqliteStore({ client, ...options });
  await store.createSchema();
  await store.create("id", { json: '{"cookie":{}}', expires: null });
  const other = connect(0);
  const patience = () => Number(Object.values(client.prepare("PRAGMA busy_timeout").get()!)[0]);
  return { client, store, other, patience };
}

const record = { json: '{"cookie":{},"n":1}', expires: null };

/** Ends the other's transaction when the event loop has gone round so many times. */
function releaseAfter(
  other: DatabaseSync,
  turns: number,
): { readonly turns: number } {
  const seen = { turns: 0 };
  const next = () => {
    if (++seen.turns < turns) setImmediate(next);
    else other.exec("COMMIT");
  };
  setImmediate(next);
  return seen;
}

describe.each([0, 5_000])(
  "on a connection that would wait %s ms",
  (timeout) => {
    test("a write waits for another process with the event loop free, and is done then", async () => {
      const { store, other } = await setUp(timeout);
      const { version } = await store.read("id") as StoredSession;
      other.exec("BEGIN IMMEDIATE");
      const seen = releaseAfter(other, 50);
      // What is read needs nobody's leave.
      expect(store.read("id")).toMatchObject({ version });
      expect(await store.commit("id", record, version)).toMatchObject({
        status: "committed",
      });
      expect(seen.turns).toBe(50);
      expect(store.read("id")).toMatchObject({ json: record.json });
    });

    test("every verb that writes does", async () => {
      const { store, other } = await setUp(timeout);
      const { version } = await store.read("id") as StoredSession;
      const acts: [what: string, act: () => unknown, answer: unknown][] = [
        ["create", () => store.create("new", record), true],
        ["touch", () => store.touch("id", null), true],
        ["readAndTouch", () => store.readAndTouch("none", 1), undefined],
        [
          "rotate",
          () => store.rotate("id", "to", { ...record, subject: "ada" }, version),
          expect.objectContaining({ status: "committed" }),
        ],
        ["destroyAll", () => store.destroyAll("ada"), 1],
        ["destroy", () => store.destroy("new"), true],
        ["sweep", () => store.sweep(), 0],
        ["clear", () => store.clear(), undefined],
      ];
      for (const [what, act, answer] of acts) {
        other.exec("BEGIN IMMEDIATE");
        const seen = releaseAfter(other, 20);
        expect(await act(), what).toEqual(answer);
        expect(seen.turns, what).toBe(20);
      }
    });
  },
);

test("a file that is held for ever is an error in the end, the database's own", async () => {
  const { store, other } = await setUp(0);
  other.exec("BEGIN IMMEDIATE");
  await expect(store.create("new", record)).rejects.toThrow(
    /database is locked/,
  );
  other.exec("COMMIT");
  expect(store.create("new", record)).toBe(true);
});

describe("busyTimeout", () => {
  test.each([
    [5_000, {}, 5],
    [5_000, { busyTimeout: 80 }, 80],
    [5_000, { busyTimeout: 0 }, 0],
    [5_000, { busyTimeout: Infinity }, 5_000],
    [3, {}, 3],
    [0, { busyTimeout: 80 }, 0],
  ])(
    "of a connection that waits %s ms, with %o: %s ms",
    async (timeout, options, left) => {
      const { patience } = await setUp(timeout, options);
      expect(patience()).toBe(left);
    },
  );
});

describe("wal_autocheckpoint", () => {
  test.each([
    ["the usual thousand pages", 1_000, {}, 500],
    ["more", 10_000, { busyTimeout: 0 }, 500],
    ["fewer, which stay", 100, {}, 100],
    ["none, as Litestream has it", 0, {}, 0],
    ["a thousand, left as it is", 1_000, { busyTimeout: Infinity }, 1_000],
  ])(
    "of a connection that moves %s (%s), with %o: %s",
    async (_, pages, options, left) => {
      const client = connect(0);
      client.exec(
        `PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = ${pages}`,
      );
      const store = sqliteStore({ client, ...options });
      await store.createSchema();
      const [now] = Object.values(
        client.prepare("PRAGMA wal_autocheckpoint").get()!,
      );
      expect(Number(now)).toBe(left);
    },
  );
});
