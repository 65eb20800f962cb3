/**
 * Breaks the source in thousands of small ways, and counts those that no test notices.
 *
 *     npm run mutants                          every folder
 *     npm run mutants -- core cookie           some folders
 *     npm run mutants -- src/core/merge.ts     some files: says what it finds, and records nothing
 *     npm run mutants -- core --brief          asks only the tests named for the files
 *     npm run mutants -- core --quick          asks few tests of each: 16, or as many as --few says
 *     npm run mutants -- core --alive          tries what lived the last time, here
 *     npm run mutants -- src/core/merge.ts --record    puts what it finds in its folder's place
 *     npm run mutants -- --tables              results.md once more, of what is recorded
 *
 * Results go to mutation/results/<folder>.json and results.md.
 */
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, matchesGlob } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { FOLDERS } from "./folders.ts";
import { summarize, type Summary } from "./report.ts";
import { survivorsText, tables } from "./tables.ts";
import { type Manner, tryAll } from "./try_all.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const flag = { type: "boolean", default: false } as const;
// Whatever else is asked is refused: a run takes hours, and nobody wants one by a slip.
const { values, positionals: asked } = parseArgs({
  allowPositionals: true,
  options: {
    brief: flag,
    quick: flag,
    alive: flag,
    few: { type: "string", default: "16" },
    record: flag,
    tables: flag,
  },
});
const isFile = (name: string): boolean => name.endsWith(".ts") && existsSync(`${root}${name}`);
const stray = asked.find((name) => !Object.hasOwn(FOLDERS, name) && !isFile(name));
if (stray !== undefined) {
  throw new TypeError(`"${stray}" is no file, and none of ${Object.keys(FOLDERS).join(", ")}`);
}
const manner: Manner = {
  isBrief: values.brief,
  isQuick: values.quick,
  isGoingOn: values.alive,
  few: Number(values.few),
};

async function measure(
  name: string,
  files: readonly string[],
  near: readonly string[],
): Promise<Summary> {
  const { stdout } = spawnSync("git", ["rev-parse", "--short", "HEAD"], {
    cwd: root,
  });
  const stryker = readFileSync(
    here("./node_modules/@stryker-mutator/instrumenter/package.json"),
    "utf8",
  );
  const made = {
    date: new Date().toISOString().slice(0, 10),
    commit: String(stdout).trim(),
    node: process.version,
    stryker: (JSON.parse(stryker) as { version: string }).version,
    command: `npm run mutants -- ${
      [name, ...process.argv.slice(2).filter((word) => !asked.includes(word))].join(" ")
    }`,
  };
  const summary = summarize(await tryAll(files, near, manner), made);
  process.stdout.write(`${survivorsText(summary)}\n`);
  return summary;
}

/** Where the tests named for a file are. */
function testsNear(file: string): readonly string[] {
  const folder = Object.values(FOLDERS).find(({ files }) => matchesGlob(file, files));
  return folder?.near ?? [`${dirname(file).replace(/^src/, "tests")}/`];
}

/** Files that were measured by themselves take the place of what their folder's record has of them. */
function putInPlace(newer: Summary): void {
  for (const [folder, { files: pattern }] of Object.entries(FOLDERS)) {
    const path = here(`./results/${folder}.json`);
    const files = newer.files.filter(({ file }) => matchesGlob(file, pattern));
    if (files.length === 0 || !existsSync(path)) continue;
    const older = JSON.parse(readFileSync(path, "utf8")) as Summary;
    const isNewer = ({ file }: { readonly file: string }) =>
      files.some((each) => each.file === file);
    const all = [...older.files.filter((each) => !isNewer(each)), ...files];
    const names = files.map(({ file }) => file.split("/").at(-1)).join(", ");
    const merged: Summary = {
      ...older,
      commit: `${older.commit} (${names}: ${newer.commit})`,
      files: all.sort((one, other) => one.file < other.file ? -1 : 1),
    };
    writeFileSync(path, `${JSON.stringify(merged, null, 2)}\n`);
  }
}

mkdirSync(here("./results"), { recursive: true });
mkdirSync(here("./.tmp"), { recursive: true });
const isAll = asked.length === 0 && !values.tables;
const names = isAll ? Object.keys(FOLDERS) : asked;
for (const name of names.filter((each) => Object.hasOwn(FOLDERS, each))) {
  const { files, near } = FOLDERS[name]!;
  const summary = await measure(
    name,
    globSync(files, { cwd: root }).sort(),
    near,
  );
  writeFileSync(
    here(`./results/${name}.json`),
    `${JSON.stringify(summary, null, 2)}\n`,
  );
}
const files = names.filter(isFile);
if (files.length > 0) {
  const near = new Set(files.flatMap(testsNear));
  const summary = await measure(files.join(" "), files, [...near]);
  if (values.record) putInPlace(summary);
}
writeFileSync(here("./results.md"), tables(here("./results")));
