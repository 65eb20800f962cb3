/** The JSON of a cookie: written once for many requests, and each time what its own values ask for. */
import { describe, expect, test } from "vitest";
import { Cookie } from "../../src/cookie/cookie.ts";
import { cookieText } from "../../src/cookie/cookie_json.ts";
import { type Random, seeded } from "../../src/testing/random.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const CASES = 3_000;

function randomCookie(random: Random): Cookie {
  const one = <const T extends unknown[]>(...values: T): T[number] => random.pick(values);
  const cookie = new Cookie({
    path: one("/", "/", "/admin", '/a"},"b', "/\u0000expires", undefined),
    httpOnly: one(true, true, false),
    secure: one(undefined, true, false),
    sameSite: one(undefined, "lax", "strict", true, false),
    domain: one(undefined, undefined, "example.com"),
    partitioned: one(undefined, true),
    priority: one(undefined, "high", "low"),
  });
  const end = one<unknown[]>(1, 60_000, 86_400_000, null, "date", "invalid", "text", false);
  if (typeof end === "number" || end === null) cookie.maxAge = end;
  else if (end === "date") cookie.expires = new Date(random.below(4e12));
  else if (end === "invalid") cookie.expires = new Date(Number.NaN);
  else cookie.expires = (end === "text" ? "2026-11-23T00:00:00.000Z" : end) as never;
  const age = one<unknown[]>("as it is", "as it is", null, undefined, Number.NaN, 5);
  if (age !== "as it is") cookie.originalMaxAge = age as number;
  return cookie;
}

describe("cookieText", () => {
  test(`is what JSON.stringify() writes, seed ${seed}`, () => {
    const random = seeded(seed);
    const cookies = Array.from({ length: 40 }, () => randomCookie(random));
    for (let index = 0; index < CASES; index++) {
      // Each comes up many times, between others: a text kept from one must not serve the next.
      const cookie = random.pick(cookies);
      if (random.below(5) === 0) cookie.path = random.pick(["/", "/other"]);
      expect(cookieText(cookie)).toBe(JSON.stringify(cookie));
    }
  });

  test("what is no cookie of ours is left to JSON", () => {
    class Louder extends Cookie {
      override toJSON(): never {
        return { loud: true } as never;
      }
    }
    const own = Object.assign(new Cookie(), { toJSON: () => ({ own: true }) });
    for (const cookie of [new Louder(), own, { path: "/" }, null, "text", []]) {
      expect(cookieText(cookie)).toBe(JSON.stringify(cookie));
    }
    expect(cookieText(undefined)).toBe("null");
  });
});
