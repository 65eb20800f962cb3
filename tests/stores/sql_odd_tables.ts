/** What is asked of a table that somebody else has made and createSchema() has let pass. */
import { expect } from "vitest";
import type { SqlSessionStore } from "../../src/stores/sqlite.ts";

/** Columns of a table, and what follows them in its statement. */
export type Columns = Readonly<Record<string, string>>;

/** Such a statement's columns: those of `own`, with others in their place or added; "-" leaves one out. */
export function columnsOf(own: Columns, others: Columns, ...keys: string[]): string {
  const columns = Object.entries({ ...own, ...others }).filter(([, type]) => type !== "-");
  return [...columns.map(([name, type]) => `${name} ${type}`), ...keys].join(", ");
}

/** Fails unless every verb does what it promises, with ids and texts as long as they may be. */
export async function holdsSessions(store: SqlSessionStore): Promise<void> {
  const end = Date.now() + 3_600_000;
  const [id, other, moved] = ["Aa".repeat(64), "aA".repeat(64), `${"b".repeat(127)}-`];
  const json = JSON.stringify({ cookie: {}, emoji: "😀", long: "é".repeat(64 * 1024) });
  const subject = "ada".padEnd(128, "-");
  expect(await store.create(id, { json, expires: end, subject })).toBe(true);
  expect(await store.create(id, { json: "{}", expires: end })).toBe(false);
  expect(await store.create(other, { json: '{"cookie":{}}', expires: null })).toBe(true);
  expect(await store.create("over", { json: "{}", expires: Date.now() - 5_000 })).toBe(true);
  const found = (await store.read(id))!;
  expect(found).toMatchObject({ json, expires: end });
  expect(await store.touch(id, end + 1_000)).toBe(true);
  const record = { json: '{"cookie":{},"n":1}', expires: end, subject };
  expect(await store.commit(id, record, found.version)).toMatchObject({ status: "committed" });
  expect(await store.commit(id, record, found.version)).toMatchObject({ status: "conflict" });
  const { version } = (await store.read(id))!;
  expect(await store.rotate(id, moved, record, version)).toMatchObject({ status: "committed" });
  expect(await store.read(id)).toBeUndefined();
  expect(await store.list(subject)).toEqual([moved]);
  expect(await store.list(subject.toUpperCase())).toEqual([]);
  expect(await store.sweep()).toBe(1);
  const all: string[] = [];
  for await (const [each] of store.all()) all.push(each);
  expect(all.sort()).toEqual([other, moved].sort());
  expect(await store.destroyAll(subject)).toBe(1);
  expect(await store.length()).toBe(1);
  expect(await store.destroy(other)).toBe(true);
}
