/** The line in which one process waits for a lock, where somebody in it stops. */
import { expect, test } from "vitest";
import { lookInLine, wakeFirst } from "../../src/core/lock_line.ts";
import { HandTime } from "../promises/hand_time.ts";

test("only the first of a line looks, and the next begins when it has been told", async () => {
  const clock = new HandTime();
  const store = {};
  const looks = { first: 0, second: 0 };
  let isFree = false;
  const wait = 1_000;
  const first = lookInLine(store, "id", { clock, wait }, () => {
    looks.first++;
    return Promise.resolve(isFree);
  });
  const second = lookInLine(store, "id", { clock, wait }, () => {
    looks.second++;
    return Promise.resolve(true);
  });
  await clock.during(() => clock.sleep(500));
  expect(looks.first).toBeGreaterThan(5);
  expect(looks.second).toBe(0);
  isFree = true;
  const before = clock.passed;
  wakeFirst(store, "id");
  expect(await Promise.all([first, second])).toEqual([true, true]);
  expect(clock.passed, "nobody waits for a timer when he is woken").toBe(before);
});

test("one whose request was ended while it was first does not hold up the others for ever", async () => {
  const clock = new HandTime();
  const store = {};
  void lookInLine(store, "id", { clock, wait: Infinity }, () => new Promise<boolean>(() => {}));
  const other = lookInLine(store, "id", { clock, wait: Infinity }, () => Promise.resolve(true));
  expect(await clock.during(() => other)).toBe(true);
  expect(clock.passed).toBeGreaterThan(60_000);
  expect(clock.passed).toBeLessThan(60_200);
});

test("a failure of one who looks is its own", async () => {
  const clock = new HandTime();
  const store = {};
  const failing = lookInLine(store, "id", { clock, wait: 1_000 }, () => {
    return Promise.reject(new Error("the store is down"));
  });
  const other = lookInLine(store, "id", { clock, wait: 1_000 }, () => Promise.resolve(true));
  await expect(failing).rejects.toThrow("the store is down");
  expect(await other).toBe(true);
});

test("a clock that is set back makes nobody wait longer than the store lets it", async () => {
  let now = 1_000_000;
  const clock = {
    now: () => now,
    after: (_ms: number, act: () => void) => (setImmediate(act), () => {}),
  };
  let looks = 0;
  const taken = lookInLine({}, "id", { clock, wait: 10 }, () => {
    now -= 500_000;
    return Promise.resolve(++looks === 3);
  });
  expect(await taken).toBe(true);
});
