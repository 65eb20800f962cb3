/** Dates as text: the last one is kept, and never given for another. */
import { describe, expect, test } from "vitest";
import { isoText, utcText } from "../../src/cookie/date_text.ts";
import { seeded } from "../../src/testing/random.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const CASES = 3_000;

describe("dates", () => {
  test(`are written as Date writes them, seed ${seed}`, () => {
    const random = seeded(seed);
    const times = [0, 1, 999, 1_000, -1, -1_000, 8.64e15, -8.64e15];
    for (let index = 0; index < CASES; index++) {
      if (random.below(2) === 0) times.push(random.below(4e12) - 1e12);
      const time = random.pick(times) + random.below(2);
      const date = new Date(Math.min(time, 8.64e15));
      expect(isoText(date)).toBe(date.toISOString());
      expect(utcText(date)).toBe(date.toUTCString());
    }
  });

  test("an invalid one is an error each time", () => {
    for (const _time of [1, 2]) {
      expect(() => isoText(new Date(Number.NaN))).toThrow(RangeError);
      expect(utcText(new Date(Number.NaN))).toBe("Invalid Date");
    }
  });
});
