/**
 * Breaks the source in thousands of small ways, and counts those that no test notices.
 *
 *     npm run mutants                          every folder, for hours
 *     npm run mutants -- core cookie           some folders
 *     npm run mutants -- src/core/merge.ts     some files: says what it finds, and records nothing
 *     npm run mutants -- --tables              results.md once more, of what is recorded
 *
 * Results go to mutation/results/<folder>.json and results.md.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { FOLDERS, isFolder } from "./folders.ts";
import { type Report, summarize } from "./report.ts";
import { survivorsText, tables } from "./tables.ts";

const here = (path: string): string =>
  fileURLToPath(new URL(path, import.meta.url));
const say = (words: string): void => void process.stdout.write(`${words}\n`);

/** What Stryker says of some files. What it knew of unchanged ones is not asked again. */
function mutate(files: string, memory: string): Report {
  const report = here("./.tmp/report.json");
  rmSync(report, { force: true });
  const { status } = spawnSync(process.execPath, [
    here("./node_modules/@stryker-mutator/core/bin/stryker.js"),
    "run",
    here("./stryker.config.json"),
    "--mutate",
    files,
    "--incremental",
    "--incrementalFile",
    here(`./.tmp/${memory}.json`),
  ], { cwd: here("../"), stdio: "inherit" });
  if (status !== 0) throw new Error(`Stryker ended with ${status}`);
  return JSON.parse(readFileSync(report, "utf8")) as Report;
}

function commit(): string {
  const { stdout } = spawnSync("git", ["rev-parse", "--short", "HEAD"], {
    cwd: here("../"),
  });
  return String(stdout).trim();
}

const asked = process.argv.slice(2);
if (!asked.includes("--tables")) {
  mkdirSync(here("./results"), { recursive: true });
  const names = asked.length > 0 ? asked : Object.keys(FOLDERS);
  const files = names.filter((name) => !isFolder(name));
  for (const name of names.filter(isFolder)) {
    const summary = summarize(
      mutate(FOLDERS[name].join(","), name),
      FOLDERS[name],
      {
        date: new Date().toISOString().slice(0, 10),
        commit: commit(),
        node: process.version,
        command: `npm run mutants -- ${name}`,
      },
    );
    writeFileSync(
      here(`./results/${name}.json`),
      `${JSON.stringify(summary, null, 2)}\n`,
    );
    say(survivorsText(summary));
  }
  if (files.length > 0) {
    const made = { date: "", commit: "", node: "", command: "" };
    say(
      survivorsText(summarize(mutate(files.join(","), "files"), files, made)),
    );
  }
}
writeFileSync(here("./results.md"), tables(here("./results")));
