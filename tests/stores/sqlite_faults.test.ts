import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import type { StoredSession } from "../../src/store.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const CHILD = join(import.meta.dirname, "sqlite_child.ts");

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "websession-sqlite-"));
  file = join(folder, "sessions.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

const record = (n: number) => ({ json: JSON.stringify({ cookie: {}, n }), expires: null });
const numberIn = (found: unknown): number => JSON.parse((found as StoredSession).json).n;

test("a process killed while it writes: every acknowledged write is there, nothing comes back", async () => {
  const said = new Map<string, string>();
  for (let round = 0; round < 5; round++) {
    const child = spawn(process.execPath, [CHILD, "write", file], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const closed = new Promise((resolve) => child.once("close", resolve));
    let printed = "";
    child.stdout.on("data", (text) => {
      printed += text;
      if (printed.length > 20_000) child.kill("SIGKILL");
    });
    await closed;
    expect(child.signalCode).toBe("SIGKILL");
    // The last line may be cut; the one write after the last whole line may be done or not.
    const lines = printed.split("\n").slice(0, -1);
    let last = 0;
    for (const line of lines) {
      const [id = "", value = ""] = line.split(" ");
      said.set(id, value);
      last = value === "dead" ? last + 1 : Number(value);
    }
    const client = new DatabaseSync(file);
    const store = sqliteStore({ client });
    const open = `s${(last + 1) % 20}`;
    expect(said.size).toBe(20);
    for (const [id, value] of said) {
      if (id === open) continue;
      const found = store.read(id);
      if (value === "dead") expect(found, id).toBeUndefined();
      else expect(numberIn(found), id).toBe(Number(value));
    }
    expect(client.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    client.close();
  }
});

test("four processes count on one file: every increment is there", async () => {
  const client = new DatabaseSync(file);
  const store = sqliteStore({ client });
  client.exec("PRAGMA journal_mode = WAL");
  await store.createSchema();
  store.create("counter", record(0));
  await Promise.all(Array.from({ length: 4 }, async () => {
    const child = spawn(process.execPath, [CHILD, "count", file], { stdio: "inherit" });
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(0);
  }));
  expect(numberIn(store.read("counter"))).toBe(200);
  client.close();
});

test("a full disk is a clear error, every session stays as it was, and room makes writes pass again", async () => {
  const client = new DatabaseSync(file);
  client.exec("PRAGMA journal_mode = WAL");
  const store = sqliteStore({ client });
  await store.createSchema();
  const big = (n: number) => ({
    json: JSON.stringify({ cookie: {}, n, text: "x".repeat(2000) }),
    expires: null,
  });
  for (let n = 0; n < 20; n++) store.create(`old-${n}`, big(n));
  client.exec("PRAGMA max_page_count = 60");
  const full = /database or disk is full/;
  const more: string[] = [];
  expect(() => {
    for (let n = 0; n < 1000; n++) {
      store.create(`new-${n}`, big(n));
      more.push(`new-${n}`);
    }
  }).toThrow(full);
  expect(more.length).toBeGreaterThan(5);

  const before = store.read("old-3") as StoredSession;
  const huge = { json: JSON.stringify({ cookie: {}, text: "y".repeat(500_000) }), expires: null };
  expect(() => store.commit("old-3", huge, before.version)).toThrow(full);
  expect(() => store.rotate("old-3", "other", huge, before.version)).toThrow(full);
  expect(store.read("old-3")).toEqual(before);
  expect(store.read("other")).toBeUndefined();
  for (let n = 0; n < 20; n++) expect(numberIn(store.read(`old-${n}`))).toBe(n);
  for (const id of more) expect(store.read(id)).toBeDefined();

  for (const id of more) store.destroy(id);
  expect(store.commit("old-3", big(4), before.version)).toMatchObject({ status: "committed" });
  client.close();
});
