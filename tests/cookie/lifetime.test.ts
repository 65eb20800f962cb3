/** A cookie's lifetime: begun again, read from what was stored, and given to another. */
import { describe, expect, test } from "vitest";
import { Cookie } from "../../src/cookie/cookie.ts";
import {
  lifetimeOf,
  restartLifetime,
  setLifetime,
  withEnd,
  withLifetime,
} from "../../src/cookie/lifetime.ts";

test("starts again with what it began with, and what is left of it counts no more", () => {
  const cookie = new Cookie({ maxAge: 60_000 });
  cookie._expires = new Date(Date.now() + 5);
  restartLifetime(cookie);
  expect(cookie.expires!.getTime()).toBeGreaterThan(Date.now() + 50_000);
  expect(cookie.originalMaxAge).toBe(60_000);
});

test("a cookie that ends with the browser goes on doing so", () => {
  const cookie = new Cookie({ maxAge: null });
  restartLifetime(cookie);
  expect([cookie.expires, cookie.originalMaxAge]).toEqual([null, null]);
});

const END = new Date("2999-01-01T00:00:00.000Z");
const HALF_OF_TIME = 8.64e15 / 2;

describe("what was stored", () => {
  test.each<[string, unknown, number | null, Date | null]>([
    ["a date", { originalMaxAge: 5, expires: END }, 5, END],
    ["a date as text", { originalMaxAge: 0, expires: END.toJSON() }, 0, END],
    ["a date as number", { originalMaxAge: null, expires: END.getTime() }, null, END],
    ["a date before there were any", { originalMaxAge: -5, expires: -1 }, -5, new Date(-1)],
    ["none", { originalMaxAge: null, expires: null }, null, null],
    ["none, an old way to say so", { originalMaxAge: null, expires: false }, null, null],
    ["a yes", { originalMaxAge: true, expires: true }, null, null],
    ["texts that name none", { originalMaxAge: "abc", expires: "soon" }, null, null],
    ["numbers no date has", { originalMaxAge: HALF_OF_TIME, expires: 8.64e15 + 1 }, null, null],
    [
      "the longest there is",
      { originalMaxAge: HALF_OF_TIME - 1, expires: 8.64e15 },
      HALF_OF_TIME - 1,
      new Date(8.64e15),
    ],
    [
      "the shortest",
      { originalMaxAge: 1 - HALF_OF_TIME, expires: 0 },
      1 - HALF_OF_TIME,
      new Date(0),
    ],
    ["what is too short", { originalMaxAge: -HALF_OF_TIME, expires: 0 }, null, new Date(0)],
    ["nothing", {}, null, null],
    ["no cookie", undefined, null, null],
    ["no cookie, said so", null, null, null],
  ])("has the lifetime that makes sense of it: %s", (_what, stored, originalMaxAge, expires) => {
    expect(lifetimeOf(stored)).toEqual({ originalMaxAge, expires });
  });
});

describe("a lifetime that is given", () => {
  test("begins now where it has a length", () => {
    const cookie = new Cookie({ expires: END });
    setLifetime(cookie, { originalMaxAge: 60_000, expires: new Date(0) });
    expect(cookie.originalMaxAge).toBe(60_000);
    expect(Math.abs(cookie.maxAge! - 60_000)).toBeLessThan(30_000);
  });

  test("has its end where that is all it has", () => {
    const cookie = new Cookie({ maxAge: 60_000 });
    setLifetime(cookie, { originalMaxAge: null, expires: END });
    expect([cookie.originalMaxAge, cookie.expires]).toEqual([null, END]);
  });

  test("is a copy's own, of the same class and with the same attributes", () => {
    const cookie = new Cookie({ maxAge: 60_000, path: "/admin" });
    const before = { ...cookie };
    const copy = withLifetime(cookie, { originalMaxAge: null, expires: END });
    expect(copy).toBeInstanceOf(Cookie);
    expect([copy.path, copy.originalMaxAge, copy.expires]).toEqual(["/admin", null, END]);
    expect({ ...cookie }).toEqual(before);
  });
});

test("a copy with another end keeps the lifetime it began with", () => {
  const cookie = new Cookie({ maxAge: 60_000, path: "/admin" });
  const before = { ...cookie };
  for (const end of [END, null]) {
    const copy = withEnd(cookie, end && end.getTime());
    expect(copy).toBeInstanceOf(Cookie);
    expect([copy.path, copy.originalMaxAge, copy.expires]).toEqual(["/admin", 60_000, end]);
  }
  expect({ ...cookie }).toEqual(before);
});
