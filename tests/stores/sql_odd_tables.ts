/** What is asked of a table that somebody else has made, whether createSchema() lets it pass or refuses it. */
import { expect } from "vitest";
import { SessionError } from "../../src/errors.ts";
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
  await keepsLongKeysApart(store, end);
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

/** Ids and subjects of characters of four bytes, and with spaces at the end: nothing is left. */
async function keepsLongKeysApart(store: SqlSessionStore, end: number): Promise<void> {
  const long = "\u{1f600}".repeat(128);
  for (const key of [long, "a", "a ", "A", "\u00e1"]) {
    const json = JSON.stringify({ cookie: {}, key });
    expect(await store.create(key, { json, expires: end, subject: key })).toBe(true);
    expect((await store.read(key))?.json).toBe(json);
  }
  expect(await store.read("a  ")).toBeUndefined();
  expect(await store.list("a ")).toEqual(["a "]);
  expect(await store.destroyAll("a")).toBe(1);
  expect(await store.length()).toBe(4);
  await store.clear();
}

/** A store that may make its table. */
interface Making {
  createSchema(): Promise<void>;
}

/** Its table is refused for this fault, in words that say what to do, and nothing was changed. */
export async function refusesTable(
  store: Making,
  changes: readonly string[],
  fault: string,
  told: (message: string) => string = (message) => message,
): Promise<void> {
  const error = await store.createSchema().then(() => undefined, (error: unknown) => error);
  expect(error).toBeInstanceOf(SessionError);
  expect(error).toMatchObject({ code: "STORE_FAILED" });
  const { message } = error as Error;
  expect(message).toMatch(/^The table "session" cannot hold sessions: /);
  expect(told(message)).toContain(fault);
  expect(message).toMatch(
    /; change it, or name a table of the store's own in option "table" and run createSchema\(\)$/,
  );
  expect(changes).toEqual([]);
}

/** What has its table's name is refused for what it is, and nothing was changed. */
export async function refusesWhatIsNoTable(
  store: Making,
  changes: readonly string[],
  what: string,
): Promise<void> {
  await expect(store.createSchema()).rejects.toMatchObject({
    code: "STORE_FAILED",
    message: `"session" is ${what} and no table; name a table of the store's own in option ` +
      '"table" and run createSchema()',
  });
  expect(changes).toEqual([]);
}
