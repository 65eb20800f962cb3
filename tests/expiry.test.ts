/** When a session ends, in its cookie and in the store. */
import { describe, expect, test } from "vitest";
import { expiryOf, setExpiry } from "../src/expiry.ts";

describe("expiryOf", () => {
  const moment = Date.UTC(2030, 0, 1);
  test.each<[string, unknown, number | null]>([
    ["a Date", { expires: new Date(moment) }, moment],
    ["an ISO text", { expires: new Date(moment).toISOString() }, moment],
    ["null", { expires: null }, null],
    ["false", { expires: false }, null],
    ["an invalid Date", { expires: new Date(NaN) }, null],
    ["another text", { expires: "soon" }, null],
    ["a number", { expires: moment }, moment],
    ["a number no Date can name", { expires: 1e300 }, 1e300],
    ["no number", { expires: NaN }, null],
    ["0, which is none to express-session's store", { expires: 0 }, null],
    ["no cookie", undefined, null],
    ["a null cookie", null, null],
  ])("%s", (_kind, cookie, expected) => {
    expect(expiryOf(cookie)).toBe(expected);
  });
});

describe("setExpiry: the store's end goes over the cookie's text", () => {
  const text = new Date(Date.UTC(2030, 0, 1)).toISOString();
  const moment = Date.UTC(2031, 5, 1);
  test.each<[string, { expires?: unknown }, number | null, { expires?: unknown }]>([
    ["an end replaces an end", { expires: text }, moment, { expires: moment }],
    ["where the text names none, none is made up", {}, moment, {}],
    ["an end no Date can name replaces nothing", { expires: 1e300 }, 1e300, { expires: 1e300 }],
    ["no end removes one", { expires: text }, null, { expires: null }],
    ["no end leaves none", {}, null, {}],
    ["no end leaves `null`", { expires: null }, null, { expires: null }],
    ["no end leaves `false`", { expires: false }, null, { expires: false }],
  ])("%s", (_kind, cookie, expires, expected) => {
    setExpiry(cookie, expires, (end) => end.getTime());
    expect(cookie).toStrictEqual(expected);
  });
});
