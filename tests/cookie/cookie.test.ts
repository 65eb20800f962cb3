/** The cookie's fields: express-session's, with its defaults. */
import { describe, expect, test } from "vitest";
import { Cookie, type CookieData } from "../../src/cookie/cookie.ts";

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
});
