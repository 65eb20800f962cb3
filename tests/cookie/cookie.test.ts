/** The cookie: its attributes, writing and reading it. */
import { describe, expect, test } from "vitest";
import { Cookie, type CookieData } from "../../src/cookie/cookie.ts";
import { readCookies } from "../../src/cookie/cookie_header.ts";
import { serializeCookie } from "../../src/cookie/set_cookie_header.ts";

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

describe("serializeCookie", () => {
  test.each<[string, Partial<CookieData>, string]>([
    ["the defaults", {}, "n=v; Path=/; HttpOnly"],
    [
      "expires, never Max-Age",
      { expires: new Date(0), originalMaxAge: 9 },
      "n=v; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly",
    ],
    ["not HttpOnly", { httpOnly: false }, "n=v; Path=/"],
    [
      "all there is",
      {
        domain: "example.com",
        secure: true,
        partitioned: true,
        priority: "high",
        sameSite: "none",
      },
      "n=v; Domain=example.com; Path=/; HttpOnly; Secure; Partitioned; Priority=High; SameSite=None",
    ],
    ["sameSite true is strict", { sameSite: true }, "n=v; Path=/; HttpOnly; SameSite=Strict"],
    ["sameSite false is nothing", { sameSite: false }, "n=v; Path=/; HttpOnly"],
  ])("%s", (_rule, data, expected) => {
    expect(serializeCookie("n", "v", { ...PLAIN, ...data })).toBe(expected);
  });

  test("percent-encodes the value", () => {
    expect(serializeCookie("n", "s:a.b+/=;", PLAIN)).toBe(
      "n=s%3Aa.b%2B%2F%3D%3B; Path=/; HttpOnly",
    );
  });

  test.each<[string, string, Partial<CookieData>]>([
    ["argument name is invalid", "a b", {}],
    ["argument name is invalid", "a;b", {}],
    ["argument name is invalid", "a\r\nb", {}],
    ["option path is invalid", "n", { path: "/;x" }],
    ["option path is invalid", "n", { path: "/\r\nSet-Cookie: x" }],
    ["option path is invalid", "n", { path: "/\0" }],
    ["option domain is invalid", "n", { domain: "a;b" }],
    ["option domain is invalid", "n", { domain: "a\nb" }],
    ["option expires is invalid", "n", { expires: new Date(NaN) }],
    ["option expires is invalid", "n", { expires: "soon" as never }],
    ["option priority is invalid", "n", { priority: "urgent" as never }],
    ["option sameSite is invalid", "n", { sameSite: "any" as never }],
    ["option sameSite is invalid", "n", { sameSite: "auto" }],
  ])("S25 throws %s for %j %j, and never repeats the value", (text, name, data) => {
    expect(() => serializeCookie(name, "v", { ...PLAIN, ...data })).toThrow(new TypeError(text));
  });

  test("S24 what a browser would drop for its size is an error", () => {
    const room = 4096 - "n=".length;
    expect(() => serializeCookie("n", "v".repeat(room), PLAIN)).not.toThrow();
    expect(() => serializeCookie("n", "v".repeat(room + 1), PLAIN)).toThrow(RangeError);
    expect(() => serializeCookie("n", "v", { ...PLAIN, path: "/" + "p".repeat(1023) })).not
      .toThrow();
    expect(() => serializeCookie("n", "v", { ...PLAIN, path: "/" + "p".repeat(1024) })).toThrow(
      RangeError,
    );
  });
});

describe("readCookies", () => {
  test.each<[string, string, string[]]>([
    ["one", "sid=a", ["a"]],
    ["among others", "x=1; sid=a; y=2", ["a"]],
    ["S31 duplicates, first to last", "sid=a; sid=b;sid=c", ["a", "b", "c"]],
    ["decoded", "sid=s%3Aa%2Bb", ["s:a+b"]],
    ["what cannot be decoded stays as it is", "sid=%zz%", ["%zz%"]],
    ["in quotes", 'sid="a b"', ["a b"]],
    ["blanks around", " sid \t= a ;", ["a"]],
    ["empty", "sid=; x", [""]],
    ["with equals signs", "sid=a=b==", ["a=b=="]],
    ["no value", "sid; sid2=b", []],
    ["another name that ends with ours", "my-sid=a", []],
    ["another name that starts with ours", "sid2=a", []],
    ["our name in another value", "x=sid=a; y=; sid=b", ["b"]],
    ["S32 another case is another name", "SID=a; Sid=b", []],
    ["a comma does not part cookies", "x=1, sid=a", []],
    ["nothing", "", []],
  ])("%s: %s", (_rule, header, expected) => {
    expect(readCookies(header, "sid")).toEqual(expected);
  });

  test("S31 looks at eight candidates", () => {
    const header = Array.from({ length: 20 }, (_, index) => `sid=${index}`).join("; ");
    expect(readCookies(header, "sid")).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
  });

  test("S34 names such as __proto__ are only names", () => {
    expect(readCookies("__proto__=1; constructor=2; sid=a", "sid")).toEqual(["a"]);
    expect(readCookies("__proto__=1", "__proto__")).toEqual(["1"]);
    expect(({} as { 1?: unknown })[1]).toBeUndefined();
  });

  test("S34 hostile headers take linear time and never throw", () => {
    const shapes: ((length: number) => string)[] = [
      (length) => "sid".repeat(length / 3),
      (length) => "sid=;".repeat(length / 5),
      (length) => "sid ".repeat(length / 4),
      (length) => " ".repeat(length) + "sid",
      (length) => " sid".repeat(length / 4),
      (length) => ("x" + " ".repeat(200) + "sid=").repeat(length / 205),
      (length) => "sid=" + "%".repeat(length),
      (length) => 'sid="' + '"'.repeat(length),
      (length) => Array.from({ length: length / 8 }, (_, index) => `a${index}=b`).join("; "),
      (length) => "__proto__=1;".repeat(length / 12),
      (length) => "sid=" + "\ud800".repeat(length),
    ];
    for (const [index, shape] of shapes.entries()) {
      const timed = (length: number) => {
        const header = shape(length);
        let best = Infinity;
        for (let round = 0; round < 7; round++) {
          const began = performance.now();
          for (let again = 0; again < 5; again++) readCookies(header, "sid");
          best = Math.min(best, performance.now() - began);
        }
        return best;
      };
      timed(1000);
      const [short, long] = [timed(64 * 1024), timed(512 * 1024)];
      // Eight times the header: quadratic time would be 64 times as long.
      expect(long / Math.max(short, 0.05), `shape ${index}`).toBeLessThan(24);
    }
  });

  test("S34 ten thousand pairs before ours do not hide it", () => {
    const pairs = Array.from({ length: 10_000 }, (_, index) => `c${index}=v`).join("; ");
    expect(readCookies(`${pairs}; sid=found`, "sid")).toEqual(["found"]);
  });
});
