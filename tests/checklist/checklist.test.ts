/** The checklist is whole: each line has tests that are there, or says why it is open. */
import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import {
  entriesOf,
  hasTitle,
  namedTitles,
  numbersIn,
  patternOf,
  root,
  runnersOf,
  taggedTitles,
} from "./coverage.ts";
import { type Break, brokenTexts, type Edit, editsOf } from "./line.ts";
import { LINES, nameOf } from "./lines.ts";

const tagged = taggedTitles();
const closed = LINES.filter(({ open }) => open === undefined);
const rows = (lines: typeof LINES) => lines.map((line) => [nameOf(line.number), line] as const);
const broken = LINES.filter(({ breaks }) => breaks !== undefined);
const read = (file: string) => readFileSync(root + file, "utf8");
const timesIn = ([file, from]: Edit) => read(file).split(from).length - 1;
const syntaxErrorsOf = (each: Break) =>
  [...brokenTexts(each, read)].flatMap(([fileName, text]) =>
    ts.transpileModule(text, { fileName, reportDiagnostics: true }).diagnostics ?? []
  ).map(({ messageText }) => messageText);

test("the lines are S01 to S93, each once and in order", () => {
  expect(LINES.map(({ number }) => number)).toEqual(Array.from({ length: 93 }, (_, at) => at + 1));
});

test.each(rows(closed))("%s has tests, at each entry that promises it", (_name, line) => {
  const shown = [
    ...tagged.filter(({ title }) => numbersIn(title).includes(line.number)),
    ...namedTitles(line),
  ];
  expect(shown).not.toEqual([]);
  const entries = new Set(
    shown.flatMap(({ file }) => runnersOf(file)).flatMap((file) => entriesOf(file)),
  );
  if (line.on === "both") expect([...entries]).toContain("Express");
  if (line.on === "both" || line.on === "web") expect([...entries]).toContain("Web");
});

test.each(rows(closed))("%s says how its tests are seen to fail", (_name, { breaks, selfTest }) => {
  if (selfTest === undefined) return expect(breaks).not.toEqual(undefined);
  const [file, title] = selfTest;
  expect(hasTitle({ file, title })).toBe(true);
});

test.each(rows(broken))(
  "%s breaks texts that stand in the source, each of them once",
  (_name, { breaks }) => {
    // What has moved away, or stands twice, breaks nothing or something else.
    expect(breaks!.flatMap(editsOf).filter((edit) => timesIn(edit) !== 1)).toEqual([]);
  },
);

test.each(rows(broken))("%s leaves sources that can be parsed", (_name, { breaks }) => {
  // No test of a file runs that cannot be loaded, and so none turns red.
  expect(breaks!.flatMap(syntaxErrorsOf)).toEqual([]);
});

test.each(rows(LINES.filter(({ also }) => also !== undefined)))(
  "%s names tests that are there, letter by letter, and that somebody runs",
  (_name, line) => {
    for (const titled of namedTitles(line)) {
      expect([titled, hasTitle(titled)]).toEqual([titled, true]);
      expect([titled.file, runnersOf(titled.file)]).not.toEqual([titled.file, []]);
    }
  },
);

test("each number in a title is a line's, and titles that name one are run", () => {
  for (const { file, title } of tagged) {
    for (const number of numbersIn(title)) expect(number, title).toBeLessThanOrEqual(93);
    expect(numbersIn(title), title).not.toContain(0);
    // What runs in other programs is run by them.
    if (!/\.(?:deno|bun)\.ts$|worker|_cases|differences\.ts$/.test(file)) {
      expect([file, runnersOf(file)]).not.toEqual([file, []]);
    }
  }
});

describe("what is wrong would be found", () => {
  test("a title that is not there", () => {
    const file = "tests/core/merge.test.ts";
    expect(hasTitle({ file, title: "S65 different keys all survive" })).toBe(true);
    expect(hasTitle({ file, title: "S65 different keys all perish" })).toBe(false);
    expect(hasTitle({ file: "tests/core/nowhere.test.ts", title: "S65" })).toBe(false);
  });

  test("a text to break that stands in no source, and one that stands there twice", () => {
    const file = "tests/checklist/checklist.test.ts";
    const text = "const tagged = taggedTitles";
    expect(timesIn([file, `${text}();`, ""])).toBe(1);
    expect(timesIn([file, `${text}Once();`, ""])).toBe(0);
    expect(timesIn([file, text, ""])).toBe(2);
  });

  test("a source that a break leaves in pieces", () => {
    const edit = (from: string, to: string) => ["src/core/policy.ts", from, to] as const;
    expect(syntaxErrorsOf(edit('return "none";', ""))).toEqual([]);
    expect(syntaxErrorsOf(edit('return "none";', "return ("))).not.toEqual([]);
    expect(syntaxErrorsOf([edit("chooseWrite(", "("), edit('"none"', "1")])).not.toEqual([]);
  });

  test("numbers, as titles have them", () => {
    expect(numbersIn("C9 S06 S7: a value of S123, SHA256")).toEqual([6, 7]);
  });

  test("placeholders stand for anything, and nothing else does", () => {
    const pattern = new RegExp(`^${patternOf("S43 ${RUNS} of %s (%j): $what.")}$`);
    expect("S43 1,000 of a store (null): all.").toMatch(pattern);
    expect("S43 1,000 of a store (null): all").not.toMatch(pattern);
  });

  test("modules are run by the files that import them, however far off", () => {
    expect(runnersOf("tests/promises/limits.ts")).toEqual(
      expect.arrayContaining(["tests/web/promises.test.ts", "tests/express/promises.test.ts"]),
    );
    expect(runnersOf("src/testing/cases/races.ts")).toContain("tests/stores/memory.test.ts");
    expect(runnersOf("src/testing/cases/races.ts")).toContain("tests/stores/cloudflare.test.ts");
    expect(runnersOf("tests/core/nowhere.ts")).toEqual([]);
  });
});
