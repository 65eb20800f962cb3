/** Where sessions have gone to is remembered for as long as requests take. */
import { expect, test } from "vitest";
import { Moves } from "../../src/core/moves.ts";
import { memoryStore } from "../../src/stores/memory.ts";

async function gone(moves: Moves, from: string): Promise<string[]> {
  const ids: string[] = [];
  await moves.follow(from, (to) => void ids.push(to));
  return ids;
}

test("a store has one list, whoever asks for it", () => {
  const store = memoryStore();
  Moves.of(store).add("a", "b");
  expect(Moves.of(store).from("a")).toHaveLength(1);
  expect(Moves.of(memoryStore()).from("a")).toEqual([]);
});

test("a session is followed wherever it may have gone, and on from there", async () => {
  const moves = new Moves();
  moves.add("a", "b");
  moves.add("a", "c");
  moves.add("b", "d");
  moves.add("other", "x");
  expect(await gone(moves, "a")).toEqual(["b", "d", "c"]);
  expect(await gone(moves, "nothing")).toEqual([]);
});

test("a move that did not happen is none", async () => {
  const moves = new Moves();
  const move = moves.add("a", "b");
  moves.add("a", "c");
  moves.remove("a", move);
  expect(await gone(moves, "a")).toEqual(["c"]);
});

test("one that is under way is waited for, and looked at again when it has ended", async () => {
  const moves = new Moves();
  const move = moves.add("a", "b");
  let settle!: () => void;
  move.settled = new Promise<void>((resolve) => settle = resolve);
  const following = gone(moves, "a");
  await new Promise(setImmediate);
  moves.add("b", "c");
  settle();
  expect(await following).toEqual(["b", "c"]);
});

test("old moves are forgotten: a server that runs for years does not grow by them", () => {
  const moves = new Moves();
  moves.add("first", "to");
  for (let number = 0; number < 50_000; number++) moves.add(`from${number}`, "to");
  expect(moves.from("first")).toEqual([]);
  expect(moves.from("from49999")).toHaveLength(1);
});

test("README and SECURITY.md: while fewer than 10,000 others have followed, none is forgotten", () => {
  // However many had come before: what is kept goes by halves.
  const fills = Array.from({ length: 20 }, (_, at) => [at * 1_000, at * 1_000 + 999]).flat();
  for (const before of fills) {
    const moves = new Moves();
    for (let number = 0; number < before; number++) moves.add(`before${number}`, "to");
    moves.add("one", "to");
    for (let number = 1; number < 10_000; number++) moves.add(`after${number}`, "to");
    expect(moves.from("one"), `after ${before}`).toHaveLength(1);
  }
});

test("a session that went nowhere costs no tick", () => {
  expect(new Moves().follow("a", () => {})).toBeUndefined();
});

test("two that one form has begun lead to each other, and nobody goes round in circles", async () => {
  const moves = new Moves();
  moves.add("old", "one");
  moves.join("one", "other", undefined);
  moves.join("old", "other", undefined);
  expect(await gone(moves, "one")).toEqual(["other", "old"]);
  expect(await gone(moves, "other")).toEqual(["one", "old"]);
  expect(await gone(moves, "old")).toEqual(["one", "other"]);
});
