/** Base64url, as Node writes and reads it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { fromBase64Url, toBase64Url } from "../src/base64url.ts";

test("is what Node makes of the same bytes, whole or in parts, and comes back", () => {
  fc.assert(fc.property(fc.uint8Array(), fc.uint8Array(), (one, other) => {
    const all = Buffer.concat([one, other]);
    expect(toBase64Url(one, other)).toBe(all.toString("base64url"));
    expect(Buffer.from(fromBase64Url(toBase64Url(one, other))!)).toEqual(all);
    // Keys are written either way.
    expect(Buffer.from(fromBase64Url(all.toString("base64"))!)).toEqual(all);
  }));
});

test.each([["a"], ["*"], ["aaaaa"], ["a=b"], ["é"]])("%j is none", (text) => {
  expect(fromBase64Url(text)).toBeUndefined();
});
