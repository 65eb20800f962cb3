/** The map of what was used lately. */
import { describe, expect, test } from "vitest";
import { RecentMap } from "../../src/cookie/recent_map.ts";

describe("RecentMap", () => {
  test("keeps what is in use and stays within its bound", () => {
    const cache = new RecentMap(100);
    const entry = { id: "hot", current: true };
    cache.set("hot", entry);
    for (let index = 0; index < 10_000; index++) {
      cache.set(`value ${index}`, { id: `${index}`, current: true });
      expect(cache.get("hot")).toBe(entry);
    }
    const kept = Array.from({ length: 10_000 }, (_, index) => cache.get(`value ${index}`));
    expect(kept.filter(Boolean).length).toBeLessThanOrEqual(100);
  });

  test("keeps as many as it may be sure to keep, and what was asked for longer", () => {
    const map = new RecentMap<number>(4);
    for (const value of [1, 2, 3, 4]) map.set(`${value}`, value);
    expect([1, 2, 3, 4].map((value) => map.get(`${value}`)).slice(2)).toEqual([3, 4]);
    const other = new RecentMap<number>(4);
    for (const value of [1, 2, 3]) other.set(`${value}`, value);
    // Two older ones are kept beside the young; what is not there makes nothing older.
    for (let times = 0; times < 10; times++) expect(other.get("none")).toBeUndefined();
    expect([other.get("1"), other.get("3")]).toEqual([1, 3]);
  });
});
