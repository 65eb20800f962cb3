/** Merging, beside a model that knows sets of keys and nothing of our code. */
import fc from "fast-check";
import { merge } from "../../src/core/merge.ts";
import { META, withFlash } from "../../src/core/session_metadata.ts";
import { broken, type Property, property, sameJson } from "./property.ts";

const KEYS = ["a", "b", "c", "__proto__", "constructor", "toString", "0", "1", "", "cart.items"];
const value = fc.oneof(
  fc.constantFrom<unknown>(0, 1, "x", null, true, [], {}, [1], { x: 1 }),
  fc.jsonValue({ maxDepth: 2, depthSize: "small" }),
);
const data = fc.array(fc.tuple(fc.constantFrom(...KEYS), value), { maxLength: 6 })
  .map((entries) => new Map(entries));
/** What a writer does: sets some keys, removes others. */
const patch = fc.array(
  fc.tuple(fc.constantFrom(...KEYS), fc.option(value, { nil: undefined, freq: 3 })),
  { maxLength: 5 },
).map((entries) => new Map(entries));

type Model = ReadonlyMap<string, unknown>;

function textOf(model: Model): string {
  const members = Array.from(
    model,
    ([key, each]) => `${JSON.stringify(key)}:${JSON.stringify(each)}`,
  );
  return `{${members.join()}}`;
}

function laid(patched: Model, onto: Model): Map<string, unknown> {
  const result = new Map(onto);
  for (const [key, each] of patched) {
    if (each === undefined) result.delete(key);
    else result.set(key, each);
  }
  return result;
}

/** The part of a patch that is a change: what sets a key to what it was is none. */
function changesIn(patched: Model, base: Model): Map<string, unknown> {
  return new Map(
    [...patched].filter(([key, each]) => {
      if (each === undefined) return base.has(key);
      return !base.has(key) || JSON.stringify(base.get(key)) !== JSON.stringify(each);
    }),
  );
}

function expectSame(text: string, model: Model, ...shown: readonly unknown[]): void {
  const found = JSON.parse(text) as object;
  if (!sameJson(found, JSON.parse(textOf(model)))) {
    broken("other data", text, textOf(model), ...shown);
  }
  if (Object.getPrototypeOf(found) !== Object.prototype) broken("another prototype", text);
}

export const MERGING: readonly Property[] = [
  property(
    "merging: different keys all survive, and the same key goes to the last writer",
    5_000,
    fc.tuple(data, patch, patch),
    ([base, mine, theirs]) => {
      const [before, now, there] = [base, laid(mine, base), laid(theirs, base)];
      const merged = merge(textOf(before), textOf(now), textOf(there));
      expectSame(
        merged,
        laid(changesIn(mine, base), there),
        textOf(before),
        textOf(now),
        textOf(there),
      );
      if ("polluted" in {}) broken("polluted");
    },
  ),
  property(
    "merging: nothing changed is nothing merged, and merging once more changes nothing",
    3_000,
    fc.tuple(data, patch, data),
    ([base, mine, others]) => {
      const [before, now, there] = [textOf(base), textOf(laid(mine, base)), textOf(others)];
      if (merge(before, before, there) !== there) broken("theirs changed", before, there);
      if (merge(before, now, before) !== now) broken("mine changed", before, now);
      const once = merge(before, now, there);
      expectSame(
        merge(before, now, once),
        new Map(Object.entries(JSON.parse(once))),
        before,
        now,
        there,
      );
    },
  ),
  property(
    "merging: two changes laid one on the other are the same laid on together",
    3_000,
    fc.tuple(data, patch, patch, data),
    ([base, first, second, others]) => {
      const before = textOf(base);
      const [one, two] = [textOf(laid(first, base)), textOf(laid(second, base))];
      const there = textOf(others);
      const inTurn = merge(before, two, merge(before, one, there));
      const together = merge(before, merge(before, two, one), there);
      if (!sameJson(JSON.parse(inTurn), JSON.parse(together))) {
        broken("the order of laying on counts", before, one, two, there, inTurn, together);
      }
    },
  ),
  property(
    "merging: messages that both leave all arrive, and those that were read are gone",
    2_000,
    fc.record({
      base: fc.array(fc.nat(3), { maxLength: 4 }),
      left: fc.array(fc.nat(3), { maxLength: 3 }),
      theirs: fc.array(fc.nat(3), { maxLength: 3 }),
      reads: fc.boolean(),
      type: fc.constantFrom("info", "__proto__", "constructor"),
    }),
    ({ base, left, theirs, reads, type }) => {
      const notes = (messages: readonly number[]): string => {
        const all = messages.reduce((found, each) => withFlash(found, type, `m${each}`), {});
        return JSON.stringify({ a: 1, ...Object.keys(all).length > 0 && { [META]: all } });
      };
      const mine = reads ? left : [...base, ...left];
      const expected = reads ? [...theirs, ...left] : [...base, ...theirs, ...left];
      const merged = JSON.parse(merge(notes(base), notes(mine), notes([...base, ...theirs])));
      const found: string[] = merged[META]?.flash?.[type] ?? [];
      // What was read and left again is as if it had been left alone, but for its place.
      const isAmbiguous = reads && base.every((each, at) => left[at] === each);
      const order = (list: readonly string[]) => isAmbiguous ? [...list].sort() : list;
      if (!sameJson(order(found), order(expected.map((each) => `m${each}`)))) {
        broken("other messages", found, expected);
      }
    },
  ),
];
