/** Which paths a cookie reaches, by RFC 6265, section 5.1.4. */
import { expect, test } from "vitest";
import { isCovered } from "../../src/cookie/reach.ts";

test.each([
  ["/", "/", true],
  ["/admin", "/", true],
  ["/admin", "/admin", true],
  ["/admin/", "/admin", true],
  ["/admin/users", "/admin", true],
  ["/admin/users", "/admin/", true],
  ["/administrators", "/admin", false],
  ["/", "/admin", false],
  ["/shop/admin", "/admin", false],
  ["/admin", "/admin/", false],
])("%s is reached by a cookie of %s: %s", (pathname, path, isReached) => {
  expect(isCovered(pathname, path)).toBe(isReached);
});
