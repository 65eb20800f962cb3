/** Several processes on a file by libSQL, whose statements that failed busy once kept what they had read for good. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, test, vi } from "vitest";
import { sqliteStore } from "../../src/stores/sqlite.ts";

vi.setConfig({ testTimeout: 240_000 });

const CHILD = join(import.meta.dirname, "libsql_child.ts");
const children: ChildProcess[] = [];
const folders: string[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const told = async (child: ChildProcess) => (await once(child, "message"))[0];

test("after many logins at once every process sees what another stores, and can write", async () => {
  const folder = mkdtempSync(join(tmpdir(), "websession-libsql-"));
  folders.push(folder);
  const path = join(folder, "sessions.db");
  const client = new DatabaseSync(path);
  client.exec("PRAGMA journal_mode = WAL");
  const store = sqliteStore({ client });
  await store.createSchema();

  children.push(
    ...Array.from({ length: 3 }, () => fork(CHILD, [path], { stdio: "inherit" })),
  );
  await Promise.all(children.map(told));
  await store.create("late", { json: '{"cookie":{}}', expires: null });
  for (const child of children) {
    child.send("late");
    expect(await told(child)).toEqual({ sees: true, writes: true });
  }
  // … and what has ended is over for each.
  await store.destroy("late");
  for (const child of children) {
    child.send("late");
    expect((await told(child)).sees).toBe(false);
  }
  client.close();
});
