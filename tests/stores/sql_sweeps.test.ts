/** Expired rows go by themselves, and no process lives on for it. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { mysqlStore } from "../../src/stores/mysql.ts";
import { postgresStore } from "../../src/stores/postgres.ts";
import { sqliteStore, type SqlSessionStore } from "../../src/stores/sqlite.ts";
import { QuietTimer } from "../../src/stores/shared/quiet_timer.ts";

vi.setConfig({ testTimeout: 60_000 });

const MINUTE = 60_000;
const record = (ms: number) => ({ json: '{"cookie":{}}', expires: Date.now() + ms });

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }));
afterEach(() => void vi.useRealTimers());

async function file(options: { sweepInterval?: number } = {}) {
  const client = new DatabaseSync(":memory:");
  const store = sqliteStore({ client, ...options });
  await store.createSchema();
  const rows = () => client.prepare("SELECT count(*) AS n FROM session").get()!.n;
  return { client, store, rows };
}

describe("sweepInterval", () => {
  test("is fifteen minutes, from the first session on, again and again", async () => {
    const { store, rows } = await file();
    expect(vi.getTimerCount()).toBe(0);
    await store.create("one", record(MINUTE));
    await store.create("two", record(20 * MINUTE));
    await store.create("three", record(60 * MINUTE));
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(15 * MINUTE - 1);
    expect(rows()).toBe(3);
    await vi.advanceTimersByTimeAsync(1);
    expect(rows()).toBe(2);
    await vi.advanceTimersByTimeAsync(15 * MINUTE);
    expect(rows()).toBe(1);
    await vi.advanceTimersByTimeAsync(45 * MINUTE);
    expect(rows()).toBe(0);
  });

  test("may be another", async () => {
    const { store, rows } = await file({ sweepInterval: 1_000 });
    await store.create("one", record(500));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(rows()).toBe(0);
  });

  test.each([0, Infinity])("of %s sets no timer", async (sweepInterval) => {
    const { store, rows } = await file({ sweepInterval });
    await store.create("one", record(1));
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(24 * 60 * MINUTE);
    expect(rows()).toBe(1);
  });

  test("drops whatever has heaped up, a batch at a time", async () => {
    const { client, store, rows } = await file();
    client.exec(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) " +
        "INSERT INTO session SELECT i, '{}', i, i, 0, NULL FROM n",
    );
    await store.create("one", record(60 * MINUTE));
    await vi.advanceTimersByTimeAsync(15 * MINUTE + 100);
    expect(rows()).toBe(1);
  });

  test("that fails is tried again at its next time, and nobody hears of it", async () => {
    const { client, store, rows } = await file();
    await store.create("one", record(MINUTE));
    client.exec("ALTER TABLE session RENAME TO away");
    await vi.advanceTimersByTimeAsync(15 * MINUTE);
    client.exec("ALTER TABLE away RENAME TO session");
    expect(rows()).toBe(1);
    await vi.advanceTimersByTimeAsync(15 * MINUTE);
    expect(rows()).toBe(0);
  });

  // deno-lint-ignore no-explicit-any
  const others: [name: string, make: (ask: any) => SqlSessionStore][] = [
    ["mysqlStore()", (execute) => mysqlStore({ client: { execute } })],
    ["postgresStore()", (query) => postgresStore({ client: { query } })],
  ];
  test.each(others)("is that of %s too", async (_name, make) => {
    const asked: string[] = [];
    const store = make((text: string) => {
      asked.push(text);
      return Promise.resolve([[], []]);
    });
    await store.create("one", record(MINUTE));
    expect(asked.length).toBe(1);
    await vi.advanceTimersByTimeAsync(15 * MINUTE);
    expect(asked.slice(1)).toEqual([expect.stringMatching(/^DELETE .* expire <= /)]);
  });
});

describe("QuietTimer", () => {
  test("goes off once for each time it is set, however often that is", () => {
    const act = vi.fn();
    const timer = new QuietTimer(act);
    timer.set(100);
    timer.set(5);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(99);
    expect(act).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(act).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(1_000);
    timer.set(100);
    vi.advanceTimersByTime(100);
    expect(act).toHaveBeenCalledTimes(2);
  });

  test("that was lost with the request that set it is set again, for at once", () => {
    const act = vi.fn();
    const timer = new QuietTimer(act);
    timer.set(100);
    vi.clearAllTimers();
    vi.setSystemTime(Date.now() + 100 + 60_000);
    timer.set(100);
    expect(vi.getTimerCount()).toBe(0);
    vi.setSystemTime(Date.now() + 1);
    timer.set(100);
    vi.advanceTimersByTime(0);
    expect(act).toHaveBeenCalledOnce();
  });

  test("that was only late goes off once", () => {
    const act = vi.fn();
    const timer = new QuietTimer(act);
    timer.set(100);
    vi.setSystemTime(Date.now() + 200_000);
    timer.set(100);
    vi.advanceTimersByTime(1_000);
    expect(act).toHaveBeenCalledOnce();
  });
});

test("no process lives on for a sweep, and a store that nobody has is let go with its client", async () => {
  vi.useRealTimers();
  const child = join(import.meta.dirname, "sql_sweeps_child.ts");
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ["--expose-gc", child], { timeout: 50_000 });
  expect(JSON.parse(stdout)).toEqual({ isHeld: true, isLetGo: true });
});
