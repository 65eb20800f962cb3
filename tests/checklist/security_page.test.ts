/** SECURITY.md promises what the checklist shows, and nothing that is open. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { numbersIn, root } from "./coverage.ts";
import { LINES, nameOf } from "./lines.ts";

const page = readFileSync(join(root, "SECURITY.md"), "utf8");

/** The text under a heading of the second level. */
function section(text: string, heading: string): string {
  const [, found = ""] = text.split(`\n## ${heading}\n`);
  return found.split("\n## ")[0]!;
}

/** The rows of a section's tables, without their heads. */
function rowsIn(text: string): string[] {
  return text.split("\n").filter((line) => /^\| (?!-|from whom)/.test(line));
}

const openLines = LINES.filter((line) => line.open !== undefined).map(({ number }) => number);

/** What is wrong with promises: a line that does not exist, one that is open, and a promise without any. */
function faultsIn(promises: string, open = openLines): string[] {
  const faults = numbersIn(promises).flatMap((number) => {
    if (!LINES.some((line) => line.number === number)) return [`${nameOf(number)} is no line`];
    return open.includes(number) ? [`${nameOf(number)} is open`] : [];
  });
  const bare = rowsIn(promises).filter((row) => numbersIn(row.split("|").at(-2)!).length === 0);
  return [...faults, ...bare.map((row) => `nothing shows: ${row}`)];
}

test("each promise names the lines that show it, and none of those is open", () => {
  const promises = section(page, "What is promised").replace("S01 to S93", "");
  expect(rowsIn(promises).length).toBeGreaterThan(20);
  expect(faultsIn(promises)).toEqual([]);
});

test("what is not promised names each line that is open, and no other", () => {
  const numbers = numbersIn(section(page, "What is not promised"));
  expect(new Set(numbers)).toEqual(new Set(openLines));
});

test("every line that holds stands on the page", () => {
  const named = new Set(numbersIn(section(page, "What is promised")));
  const closed = LINES.filter((line) => line.open === undefined);
  expect(closed.filter(({ number }) => !named.has(number)).map(({ number }) => nameOf(number)))
    .toEqual([]);
});

test("… and what is wrong would be found", () => {
  const promises = "| who | what | S01 |\n| who | what | S99 |\n| who | what |  |";
  expect(faultsIn(promises, [1]))
    .toEqual(["S01 is open", "S99 is no line", "nothing shows: | who | what |  |"]);
});
