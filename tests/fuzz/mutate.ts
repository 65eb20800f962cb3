/** A mutator of bytes and characters: what is nearly right finds more than what is wrong altogether. */
import fc from "fast-check";

/** Cuts, doubles, exchanges or changes a piece of a text, at a place given as a part of its length. */
interface Mutation {
  readonly kind: "flip" | "drop" | "insert" | "double" | "swap" | "cut" | "splice";
  readonly at: number;
  readonly other: number;
  readonly bit: number;
  readonly text: string;
}

/** What parsers mind. */
const PIECES = [
  ...["", "%", "%2", "%00", "%ff", "%F0%9F", ";", "; ", ",", "=", "==", '"', "\\", ".", ":", "s:"],
  ...["\0", "\r\n", "\t", " ", "é", "\ud800", "\uffff", "__proto__", "constructor", "null", "-1"],
  ...["1e999", "[]", "{}", '{"a":1}', "v1.", "1.", "~", "9~", "A", "a".repeat(300)],
];

const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom<Mutation["kind"]>(
    "flip",
    "flip",
    "drop",
    "insert",
    "double",
    "swap",
    "cut",
    "splice",
  ),
  at: place,
  other: place,
  bit: fc.integer({ min: 0, max: 7 }),
  text: fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: "binary", maxLength: 4 })),
});

/** One of the texts of a corpus, changed in a few places; now and then not at all. */
export function mutated(corpus: readonly string[]): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom(...corpus), fc.array(mutation, { maxLength: 4 })).map(
    ([text, mutations]) => mutations.reduce((all, each) => mutate(all, each, corpus), text),
  );
}

function mutate(
  text: string,
  { kind, at, other, bit, text: piece }: Mutation,
  corpus: readonly string[],
): string {
  const from = Math.floor(at * text.length);
  const to = Math.max(from, Math.floor(other * text.length));
  switch (kind) {
    case "flip": {
      if (text === "") return text;
      const code = text.charCodeAt(from) ^ (1 << bit);
      return text.slice(0, from) + String.fromCharCode(code) + text.slice(from + 1);
    }
    case "drop":
      return text.slice(0, from) + text.slice(from + 1 + bit);
    case "insert":
      return text.slice(0, from) + piece + text.slice(from);
    case "double":
      return text.slice(0, to) + text.slice(from, to) + text.slice(to);
    case "swap":
      return text.slice(from) + text.slice(0, from);
    case "cut":
      return text.slice(from, to);
    case "splice": {
      const donor = corpus[Math.floor(other * corpus.length)]!;
      return text.slice(0, from) + donor.slice(Math.floor(at * donor.length));
    }
  }
}
