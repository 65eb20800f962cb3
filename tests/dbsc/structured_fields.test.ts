/** The headers of the protocol: read strictly, written so that browsers read them. */
import { describe, expect, test } from "vitest";
import { parseList, quoted, quotedOrBare } from "../../src/dbsc/structured_fields.ts";
import {
  challengeText,
  identifierIn,
  registrationText,
  skippedReasonIn,
} from "../../src/dbsc/headers.ts";

const plain = (text: string) =>
  parseList(text)?.map(({ value, params }) => [value, Object.fromEntries(params)]);

describe("a list", () => {
  test.each([
    ["unreachable", [["unreachable", {}]]],
    ['unreachable;session_identifier="a b"', [["unreachable", { session_identifier: "a b" }]]],
    ["a, b;x;y=c ,  d", [["a", {}], ["b", { x: true, y: "c" }], ["d", {}]]],
    [' "a\\"b\\\\c"; n=1a ', undefined],
    [' "a\\"b\\\\c"; n=a1 ', [['a"b\\c', { n: "a1" }]]],
    ["*a/b:c", [["*a/b:c", {}]]],
  ])("%s", (text, items) => expect(plain(text)).toEqual(items));

  test.each([
    ["", "nothing"],
    [",", "two of nothing"],
    ["a,", "a comma at the end"],
    ["a b", "two without a comma"],
    ['"a', "a string without an end"],
    ['"a\\n"', "an escape that is none"],
    ['"é"', "a letter beyond ASCII"],
    ['"\u0001"', "a control character"],
    ["a;X=1", "a key with a capital"],
    ["a;x=", "a parameter without a value"],
    ["a;;x", "an empty parameter"],
    ["a ;x", "a space before a semicolon"],
    ["?1", "a boolean"],
    ["(a b)", "an inner list"],
    [":YQ==:", "bytes"],
    ["x".repeat(2049), "more than 2,048 characters"],
  ])("%s is none: %s", (text) => expect(parseList(text)).toBe(undefined));

  test("a header of commas, quotes and backslashes takes no more time than it is long", () => {
    for (const piece of [",", "\\", '"', "a;", '"a"', "a,", " "]) {
      expect(parseList(piece.repeat(2048 / piece.length))).toBe(undefined);
    }
  });
});

describe("a value that comes with quotes or without", () => {
  test.each([
    ["abc.DEF-_1", "abc.DEF-_1"],
    ['"abc.DEF-_1"', "abc.DEF-_1"],
    ['"', undefined],
    ['""', undefined],
    ['"abc', undefined],
    ['abc"', undefined],
    ['"a"b"', undefined],
    ["a b", undefined],
    ["a;b", undefined],
    ['"abc";x=1', undefined],
    ["a\nb", undefined],
    ["abc\n", undefined],
    ['"abc"\n', undefined],
    ["", undefined],
    ["x".repeat(20), "x".repeat(20)],
    [`"${"x".repeat(20)}"`, "x".repeat(20)],
    ["x".repeat(21), undefined],
    [`"${"x".repeat(21)}"`, undefined],
  ])("%j", (text, value) => expect(quotedOrBare(text, 20)).toBe(value));

  test("as an identifier", () => {
    expect(identifierIn(() => '"one"')).toBe("one");
    expect(identifierIn(() => null)).toBe(undefined);
    expect(identifierIn(() => "x".repeat(65))).toBe(undefined);
  });
});

test("what a browser says it has skipped counts for the session it names, and no other", () => {
  const header = 'quota_exceeded;session_identifier="other", unreachable;session_identifier="own"';
  expect(skippedReasonIn(() => header, "own")).toBe("unreachable");
  expect(skippedReasonIn(() => header, "third")).toBe(undefined);
  expect(skippedReasonIn(() => "unreachable", "own")).toBe(undefined);
  expect(skippedReasonIn(() => 'tired;session_identifier="own"', "own")).toBe(undefined);
  expect(skippedReasonIn(() => `${header},`, "own")).toBe(undefined);
  expect(skippedReasonIn(() => undefined, "own")).toBe(undefined);
});

describe("what is written", () => {
  test("a registration and a challenge, as the draft has them", () => {
    expect(registrationText(["ES256", "RS256"], "/a/register", "c.d.e"))
      .toBe('(ES256 RS256);path="/a/register";challenge="c.d.e"');
    expect(challengeText("c.d.e", "name")).toBe('"c.d.e";id="name"');
  });

  test("quotes and backslashes are escaped, and what no header takes is refused", () => {
    expect(quoted('a"b\\c')).toBe('"a\\"b\\\\c"');
    expect(() => quoted("é")).toThrow(TypeError);
    expect(() => quoted("a\r\nset-cookie: b")).toThrow(TypeError);
  });
});
