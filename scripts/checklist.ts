/**
 * The security checklist, with the tests that show each line and what became of them.
 *
 *     npm run checklist                     every line
 *     npm run checklist -- S43 S44          some lines
 *     npm run checklist -- --quick          without servers, browsers and other programs
 *     npm run checklist -- --broken [S43]   breaks the source line by line: its tests must turn red
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { entriesOf, root } from "../tests/checklist/coverage.ts";
import { type Break, editsOf, type Line } from "../tests/checklist/line.ts";
import { LINES, nameOf } from "../tests/checklist/lines.ts";
import {
  filesFor,
  isQuick,
  type Outcome,
  placeOf,
  runTests,
  shows,
} from "../tests/checklist/run.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    broken: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
  },
});

/** What fails there is made short first, which takes minutes. */
const SHRINKS = /^tests\/model\//;

const asked = positionals.map((text) => Number(text.replace(/^S/i, "")));
const lines = asked.length === 0 ? LINES : LINES.filter(({ number }) => asked.includes(number));

process.exitCode = await (values.broken ? breakLines() : showLines());

/** Runs the tests once, and prints the table. */
async function showLines(): Promise<number> {
  const files = filesFor(lines).filter((file) => !values.quick || isQuick(file));
  console.log(`${lines.length} lines, ${files.length} files of tests`);
  const outcomes = await runTests({ files, lines, isLoud: true });
  const found = lines.map((line) => show(line, outcomes.filter((each) => shows(line, each))));
  const count = (word: string) => found.filter((each) => each === word).length;
  console.log(
    `\n${count("holds")} hold, ${count("FAILS")} fail, ` +
      `${count("not run")} were not run, ${count("open")} are open`,
  );
  return count("FAILS") > 0 || (!values.quick && count("not run") > 0) ? 1 : 0;
}

type Word = "holds" | "FAILS" | "not run" | "open";

function show(line: Line, outcomes: readonly Outcome[]): Word {
  const byPlace = grouped(outcomes, placeOf);
  const passed = outcomes.filter(({ status }) => status === "passed").length;
  const failed = outcomes.filter(({ status }) => status === "failed");
  const word = failed.length > 0
    ? "FAILS"
    : line.open !== undefined
    ? "open"
    : passed > 0
    ? "holds"
    : "not run";
  console.log(`\n${nameOf(line.number)}  ${word.padEnd(7)}  ${line.says}`);
  if (line.open !== undefined) console.log(`     open: ${line.open}`);
  if (line.note !== undefined) console.log(`     note: ${line.note}`);
  for (const [place, tests] of [...byPlace].sort(([one], [other]) => one < other ? -1 : 1)) {
    console.log(`     ${place}: ${tallyOf(tests)}`);
  }
  for (const { file, ancestors, title } of failed) {
    console.log(`     FAILED ${file} > ${[...ancestors, title].join(" > ")}`);
  }
  return word;
}

function grouped<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(keyOf(one), [...groups.get(keyOf(one)) ?? [], one]);
  return groups;
}

function tallyOf(tests: readonly Outcome[]): string {
  const counts = grouped(tests, ({ status }) => status === "pending" ? "skipped" : status);
  return [...counts].map(([status, some]) => `${some.length} ${status}`).join(", ");
}

/** Breaks the source of each line, and asks for a red test at each entry that promises it. */
async function breakLines(): Promise<number> {
  let unnoticed = 0;
  for (const line of lines) {
    if (line.breaks === undefined) continue;
    const name = nameOf(line.number);
    const red = new Set<string>();
    let count = 0;
    for (const broken of line.breaks) {
      const missing = editsOf(broken).find(([file, from]) => !sourceOf(file).includes(from));
      if (missing !== undefined) {
        console.log(`${name}  ${missing[0]}: the text to break stands there no more`);
        continue;
      }
      const failed = await redTests(line, broken);
      count += failed.length;
      for (const { file, ancestors } of failed) {
        const entries = entriesOf(file, ancestors);
        if (entries.length === 1) red.add(entries[0]!);
        else red.add(/express|node/i.test(ancestors[0] ?? "") ? "Express" : "elsewhere");
        if (/hono|fetch|web/i.test(ancestors[0] ?? "")) red.add("Web");
      }
    }
    const isSeen = count > 0 && (line.on !== "both" || (red.has("Express") && red.has("Web")));
    if (!isSeen) unnoticed++;
    console.log(`${name}  ${isSeen ? "seen" : "MISSED"}  ${count} red: ${[...red].join(", ")}`);
  }
  console.log(`\n${unnoticed} lines whose break went unnoticed`);
  return unnoticed > 0 ? 1 : 0;
}

function sourceOf(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

async function redTests(line: Line, broken: Break): Promise<Outcome[]> {
  const outcomes = await runTests({
    files: filesFor([line]).filter((file) => isQuick(file) && !SHRINKS.test(file)),
    lines: [line],
    config: "tests/checklist/broken.config.ts",
    env: { WEBSESSION_BREAK: JSON.stringify(broken) },
  });
  return outcomes.filter((each) => each.status === "failed" && shows(line, each));
}
