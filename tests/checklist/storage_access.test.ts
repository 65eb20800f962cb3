/** S88: a frame's request whose cookies the browser holds back is asked to come again with them. */
import { describe, expect, test } from "vitest";
import { storageAccess } from "../../mod.ts";
import { storageAccess as onExpress } from "../../src/express/mod.ts";

const SHOP = "https://shop.example";
const asked = (access: string | undefined, origin: string | undefined = SHOP) => ({
  ...access === undefined ? {} : { "sec-fetch-storage-access": access },
  ...origin === "" ? {} : { origin },
});

describe.each([
  ["web", (headers: Record<string, string>) => new Headers(headers), storageAccess],
  ["express", (headers: Record<string, string>) => headers, onExpress],
])("%s", (_entry, make, helper) => {
  test("S88 a request whose cookies are inactive is asked to come again, by an allowed site alone", () => {
    const answer = helper(make(asked("inactive")), ["https://other.example", SHOP]);
    expect(answer).toEqual({
      status: 401,
      headers: {
        "Activate-Storage-Access": `retry; allowed-origin="${SHOP}"`,
        "Vary": "Sec-Fetch-Storage-Access, Origin",
        "Cache-Control": "no-store",
      },
    });
    for (const origin of ["https://evil.example", `${SHOP}.evil.example`, "null", "*", ""]) {
      expect(helper(make(asked("inactive", origin)), [SHOP])).toBe(undefined);
    }
    expect(helper(make(asked("inactive")), [])).toBe(undefined);
  });

  test("S88 where nothing is held back, or nothing was allowed, there is nothing to ask", () => {
    for (const access of ["none", "active", "Inactive", "inactive, none", undefined]) {
      expect(helper(make(asked(access)), [SHOP])).toBe(undefined);
    }
  });

  test("S88 the list holds origins: no wildcard, no path, nothing that ends the header", () => {
    for (const bad of ["*", `${SHOP}/`, `${SHOP}/a`, "shop.example", `${SHOP}"; x`, "", 5, null]) {
      expect(() => helper(make({}), [bad as never])).toThrow(TypeError);
    }
  });
});
