/** What a walk over all keys remembers, beside a plain set. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { IdSet } from "../../src/stores/redis/id_set.ts";

function addAll(ids: readonly string[]): { added: boolean[]; size: number } {
  const set = new IdSet();
  return { added: ids.map((id) => set.add(id)), size: set.size };
}

/** The same by a set of the language's own. */
function addAllPlainly(ids: readonly string[]): { added: boolean[]; size: number } {
  const set = new Set<string>();
  const added = ids.map((id) => !set.has(id) && set.add(id) === set);
  return { added, size: set.size };
}

test("each id counts once, whatever it is made of", () => {
  const id = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 300 }),
    fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 6 }),
  );
  fc.assert(fc.property(fc.array(id, { maxLength: 400, size: "max" }), (ids) => {
    expect(addAll(ids)).toEqual(addAllPlainly(ids));
  }));
});

test("of 200,000 ids that come twice, each is known the second time", () => {
  const ids = Array.from({ length: 200_000 }, (_, at) => `ada-${at}`);
  const { added, size } = addAll([...ids, ...ids]);
  expect(size).toBe(200_000);
  expect(added.indexOf(false)).toBe(200_000);
  expect(added.lastIndexOf(true)).toBe(199_999);
});

test("an id longer than any before it is kept whole", () => {
  const long = "x".repeat(10_000);
  expect(addAll([long, `${long}y`, long, "é".repeat(9_000), long]).added)
    .toEqual([true, true, false, true, false]);
});

test("ids one of which begins with the other, or that stand one behind the other, are two", () => {
  expect(addAll(["", "a", "ab", "b", "", "ab", "abb"]).added)
    .toEqual([true, true, true, true, false, false, true]);
});
