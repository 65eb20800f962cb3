/** What the core asks of a store, and how it waits in between. */
import { expect, test, vi } from "vitest";
import { StoreCalls } from "../../src/core/store_calls.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { HandTime } from "../promises/hand_time.ts";

function calls(ioTimeout = 1000) {
  const time = new HandTime();
  const settings = { store: memoryStore(), clock: time, ioTimeout, touchKeepsCookie: false };
  return { time, calls: new StoreCalls(settings) };
}

test("what takes longer than the store may is not in time, what fails before is", async () => {
  const { time, calls: asked } = calls();
  const never = new Promise(() => {});
  expect(await time.during(() => asked.isInTime(never))).toBe(false);
  expect(time.passed).toBe(1000);
  expect(await asked.isInTime(Promise.resolve(1))).toBe(true);
  expect(await asked.isInTime("at once")).toBe(true);
  expect(await asked.isInTime(Promise.reject(new Error("its own")))).toBe(true);
});

test("pauses grow, never beyond a limit, and are not the same for two", async () => {
  const random = vi.spyOn(crypto, "getRandomValues");
  try {
    const longest = async (times: number) => {
      const { time, calls: asked } = calls();
      random.mockImplementation((array) => (array as Uint16Array).fill(0xffff) as never);
      await time.during(() => asked.pause(times));
      return Math.round(time.passed);
    };
    expect([await longest(1), await longest(3), await longest(6), await longest(99)]).toEqual([
      2,
      8,
      64,
      64,
    ]);
    const { time, calls: asked } = calls();
    random.mockImplementation((array) => (array as Uint16Array).fill(0x8000) as never);
    await time.during(() => asked.pause(3));
    expect(time.passed).toBe(4);
  } finally {
    random.mockRestore();
  }
});
