/** README.md's table of differences is complete, and every row of it is shown. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { DIFFERENCES } from "./support/differences.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const readme = readFileSync(join(here, "../../README.md"), "utf8");

/** The left cells of the table under a heading. */
function rowsUnder(heading: string): string[] {
  const [, section = ""] = readme.split(`### ${heading}\n`);
  const lines = section.split("\n");
  const begin = lines.findIndex((line) => line.startsWith("| ---"));
  const length = lines.slice(begin).findIndex((line) => !line.startsWith("|"));
  return lines.slice(begin + 1, begin + length).map((line) => line.split(" | ")[0]!.slice(2));
}

describe("what is different from express-session", () => {
  const rows = rowsUnder("What is different from express-session");

  test("stands in README.md once, whatever the random scripts tolerate and the tests show", () => {
    const known = Object.values(DIFFERENCES).map(({ row }) => row);
    expect(known.filter((row) => !rows.includes(row))).toEqual([]);
    expect(rows.filter((row) => !known.includes(row))).toEqual([]);
    expect([new Set(rows).size, known.length]).toEqual([rows.length, rows.length]);
  });

  test.each(Object.entries(DIFFERENCES))("%s is shown by a test", (_name, { shown }) => {
    const [file, name] = shown;
    const text = readFileSync(join(here, `${file}.test.ts`), "utf8");
    // The whole file would be no help.
    expect(text.includes(JSON.stringify(name))).toBe(true);
  });
});
