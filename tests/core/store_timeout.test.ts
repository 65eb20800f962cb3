/** A store that never answers is an error; one that answers is not disturbed. */
import { expect, test } from "vitest";
import { withTimeout } from "../../src/core/store_timeout.ts";

/** A clock whose timers go off when the test says so. */
function handClock() {
  const timers = new Map<() => void, number>();
  return {
    timers,
    clock: {
      now: () => 0,
      after(ms: number, act: () => void) {
        timers.set(act, ms);
        return () => void timers.delete(act);
      },
    },
    goOff: () => [...timers.keys()].forEach((act) => act()),
  };
}
const never = () => new Promise<never>(() => {});

test("S77 no answer is STORE_TIMEOUT, after ioTimeout", async () => {
  const { clock, timers, goOff } = handClock();
  const asked = withTimeout(never(), { ioTimeout: 250, clock });
  expect([...timers.values()]).toEqual([250]);
  goOff();
  await expect(asked).rejects.toMatchObject({
    code: "STORE_TIMEOUT",
    message: "The store did not answer in 250 ms",
  });
});

test("an answer passes, and leaves no timer", async () => {
  const { clock, timers } = handClock();
  expect(await withTimeout(Promise.resolve("found"), { ioTimeout: 250, clock })).toBe("found");
  const failure = new Error("down");
  const failed = withTimeout(Promise.reject(failure), { ioTimeout: 250, clock });
  await expect(failed).rejects.toBe(failure);
  await Promise.resolve();
  expect(timers.size).toBe(0);
});

test("an answer at once, or no limit, needs no timer", () => {
  const { clock, timers } = handClock();
  expect(withTimeout("found", { ioTimeout: 250, clock })).toBe("found");
  const asked = never();
  expect(withTimeout(asked, { ioTimeout: 0, clock })).toBe(asked);
  expect(timers.size).toBe(0);
});
