/** Session ids: what they are made of, and what they are not. */
import { afterEach, expect, test, vi } from "vitest";
import { generateSessionId, isSessionId } from "../../src/core/session_id.ts";

afterEach(() => vi.restoreAllMocks());

test("S01 32 characters that decode to 24 bytes, without duplicates or fixed bits", () => {
  const ids = new Set<string>();
  const ones = new Array<number>(192).fill(0);
  const total = 100_000;
  for (let drawn = 0; drawn < total; drawn++) {
    const id = generateSessionId();
    if (!/^[A-Za-z0-9_-]{32}$/.test(id)) expect(id).toMatch(/^[A-Za-z0-9_-]{32}$/);
    ids.add(id);
    if (drawn % 5 > 0) continue;
    const bytes = Buffer.from(id, "base64url");
    for (let bit = 0; bit < 192; bit++) ones[bit]! += bytes[bit >> 3]! >> (7 - bit % 8) & 1;
  }
  expect(ids.size).toBe(total);
  // A fair bit is 10,000 ± 71 of 20,000: eight deviations are no accident.
  for (const count of ones) expect(Math.abs(count - 10_000)).toBeLessThan(8 * 71);
});

test("S01 only the secure source is asked", () => {
  const random = vi.spyOn(Math, "random");
  const uuid = vi.spyOn(crypto, "randomUUID");
  const clock = vi.spyOn(Date, "now");
  const secure = vi.spyOn(crypto, "getRandomValues");
  for (let drawn = 0; drawn < 200; drawn++) generateSessionId();
  expect(random).not.toHaveBeenCalled();
  expect(uuid).not.toHaveBeenCalled();
  expect(clock).not.toHaveBeenCalled();
  expect(secure.mock.calls.length).toBeGreaterThan(1);
  const bytes = secure.mock.calls.reduce((sum, [array]) => sum + (array?.byteLength ?? 0), 0);
  expect(bytes).toBeGreaterThanOrEqual(136 * 24);
});

test.each<[unknown, boolean]>([
  [generateSessionId(), true],
  ["a", true],
  ["x".repeat(128), true],
  ["x".repeat(129), false],
  ["", false],
  ["a b", false],
  ["a.b", false],
  ["../etc", false],
  ["a\nb", false],
  ["a\n", false],
  ["ü", false],
  [undefined, false],
  [["a"], false],
])("S02 whether %j may reach a store: %s", (id, expected) => {
  expect(isSessionId(id)).toBe(expected);
});

test("S01 an id is the base64url of 24 bytes of the source, each used once and wiped", async () => {
  let next = 0;
  const filled: Uint8Array[] = [];
  const source = {
    getRandomValues(values: Uint8Array) {
      filled.push(values);
      for (let at = 0; at < values.length; at++) values[at] = next++ % 251;
      return values;
    },
  };
  vi.resetModules();
  vi.stubGlobal("crypto", source);
  try {
    const { generateSessionId: generate } = await import("../../src/core/session_id.ts");
    const drawn = Array.from({ length: 500 }, () => generate()).join("");
    const given = Uint8Array.from({ length: 500 * 24 }, (_, at) => at % 251);
    expect(drawn).toBe(Buffer.from(given).toString("base64url"));
    // What has been used is kept nowhere.
    expect(filled[0]!.every((byte) => byte === 0)).toBe(true);
  } finally {
    vi.unstubAllGlobals();
    vi.resetModules();
  }
});
