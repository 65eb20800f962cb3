/** A cookie's lifetime, begun again. */
import { expect, test } from "vitest";
import { Cookie } from "../../src/cookie/cookie.ts";
import { restartLifetime } from "../../src/cookie/lifetime.ts";

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
