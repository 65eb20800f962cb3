import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type SqliteSessionStore, sqliteStore } from "../../src/stores/sqlite.ts";
import type { StoredSession } from "../../src/store.ts";
import { compare, JSON_TEXT, longestBlock, us } from "./growth.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const MANY = 1_000_000;
const FEW = 1_000;
const END = Date.now() + 86_400_000;

let folder: string;
const databases: DatabaseSync[] = [];
let many: SqliteSessionStore;
let few: SqliteSessionStore;
let bytes: number;

/** 32 characters in no order, as ids are. */
const idOf = (n: number): string =>
  (((n + 1) * 2_654_435_761) % 2 ** 32).toString(16).padStart(32, "0");

async function filled(name: string, rows: number): Promise<SqliteSessionStore> {
  const client = new DatabaseSync(join(folder, name));
  client.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
  const store = sqliteStore({ client });
  await store.createSchema();
  client.prepare(
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1) " +
      "INSERT INTO session SELECT printf('%032x', ((i + 1) * 2654435761) % 4294967296), ?, " +
      "? + i, i, 0, NULL FROM n ORDER BY 1",
  ).run(rows, JSON_TEXT, END);
  client.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA mmap_size = 1000000000",
  );
  databases.push(client);
  return store;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "websession-growth-"));
  few = await filled("few.db", FEW);
  many = await filled("many.db", MANY);
  bytes = statSync(join(folder, "many.db")).size / MANY;
});
afterAll(() => {
  for (const client of databases) client.close();
  rmSync(folder, { recursive: true, force: true });
});

test("a million sessions cost at most twice as much a read and a write as a thousand", async () => {
  const at = (n: number, rows: number): string => idOf((n * 7919) % rows);
  const write = (store: SqliteSessionStore, rows: number) => (n: number) => {
    const id = at(n, rows);
    const { version } = store.read(id) as StoredSession;
    store.commit(id, { json: JSON_TEXT, expires: END + n }, version);
  };
  const time = await compare(5, 2000, {
    readFew: (n) => few.read(at(n, FEW)) ?? expect.fail("lost"),
    readMany: (n) => many.read(at(n, MANY)) ?? expect.fail("lost"),
    writeFew: write(few, FEW),
    writeMany: write(many, MANY),
  });
  console.log(
    `SQLite: read ${us(time.readFew)} of 1,000, ${us(time.readMany)} of 1,000,000; ` +
      `read and commit ${us(time.writeFew)}, ${us(time.writeMany)}; ` +
      `${bytes.toFixed(0)} bytes a session with ${JSON_TEXT.length} bytes of data`,
  );
  expect(time.readMany / time.readFew).toBeLessThanOrEqual(2);
  expect(time.writeMany / time.writeFew).toBeLessThanOrEqual(2);
});

test("sweep() of 20,000 expired sessions of a million blocks nothing for 20 ms", async () => {
  databases[1]!.exec("UPDATE session SET expire = 1 + expire % 1000 WHERE version < 20000");
  let dropped: number | undefined;
  const start = performance.now();
  const block = await longestBlock(async () => {
    dropped = await many.sweep();
  });
  const time = performance.now() - start;
  console.log(
    `SQLite: sweep of ${dropped} in ${time.toFixed(0)} ms, blocking ` +
      `${block.computing.toFixed(1)} ms computing, ${block.passing.toFixed(1)} ms on the clock`,
  );
  expect(dropped).toBeGreaterThan(18_000);
  expect(block.computing).toBeLessThanOrEqual(20);
});
