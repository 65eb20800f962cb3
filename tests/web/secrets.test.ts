/** The option `secret` of the Web entries. */
import { expect, test } from "vitest";
import { resolveSecrets } from "../../src/web/secrets.ts";
import { SECRET } from "./support.ts";

test("one is one, an array holds all in its order, and later changes to it are nobody's", () => {
  expect(resolveSecrets(SECRET)).toEqual([SECRET]);
  const given = [SECRET, `${SECRET}!`];
  const secrets = resolveSecrets(given);
  given.length = 0;
  expect(secrets).toEqual([SECRET, `${SECRET}!`]);
});

test("32 bytes are enough, and bytes are counted, not letters", () => {
  expect(resolveSecrets("x".repeat(32))).toHaveLength(1);
  expect(resolveSecrets("é".repeat(16))).toHaveLength(1);
  expect(() => resolveSecrets("x".repeat(31))).toThrow(RangeError);
  expect(() => resolveSecrets([SECRET, "short"])).toThrow(
    'Option "secret" must have at least 32 bytes, not 5',
  );
});

test.each([
  [undefined, "undefined: is the environment variable set?"],
  [[SECRET, undefined], "undefined: is the environment variable set?"],
  [null, "null"],
  [7, "a value of type number"],
])("what is no text is none: %j", (secret, kind) => {
  expect(() => resolveSecrets(secret)).toThrow(
    new TypeError(`Option "secret" must be a string or an array of them, not ${kind}`),
  );
});

test("no secret at all is none", () => {
  expect(() => resolveSecrets([])).toThrow(
    new TypeError('Option "secret" must hold at least one string'),
  );
});
