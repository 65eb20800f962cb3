/** Ids and subjects that a text column would refuse, or take for one another. */
import { expect } from "vitest";
import type { IterableStore, SessionStore, SubjectStore } from "../../mod.ts";

const KEYS = ["", "a\0b", "a", "\ud800", "\udc00", "\ufffd", "\u0001", "\u0001d800", "é", "\n"];

/** Nobody is called nothing. */
const subjectOf = (id: string) => id || "whose id is empty";

/** Fails unless an empty store keeps each of them apart from all others. */
export async function keepsOddKeys(
  store: SessionStore & IterableStore & SubjectStore,
): Promise<void> {
  for (const id of KEYS) {
    const record = { json: JSON.stringify({ id }), expires: null, subject: subjectOf(id) };
    expect(await store.create(id, record)).toBe(true);
  }
  for (const id of KEYS) {
    expect((await store.read(id))?.json).toBe(JSON.stringify({ id }));
    expect(await store.list(subjectOf(id))).toEqual([id]);
  }
  const listed: string[] = [];
  for await (const [id] of store.all()) listed.push(id);
  expect(listed.sort()).toEqual([...KEYS].sort());
  expect(await store.destroyAll("a\0b", "")).toBe(1);
  await store.destroy("");
  expect(await store.length()).toBe(KEYS.length - 2);
}
