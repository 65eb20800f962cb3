/** The Web entries' cookie by default. */
import { describe, expect, test } from "vitest";
import { defaultName, withDefaults } from "../../src/web/cookie_defaults.ts";

describe("text from an environment", () => {
  test.each(["lax", "auto"] as const)("switches no protection: %s", (secure) => {
    for (const name of ["httpOnly", "partitioned"]) {
      const cookie = { secure: secure === "auto" ? secure : true, [name]: "false" } as never;
      expect(() => withDefaults(cookie)).toThrow(
        `Option "cookie.${name}" must be a boolean, not a value of type string`,
      );
    }
    expect(() => withDefaults({ secure: "true" } as never)).toThrow(
      'Option "cookie.secure" must be a boolean',
    );
  });
});

test("a name has the prefix where nothing rules it out", () => {
  expect(defaultName(withDefaults({}))).toBe("__Host-session");
  for (const cookie of [{ secure: "auto" }, { path: "/app" }, { domain: "app.test" }] as const) {
    expect(defaultName(withDefaults(cookie))).toBe("session");
  }
  expect(defaultName(undefined)).toBe("session");
});
