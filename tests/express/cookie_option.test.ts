/** The option `cookie` of Express: attributes, or a function of the request. */
import { describe, expect, test } from "vitest";
import {
  isPlainCookie,
  resolveCookie,
  unknownAttributes,
} from "../../src/express/cookie_option.ts";
import type { Any } from "./support/libraries.ts";
import { ours, theirs } from "./support/libraries.ts";

const silent = () => {};

test.each<[Any]>([["text"], [42], [true]])("%j is refused in express-session's words", (cookie) => {
  const refused = new TypeError("argument options must be a object");
  expect(() => resolveCookie("sid", cookie, silent)).toThrow(refused);
  for (const { Cookie } of [theirs, ours]) expect(() => new Cookie(cookie)).toThrow(refused);
});

test.each<[Any]>([[undefined], [null], [""], [0]])("%j is none: the defaults", (cookie) => {
  expect(resolveCookie("sid", cookie, silent)({} as Any)).toEqual({});
});

describe("a function of the request", () => {
  test("is asked at each, and what it leaves out has its default", () => {
    const cookieOf = resolveCookie("sid", ({ path }: Any) => path && { path }, silent);
    expect(["/a", undefined, "/b"].map((path) => cookieOf({ path } as Any)))
      .toEqual([{ path: "/a" }, {}, { path: "/b" }]);
  });

  test("must not be async: nobody waits for its promise", () => {
    const refused = new TypeError(
      'Option "cookie" must be an object, not a promise: the function must not be async',
    );
    for (
      const cookie of [async () => ({ maxAge: 5 }), () => Promise.reject(new Error("of its own"))]
    ) {
      expect(() => resolveCookie("sid", cookie as Any, silent)({} as Any)).toThrow(refused);
    }
  });

  test("is told what browsers will not accept, when it gives that", () => {
    const told: unknown[] = [];
    const cookieOf = resolveCookie("sid", () => ({ sameSite: "none" }), (...args) => {
      told.push(args);
    });
    expect(told).toEqual([]);
    resolveCookie("__Host-sid", () => "text" as Any, () => told.push("of what is refused"))(
      {} as Any,
    );
    expect(told).toEqual([]);
    cookieOf({} as Any);
    expect(told).toEqual([["cookie", 'Option "cookie.sameSite" "none" needs "secure"']]);
  });
});

test("what browsers will not accept is told of at once, where it is no function", () => {
  const told: unknown[] = [];
  const warn = (...args: unknown[]) => void told.push(args);
  resolveCookie("sid", { secure: true, sameSite: "none" }, warn);
  expect(told).toEqual([]);
  resolveCookie("__Host-sid", { secure: true, path: "/app" }, warn);
  expect(told).toEqual([[
    "cookie",
    'Option "cookie.path" must be "/", and no domain, for a name that starts with "__Host-"',
  ]]);
});

test("attributes that no cookie has are named, of those that are known before", () => {
  expect(unknownAttributes({ samesite: "lax", maxAge: 1, maxage: 1, secure: true } as Any))
    .toEqual(["cookie.samesite", "cookie.maxage"]);
  for (const none of [undefined, null, () => ({ samesite: 1 })]) {
    expect(unknownAttributes(none as Any)).toEqual([]);
  }
});

test("a session waits to be asked for where its cookie can be made, and calls nobody", () => {
  expect(isPlainCookie({ maxAge: 1000 })).toBe(true);
  expect(isPlainCookie(undefined)).toBe(true);
  expect(isPlainCookie(() => ({}))).toBe(false);
  expect(isPlainCookie({ maxAge: "1000" } as Any)).toBe(false);
});
