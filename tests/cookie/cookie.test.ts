/** The cookie's fields: express-session's, with its defaults. */
import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { Cookie, type CookieData, setClock } from "../../src/cookie/cookie.ts";

const PLAIN: CookieData = { originalMaxAge: null, expires: null, path: "/", httpOnly: true };

describe("Cookie", () => {
  test("has express-session's defaults", () => {
    expect(new Cookie().data).toEqual({ ...PLAIN });
    expect(JSON.stringify(new Cookie())).toBe(
      '{"originalMaxAge":null,"expires":null,"httpOnly":true,"path":"/"}',
    );
  });

  test("assigns in the order given: the later of maxAge and originalMaxAge wins", () => {
    expect(new Cookie({ originalMaxAge: 5, maxAge: 1000 } as never).originalMaxAge).toBe(1000);
    expect(new Cookie({ maxAge: 1000, originalMaxAge: 5 } as never).originalMaxAge).toBe(5);
  });

  test("S57 reserved names of a stored record do not hide the methods", () => {
    const stored = JSON.parse(
      '{"data":1,"serialize":1,"toJSON":1,"__proto__":{"x":1},"path":"/a"}',
    );
    const cookie = new Cookie(stored);
    expect(cookie.path).toBe("/a");
    expect(typeof cookie.serialize).toBe("function");
    expect(cookie.data.path).toBe("/a");
    expect((cookie as { x?: unknown }).x).toBeUndefined();
  });

  test("throws for options that are no object, and for a maxAge that is no number", () => {
    expect(() => new Cookie("text" as never)).toThrow(TypeError);
    expect(() => new Cookie(42 as never)).toThrow("argument options must be a object");
    expect(() => new Cookie({ maxAge: "1" as never })).toThrow("maxAge must be a number or Date");
  });

  test("has what is asked for, each under its own name", () => {
    const end = new Date("2999-01-01T00:00:00.000Z");
    const cookie = new Cookie({
      path: "/admin",
      httpOnly: false,
      secure: true,
      domain: "a.example",
    });
    expect({ ...cookie }).toEqual({
      path: "/admin",
      httpOnly: false,
      secure: true,
      domain: "a.example",
      _expires: null,
      originalMaxAge: null,
    });
    expect(new Cookie({ expires: end }).expires).toBe(end);
    expect(Object.keys(new Cookie({ expires: end, maxAge: 5 })).sort())
      .toEqual(["_expires", "httpOnly", "originalMaxAge", "path"]);
  });

  test("keeps the methods of its class, whatever is stored under their names", () => {
    const names = ["data", "serialize", "toJSON", "constructor"];
    const cookie = new Cookie(Object.fromEntries(names.map((name) => [name, 1])) as never);
    expect(names.filter((name) => Object.hasOwn(cookie, name))).toEqual([]);
    expect(cookie.constructor).toBe(Cookie);
    expect(JSON.parse(JSON.stringify(cookie))).toMatchObject({ path: "/" });
  });

  test("goes by the clock it is given, which nobody sees", () => {
    const clock = { ...systemClock, now: () => 1_000 };
    const cookie = new Cookie({ maxAge: 5 }, clock);
    expect([cookie.expires, cookie.maxAge]).toEqual([new Date(1_005), 5]);
    clock.now = () => 1_002;
    expect([cookie.maxAge, cookie.originalMaxAge]).toEqual([3, 5]);
    expect(Object.getOwnPropertySymbols(new Cookie())).toEqual([]);
    const later = new Cookie();
    setClock(later, clock);
    later.maxAge = 7;
    expect(later.expires).toEqual(new Date(1_009));
  });

  test("moves its lifetime with its end", () => {
    const cookie = new Cookie({ maxAge: 60_000 }, { ...systemClock, now: () => 0 });
    cookie.expires = new Date(7);
    expect([cookie.expires, cookie.maxAge, cookie.originalMaxAge]).toEqual([new Date(7), 7, 7]);
    cookie.expires = null;
    expect([cookie.expires, cookie.maxAge, cookie.originalMaxAge]).toEqual([null, null, null]);
    cookie.maxAge = new Date(9) as never;
    expect([cookie.expires, cookie.originalMaxAge]).toEqual([new Date(9), 9]);
  });
});
