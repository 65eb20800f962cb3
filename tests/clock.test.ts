/** The platform's clock: looked up at each call, and good for any wait. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { afterQuietly, systemClock } from "../src/clock.ts";

const LONGEST = 0x7fffffff;

test("the system's clock is the Date of the moment it is asked", () => {
  const { now } = systemClock;
  vi.useFakeTimers({ toFake: ["Date"], now: 5_000 });
  try {
    expect(now()).toBe(5_000);
    vi.setSystemTime(9_000);
    expect(now()).toBe(9_000);
  } finally {
    vi.useRealTimers();
  }
  expect(now()).toBeGreaterThan(1e12);
});

describe.each([
  ["systemClock.after()", systemClock.after],
  ["afterQuietly()", afterQuietly],
])("%s", (_name, after) => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test.each([1, 1_000, LONGEST - 1, LONGEST, LONGEST + 1, 2.5 * 2 ** 31, 1e10])(
    "waits %d ms, no more and no less",
    (ms) => {
      const act = vi.fn();
      after(ms, act);
      vi.advanceTimersByTime(ms - 1);
      expect(act).toHaveBeenCalledTimes(0);
      vi.advanceTimersByTime(1);
      expect(act).toHaveBeenCalledTimes(1);
      vi.advanceTimersByTime(1e10);
      expect(act).toHaveBeenCalledTimes(1);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  test("waits Infinity for nothing: no timer, and no act", () => {
    const act = vi.fn();
    const cancel = after(Infinity, act);
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1e12);
    expect(act).toHaveBeenCalledTimes(0);
    cancel();
  });

  test.each([10, 3 * 2 ** 31])("can be called off at any moment of %d ms", (ms) => {
    for (const at of [0, ms / 2, ms - 1]) {
      const act = vi.fn();
      const cancel = after(ms, act);
      vi.advanceTimersByTime(at);
      cancel();
      cancel();
      expect(vi.getTimerCount()).toBe(0);
      vi.advanceTimersByTime(2 * ms);
      expect(act).toHaveBeenCalledTimes(0);
    }
  });
});
