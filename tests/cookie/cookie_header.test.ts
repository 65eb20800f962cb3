/** The Cookie header: whatever comes, our cookies are found in it. */
import { describe, expect, test } from "vitest";
import { readCookies, readPrefixed } from "../../src/cookie/cookie_header.ts";
import { CountedText } from "./counted_text.ts";

describe("readCookies", () => {
  test.each<[string, string, string[]]>([
    ["one", "sid=a", ["a"]],
    ["among others", "x=1; sid=a; y=2", ["a"]],
    ["S31 duplicates, first to last", "sid=a; sid=b;sid=c", ["a", "b", "c"]],
    ["decoded", "sid=s%3Aa%2Bb", ["s:a+b"]],
    ["what cannot be decoded stays as it is", "sid=%zz%", ["%zz%"]],
    ["in quotes", 'sid="a b"', ["a b"]],
    ["blanks around", " sid \t= a ;", ["a"]],
    ["empty", "sid=; x", [""]],
    ["with equals signs", "sid=a=b==", ["a=b=="]],
    ["no value", "sid; sid2=b", []],
    ["another name that ends with ours", "my-sid=a", []],
    ["another name that starts with ours", "sid2=a", []],
    ["our name in another value", "x=sid=a; y=; sid=b", ["b"]],
    ["S32 another case is another name", "SID=a; Sid=b", []],
    ["a comma does not part cookies", "x=1, sid=a", []],
    ["nothing", "", []],
  ])("%s: %s", (_rule, header, expected) => {
    expect(readCookies(header, "sid")).toEqual(expected);
  });

  test("S31 looks at as many candidates as a server takes of a header", () => {
    const value = "x".repeat(125);
    const read = (count: number) => readCookies(`sid=${value}; `.repeat(count), "sid").length;
    expect([read(20), read(128), read(200)]).toEqual([20, 128, 128]);
  });

  test("S34 names such as __proto__ are only names", () => {
    expect(readCookies("__proto__=1; constructor=2; sid=a", "sid")).toEqual(["a"]);
    expect(readCookies("__proto__=1", "__proto__")).toEqual(["1"]);
    expect(({} as { 1?: unknown })[1]).toBeUndefined();
  });

  test("S34 hostile headers take linear time and never throw", () => {
    const shapes: ((length: number) => string)[] = [
      (length) => "sid".repeat(length / 3),
      (length) => "sid=;".repeat(length / 5),
      (length) => "sid ".repeat(length / 4),
      (length) => " ".repeat(length) + "sid",
      (length) => " sid".repeat(length / 4),
      (length) => ("x" + " ".repeat(200) + "sid=").repeat(length / 205),
      (length) => "sid=" + "%".repeat(length),
      (length) => 'sid="' + '"'.repeat(length),
      (length) => Array.from({ length: length / 8 }, (_, index) => `a${index}=b`).join("; "),
      (length) => "__proto__=1;".repeat(length / 12),
      (length) => "sid=" + "\ud800".repeat(length),
    ];
    for (const [index, shape] of shapes.entries()) {
      for (const read of [readCookies, readPrefixed]) {
        const looked = (length: number) => {
          const header = new CountedText(shape(length));
          expect(read(header as never, "sid")).toEqual(read(header.text, "sid"));
          return header.looked / header.text.length;
        };
        const [short, long] = [looked(1024), looked(8 * 1024)];
        // Quadratic work would be eight times as much for each character.
        expect(long, `shape ${index}`).toBeLessThan(1.5 * Math.max(short, 1));
      }
    }
  });

  test("S34 ten thousand pairs before ours do not hide it", () => {
    const pairs = Array.from({ length: 10_000 }, (_, index) => `c${index}=v`).join("; ");
    expect(readCookies(`${pairs}; sid=found`, "sid")).toEqual(["found"]);
  });
});

describe("readPrefixed", () => {
  test.each<[string, string, [string, string][]]>([
    ["every name that begins so", "sid=a; sid.1=b; x=c; sid.2=d", [
      ["sid", "a"],
      ["sid.1", "b"],
      ["sid.2", "d"],
    ]],
    ["decoded", "sid.1=a%2Bb", [["sid.1", "a+b"]]],
    ["blanks around", " sid.1 = a ;", [["sid.1", "a"]]],
    ["another name that ends so", "my-sid=a", []],
    ["the prefix in another value", "x=sid=a", []],
    ["no value", "sid; sid.1=b", [["sid.1", "b"]]],
    ["nothing", "", []],
  ])("%s: %s", (_rule, header, expected) => {
    expect(readPrefixed(header, "sid")).toEqual(expected);
  });
});
