/** Who waits for another request waits no longer than for a store: in Workers that one may be gone. */
import { expect, test, vi } from "vitest";
import { waitForOther } from "../../src/core/wait_for_other.ts";
import { WriterQueue } from "../../src/core/writer_queue.ts";
import { handClock, makeManager } from "./manager_support.ts";

const turn = () => new Promise(setImmediate);
const never = () => new Promise<void>(() => {});

test("a line that has not moved for as long as a store is waited for is left to itself, once", async () => {
  const queue = new WriterQueue();
  const clock = handClock();
  const timeout = { ioTimeout: 1_000, clock };
  const order: string[] = [];
  queue.take("id", never, timeout);
  const writer = (name: string) => queue.take("id", () => void order.push(name), timeout);
  writer("first");
  clock.pass(500);
  writer("second");
  await turn();
  expect(order).toEqual([]);
  clock.pass(500);
  await turn();
  expect(order).toEqual(["first", "second"]);
  // Nobody waits for the one that is gone any more.
  writer("third");
  expect(order).toEqual(["first", "second", "third"]);
  expect(clock.waiting).toBe(0);
});

test("a line that moves is waited for however long it is", async () => {
  const queue = new WriterQueue();
  const clock = handClock();
  const timeout = { ioTimeout: 1_000, clock };
  const ends: (() => void)[] = [];
  const order: number[] = [];
  const done = Array.from({ length: 4 }, (_, number) =>
    queue.take("id", () => {
      order.push(number);
      return new Promise<void>((resolve) => ends.push(resolve));
    }, timeout));
  for (let number = 0; number < 4; number++) {
    clock.pass(900);
    await turn();
    expect(order.length).toBe(number + 1);
    ends[number]!();
    await turn();
  }
  await Promise.all(done);
  expect(order).toEqual([0, 1, 2, 3]);
});

test("a change that rides with one whose request is gone is stored all the same", async () => {
  const clock = handClock();
  const { begin, open, stored, store } = makeManager({ clock, ioTimeout: 1_000 });
  await begin("id", { n: 0 }).save();
  const visits = await Promise.all(["a", "b", "c"].map(async (name) => {
    const visit = await open("id");
    visit.session[name] = 1;
    return visit;
  }));
  const { commit } = store;
  // A verb that never answers, and whose request is gone with all its timers.
  let calls = 0;
  store.commit = (...args) => calls++ === 0 ? never() as never : commit.apply(store, args);
  const gone = handClock();
  const after = clock.after;
  clock.after = gone.after;
  visits[0]!.save().catch(() => {});
  await turn();
  visits[1]!.save().catch(() => {});
  await turn();
  clock.after = after;
  const last = visits[2]!.save();
  await turn();
  // So long for the one it rode with, and as long again for the one that one waited for.
  for (let time = 0; time < 2; time++) {
    clock.pass(1_000);
    await turn();
  }
  await last;
  expect(stored("id")).toMatchObject({ c: 1 });
});

test("without an end to waiting nobody is left behind, and the platform's timer keeps it alive", async () => {
  vi.useFakeTimers();
  try {
    const clock = handClock();
    let say!: () => void;
    const said = new Promise<void>((resolve) => say = resolve);
    const waited = waitForOther(said, { ioTimeout: 0, clock }, () => true);
    let answer: boolean | undefined;
    void waited.then((isSaid) => answer = isSaid);
    for (let look = 0; look < 3; look++) {
      expect([vi.getTimerCount(), clock.waiting]).toEqual([1, 0]);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(answer).toBeUndefined();
    }
    say();
    expect(await waited).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test("a line that was left to itself is none of the next one's: those wait for one another", async () => {
  const queue = new WriterQueue();
  const clock = handClock();
  const timeout = { ioTimeout: 1_000, clock };
  const order: string[] = [];
  const ends = new Map<string, () => void>();
  const writer = (name: string) =>
    queue.take("id", () => {
      order.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    }, timeout);
  writer("silent");
  writer("second");
  clock.pass(1_000);
  await turn();
  expect(order).toEqual(["silent", "second"]);
  // The first one answers after all.
  ends.get("silent")!();
  await turn();
  writer("third");
  await turn();
  expect(order).toEqual(["silent", "second"]);
  ends.get("second")!();
  await turn();
  expect(order).toEqual(["silent", "second", "third"]);
});
