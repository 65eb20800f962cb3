/** Options that do not exist are refused by their name. */
import { expect, test } from "vitest";
import { checkAttributes, checkNames } from "../../src/core/known_options.ts";

test("an option that is known, or undefined, is none of these", () => {
  checkNames({ name: "n", nmae: undefined }, { name: 0 });
  checkAttributes({ path: "/", expires: null, maxAge: 1, samesite: undefined });
});

test.each([
  [{ nmae: "n" }, 'There is no option "nmae"'],
  [{ name: 1, sameSite: "lax" }, 'There is no option "sameSite": it goes into "cookie"'],
  [{ expires: null }, 'There is no option "expires": it goes into "cookie"'],
])("one that is not is told where it may belong: %j", (options, text) => {
  expect(() => checkNames(options, { name: 0 })).toThrow(new TypeError(text));
});

test("what is misplaced in the cookie goes nowhere else", () => {
  expect(() => checkAttributes({ rolling: true })).toThrow(
    new TypeError('There is no option "cookie.rolling"'),
  );
  expect(() => checkNames({ path: "/" }, {}, "cookie.")).toThrow(
    new TypeError('There is no option "cookie.path"'),
  );
});
