/** What a logout has the browser forget: the header's text, as a table. */
import { expect, test } from "vitest";
import { clearSiteDataText } from "../../src/core/clear_site_data.ts";

test.each<[unknown, string | undefined]>([
  [undefined, undefined],
  [false, undefined],
  [true, '"cache", "storage"'],
  [["cache"], '"cache"'],
  [["*"], '"*"'],
  [
    ["cookies", "storage", "executionContexts", "cache"],
    '"cookies", "storage", "executionContexts", "cache"',
  ],
])("%j: %s", (option, text) => {
  expect(clearSiteDataText(option as never)).toBe(text);
});

test.each<[unknown, string]>([
  [[], "an array"],
  [["cache", "all"], "an array"],
  [["", "cache"], "an array"],
  ["cache", "a value of type string"],
  // As long as what is meant, and no list of it.
  [{ length: 1, every: () => true }, "a value of type object"],
  [null, "null"],
])("%j is refused, and what may be asked is told", (option, kind) => {
  expect(() => clearSiteDataText(option as never)).toThrow(
    new TypeError(
      'Option "clearSiteData" must be a boolean or an array of "cache", "cookies", "storage", ' +
        `"executionContexts" and "*", not ${kind}`,
    ),
  );
});
