/** The Set-Cookie header: what is written, and what is refused. */
import { describe, expect, test } from "vitest";
import type { CookieData } from "../../src/cookie/cookie.ts";
import { serializeCookie, serializeRemoval } from "../../src/cookie/set_cookie_header.ts";
import { seeded } from "../../src/testing/random.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const CASES = 3_000;
const PLAIN: CookieData = { originalMaxAge: null, expires: null, path: "/", httpOnly: true };

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
      "Cookie attribute exceeds 1024 bytes",
    );
    const label = `${"d".repeat(60)}.`.repeat(17);
    const long = (length: number) => ({ ...PLAIN, domain: label.slice(0, length - 2) + ".d" });
    expect(() => serializeCookie("n", "v", long(1024))).not.toThrow();
    expect(() => serializeCookie("n", "v", long(1025))).toThrow(RangeError);
  });

  test(`keeps the attributes of the cookie it was asked for, seed ${seed}`, () => {
    const random = seeded(seed);
    for (let index = 0; index < CASES; index++) {
      const name = random.pick(["sid", "other"]);
      const path = random.pick(["/", "/admin"]);
      const expires = new Date(random.below(4e12));
      const text = serializeCookie(name, "v", { expires, path, httpOnly: true });
      const parts = text.split("; ");
      expect(parts[0]).toBe(`${name}=v`);
      expect(parts).toContain(`Path=${path}`);
      expect(parts).toContain(`Expires=${expires.toUTCString()}`);
    }
  });
});

describe("serializeRemoval", () => {
  test("S26 keeps name, path, domain and flags, and ends long ago", () => {
    const cookie: CookieData = {
      ...PLAIN,
      originalMaxAge: 60_000,
      expires: new Date(Date.UTC(2030, 0, 1)),
      path: "/admin",
      domain: "example.com",
      secure: true,
      sameSite: "lax",
      partitioned: true,
    };
    expect(serializeRemoval("n", cookie)).toBe(
      "n=; Domain=example.com; Path=/admin; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; " +
        "Secure; Partitioned; SameSite=Lax; Max-Age=0",
    );
  });
});
