/** Writers of one session take turns, in the order they came. */
import { describe, expect, test } from "vitest";
import { type Turn, WriterQueue } from "../../src/core/writer_queue.ts";
import { SessionError } from "../../src/errors.ts";
import { memoryStore } from "../../src/stores/memory.ts";

/** A writer whose turn ends when the test says so. */
function writer(queue: WriterQueue, id: string, order: string[], name: string) {
  let end!: () => void;
  let fail!: (error: unknown) => void;
  const ended = new Promise<void>((resolve, reject) => ([end, fail] = [resolve, reject]));
  const done = queue.take(id, () => {
    order.push(name);
    return ended;
  }) as Promise<void>;
  done.catch(() => {});
  return { done, end, fail };
}
const turn = () => new Promise(setImmediate);

test("a store has one queue, whoever asks for it", () => {
  const store = memoryStore();
  expect(WriterQueue.of(store)).toBe(WriterQueue.of(store));
  expect(WriterQueue.of(store)).not.toBe(WriterQueue.of(memoryStore()));
});

test("alone a writer waits for nobody, and answers at once", () => {
  const queue = new WriterQueue();
  expect(queue.take("id", () => "at once")).toBe("at once");
  expect(queue.take("id", () => "again")).toBe("again");
});

test("one at a time and in order; other ids are none of theirs", async () => {
  const queue = new WriterQueue();
  const order: string[] = [];
  const [one, two, three] = ["one", "two", "three"].map((name) => writer(queue, "id", order, name));
  writer(queue, "other", order, "other");
  await turn();
  expect(order).toEqual(["one", "other"]);
  one!.end();
  await turn();
  expect(order).toEqual(["one", "other", "two"]);
  two!.end();
  three!.end();
  await three!.done;
  expect(order).toEqual(["one", "other", "two", "three"]);
});

describe("whoever fails lets the next one have its turn", () => {
  test.each<[string, () => unknown]>([
    ["by throwing", () => {
      throw new Error("failed");
    }],
    ["by rejecting", () => Promise.reject(new Error("failed"))],
  ])("%s", async (_how, act) => {
    const queue = new WriterQueue();
    const order: string[] = [];
    const first = writer(queue, "id", order, "first");
    const failing = queue.take("id", act) as Promise<unknown>;
    failing.catch(() => {});
    const last = writer(queue, "id", order, "last");
    first.end();
    last.end();
    await last.done;
    await expect(failing).rejects.toThrow("failed");
    expect(order).toEqual(["first", "last"]);
    expect(() =>
      queue.take("id", () => {
        throw new Error("alone");
      })
    ).toThrow("alone");
    expect(queue.take("id", () => 1)).toBe(1);
  });
});

test.each<[string, () => unknown]>([
  ["answers", () => "at once"],
  ["fails", () => {
    throw new Error("at once");
  }],
])("one that %s at once lets one other begin, not all", async (_how, act) => {
  const queue = new WriterQueue();
  const order: string[] = [];
  const first = writer(queue, "id", order, "first");
  const quick = queue.take("id", act) as Promise<unknown>;
  quick.catch(() => {});
  ["a", "b"].forEach((name) => writer(queue, "id", order, name));
  first.end();
  await turn();
  expect(order).toEqual(["first", "a"]);
});

test("when the store does not answer, those who wait ask it all at once", async () => {
  const queue = new WriterQueue();
  const order: string[] = [];
  const hung = writer(queue, "id", order, "hung");
  const others = ["a", "b", "c"].map((name) => writer(queue, "id", order, name));
  hung.fail(new SessionError("STORE_TIMEOUT", "no answer"));
  await turn();
  expect(order).toEqual(["hung", "a", "b", "c"]);
  // Whoever comes now waits for all of them.
  const late = writer(queue, "id", order, "late");
  others[0]!.end();
  others[2]!.end();
  await turn();
  expect(order).not.toContain("late");
  others[1]!.end();
  late.end();
  await late.done;
  expect(order.at(-1)).toBe("late");
});

test("any other failure is no reason to hurry", async () => {
  const queue = new WriterQueue();
  const order: string[] = [];
  const refused = writer(queue, "id", order, "refused");
  ["a", "b"].forEach((name) => writer(queue, "id", order, name));
  refused.fail(new SessionError("STORE_FAILED", "refused"));
  await turn();
  expect(order).toEqual(["refused", "a"]);
});

test("a turn knows its number, whether it is the last, and what was stored before it", async () => {
  const queue = new WriterQueue();
  const seen: unknown[] = [];
  const note = async (turn: Turn) => {
    seen.push([turn.number, turn.isLast, turn.newest?.text]);
    await Promise.resolve();
    turn.newest = { version: 1, text: `after ${turn.number}`, cookie: {} };
  };
  await Promise.all([1, 2, 3].map(() => queue.take("id", note)));
  await queue.take("id", note);
  expect(seen).toEqual([
    [1, true, undefined],
    [2, false, "after 1"],
    [3, true, "after 2"],
    [1, true, undefined],
  ]);
});

test("thousands who wait and are done at once fill no stack", async () => {
  const queue = new WriterQueue();
  const order: string[] = [];
  const first = writer(queue, "id", order, "first");
  const waiting = Array.from({ length: 20_000 }, (_, number) => queue.take("id", () => number));
  first.end();
  expect((await Promise.all(waiting)).at(-1)).toBe(19_999);
});
