/** Cookie options: what browsers would refuse is refused, `"auto"` is as the request came. */
import { describe, expect, test } from "vitest";
import { Cookie, type CookieOptions } from "../../src/cookie/cookie.ts";
import { systemClock } from "../../src/clock.ts";
import {
  checkCookie,
  checkEditedCookie,
  newCookie,
  resolveAuto,
} from "../../src/cookie/cookie_options.ts";

const DAY = 86_400_000;

describe("checkCookie", () => {
  test.each<[string, CookieOptions]>([
    ["sid", {}],
    ["sid", { maxAge: null, path: "/admin", domain: "example.com" }],
    ["sid", { maxAge: 400 * DAY }],
    ["sid", { secure: "auto", sameSite: "auto" }],
    ["sid", { secure: true, sameSite: "none", partitioned: true }],
    ["__Secure-sid", { secure: true, domain: "example.com" }],
    ["__Host-sid", { secure: true, path: "/" }],
    ["__Http-sid", { secure: true, httpOnly: true }],
    ["__Host-Http-sid", { secure: true, httpOnly: true, path: "/" }],
    ["sid", { secure: "auto", sameSite: "none", partitioned: true }],
    ["sid", { expires: new Date(0), secure: false, sameSite: false }],
    ["sid", { sameSite: true }],
    ["sid", { maxAge: 0 }],
    // Not at its beginning.
    ["my__Host-sid", {}],
    ["__Other-sid", {}],
  ])("%s with %j may be sent", (name, cookie) => {
    expect(() => checkCookie(name, cookie)).not.toThrow();
  });

  test.each<[string, CookieOptions, string]>([
    ["sid", { maxAge: 400 * DAY + 1 }, '"cookie.maxAge"'],
    ["sid", { maxAge: -1 }, '"cookie.maxAge"'],
    ["sid", { maxAge: "1h" as never }, '"cookie.maxAge"'],
    ["sid", { path: "admin" }, 'Option "cookie.path" must start with "/"'],
    ["sid", { sameSite: "" as never }, "option sameSite is invalid"],
    ["sid", { domain: "" }, "option domain is invalid"],
    ["sid", { path: "" }, 'Option "cookie.path" must start with "/"'],
    ["sid", { path: 5 as never }, 'Option "cookie.path" must start with "/"'],
    ["sid", { sameSite: "none" }, 'Option "cookie.sameSite" "none" needs "secure"'],
    ["sid", { partitioned: true }, 'Option "cookie.partitioned" needs "secure"'],
    ["sid", { domain: "a;b" }, "option domain is invalid"],
    ["s id", {}, "argument name is invalid"],
    ["__Secure-sid", {}, 'for a name that starts with "__Secure-"'],
    ["__secure-sid", { secure: "auto" }, 'for a name that starts with "__secure-"'],
    ["__host-sid", { secure: true, path: "/admin" }, '"cookie.path"'],
    ["__Host-sid", { secure: true, path: "/", domain: "example.com" }, '"cookie.path"'],
    ["__Http-sid", { secure: true }, '"cookie.httpOnly"'],
    ["__Host-Http-sid", { secure: true, path: "/" }, '"cookie.httpOnly"'],
    [
      "__Http-sid",
      { secure: true },
      '"cookie.httpOnly" must be true for a name that starts with "__Http-"',
    ],
    ["__Secure-sid", {}, 'Option "cookie.secure" must be true'],
    [
      "__Host-Http-sid",
      { secure: true, httpOnly: true, path: "/admin" },
      '"cookie.path" must be "/", and no domain, for a name that starts with "__Host-Http-"',
    ],
    ["sid", { expires: new Date(Number.NaN) }, "option expires is invalid"],
    ["sid", { sameSite: "sometimes" as never }, "option sameSite is invalid"],
    // As long as a browser takes, and no longer.
    ["n".repeat(4096), {}, "Cookie name and value exceed 4096 bytes"],
  ])("S20 S21 S23 %s with %j is refused", (name, cookie, words) => {
    expect(() => checkCookie(name, cookie)).toThrow(words);
  });
});

describe("checkEditedCookie", () => {
  const edited = (given: CookieOptions) => new Cookie(given as never);

  test("lets pass what a handler may make of its cookie, an end in the past included", () => {
    for (const maxAge of [5, 0, -5, null]) {
      expect(() => checkEditedCookie("sid", edited({ maxAge }))).not.toThrow();
    }
    expect(() => checkEditedCookie("sid", edited({ expires: new Date(0) }))).not.toThrow();
  });

  test.each<[CookieOptions, string]>([
    [{ maxAge: 400 * DAY + 1 }, '"cookie.maxAge"'],
    [{ path: "admin" }, '"cookie.path"'],
    [{ sameSite: "none" }, '"cookie.sameSite"'],
    [{ expires: new Date(Number.NaN) }, '"cookie.maxAge"'],
  ])("refuses what would be refused as an option: %j", (given, words) => {
    expect(() => checkEditedCookie("sid", edited(given))).toThrow(words);
  });
});

describe("newCookie and resolveAuto", () => {
  test.each<[CookieOptions, boolean, unknown]>([
    [{ secure: "auto", sameSite: "auto" }, true, { secure: true, sameSite: "none" }],
    [{ secure: "auto", sameSite: "auto" }, false, { secure: false, sameSite: "lax" }],
    [{ secure: true, sameSite: "strict" }, false, { secure: true, sameSite: "strict" }],
    [{ secure: false }, true, { secure: false }],
  ])("S19 %j over https %s", (options, isSecure, expected) => {
    expect(newCookie(options, isSecure, systemClock)).toMatchObject(expected as object);
    // A stored cookie has the values of the request that began it.
    const stored = newCookie(options, !isSecure, systemClock);
    expect(resolveAuto(stored, options, isSecure)).toMatchObject(expected as object);
  });
});
