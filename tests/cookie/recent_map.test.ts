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
});
