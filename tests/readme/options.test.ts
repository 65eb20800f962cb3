/** README's tables of options are complete, and say the defaults that the types do. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../package/pack.ts";

const read = (path: string) => readFileSync(join(root, path), "utf8");

/** A comment, and the name under it; a linter may be told something between them. */
const PROPERTY = /\/\*\*((?:(?!\*\/).)*)\*\/\s+(?:\/\/[^\n]*\n\s*)?(\w+)\??:/gs;

/** The properties of an interface, each with the default its comment says, if that is a value. */
function propertiesOf(file: string, name: string): Map<string, string | undefined> {
  const [, body = ""] = new RegExp(`^export interface ${name}\\b.*?\\{\\n(.*?)^\\}`, "ms").exec(
    read(file),
  ) ?? [];
  const found = new Map<string, string | undefined>();
  for (const [, comment, property] of body.matchAll(PROPERTY)) {
    found.set(property!, /@default \{(.*?)\}/s.exec(comment!)?.[1]);
  }
  return found;
}

/** The rows of the table under a heading: what stands in code in the first cell, with the last cell. */
function rowsUnder(heading: string, first: string): Map<string, string> {
  const [, chapter = ""] = read("README.md").split(`\n${heading}\n`);
  const table = chapter.slice(chapter.indexOf(first)).split("\n\n")[0]!;
  const rows = new Map<string, string>();
  for (const line of table.split("\n").filter((each) => each.startsWith("| `"))) {
    const cells = line.slice(2, -2).split(" | ");
    for (const [, option] of cells[0]!.matchAll(/`(\w+)`/g)) rows.set(option!, cells.at(-1)!);
  }
  return rows;
}

/** What express-session has, with its meaning and its defaults. */
const OF_EXPRESS_SESSION = [
  ...["secret", "cookie", "genid", "name", "key", "proxy", "resave", "rolling"],
  ...["saveUninitialized", "unset"],
];
const data = propertiesOf("src/core/data_schema.ts", "DataOptions");
const ENTRIES: [string, string, string, readonly string[]][] = [
  ["src/web/options.ts", "### Options", "| `secret`", []],
  [
    "src/express/options.ts",
    "### What is different from express-session",
    "| `compat`",
    OF_EXPRESS_SESSION,
  ],
];

describe.each(ENTRIES)("the options of %s", (file, heading, first, known) => {
  const properties = new Map([...propertiesOf(file, "SessionOptions"), ...data]);
  const rows = rowsUnder(heading, first);

  test("are in README, and no others", () => {
    expect(properties.size).toBeGreaterThan(20);
    const own = [...properties.keys()].filter((name) => !known.includes(name));
    expect([...rows.keys()].filter((name) => !known.includes(name)).sort()).toEqual(own.sort());
  });

  test("have the defaults there that their types say", () => {
    for (const [name, value] of properties) {
      const isValue = value !== undefined && /^(true|false|[\d_]+|"[\w-]+")$/.test(value);
      if (isValue && rows.has(name)) {
        expect(rows.get(name), name).toContain(value.replaceAll('"', ""));
      }
    }
  });
});
