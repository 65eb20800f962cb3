/** Runs the tests of some lines, and tells what became of each. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  entriesOf,
  namedTitles,
  numbersIn,
  patternOf,
  root,
  runnersOf,
  taggedTitles,
} from "./coverage.ts";
import type { Line } from "./line.ts";
import { nameOf } from "./lines.ts";

export interface Outcome {
  readonly file: string;
  readonly ancestors: readonly string[];
  readonly title: string;
  readonly status: "passed" | "failed" | "skipped" | "pending" | "todo";
}

/** Files that run servers, browsers, other runtimes or packaged programs. */
const SLOW = new RegExp(
  "^tests/(?:browser|interop|package|runtimes|servers|testing)/|" +
    "^tests/stores/(?:cloudflare|deno|mysql|postgres|redis|sqlite_(?:bun|d1|faults|growth|busy|" +
    "batches|contention)|express_(?:gc|real)|trouble|unstorage)|" +
    "^tests/(?:web/(?:examples|process|size)|express/(?:debug|hosts))\\.test",
);

export function isQuick(file: string): boolean {
  return !SLOW.test(file);
}

/** The test files that run the tests of these lines. */
export function filesFor(lines: readonly Line[]): string[] {
  const asked = new Set(lines.map(({ number }) => number));
  const titled = [
    ...taggedTitles().filter(({ title }) => numbersIn(title).some((one) => asked.has(one))),
    ...lines.flatMap(namedTitles),
  ];
  return [...new Set(titled.flatMap(({ file }) => runnersOf(file)))].sort();
}

/** Whether a test, as it ran, shows a line. */
export function shows(line: Line, { file, ancestors, title }: Outcome): boolean {
  const all = [...ancestors, title];
  if (all.some((each) => numbersIn(each).includes(line.number))) return true;
  return namedTitles(line).some((named) => {
    // The kit puts a store's name in front of its sentences.
    const pattern = new RegExp(`^(?:[^]*: )?${patternOf(named.title)}$`);
    return all.some((each) => pattern.test(each)) && runnersOf(named.file).includes(file);
  });
}

export interface RunOptions {
  readonly files: readonly string[];
  readonly lines: readonly Line[];
  readonly config?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What vitest says is passed on. */
  readonly isLoud?: boolean;
}

/** Runs the tests of these lines that are in these files. */
export async function runTests(
  { files, lines, config, env, isLoud }: RunOptions,
): Promise<Outcome[]> {
  if (files.length === 0) return [];
  const folder = mkdtempSync(join(tmpdir(), "websession-checklist-"));
  const report = join(folder, "report.json");
  const numbers = lines.map(({ number }) => `${nameOf(number)}\\b|S${number}\\b`);
  const named = lines.flatMap(namedTitles).map(({ title }) => patternOf(title));
  const args = [
    ...["run", ...files, "--reporter=json", `--outputFile=${report}`],
    ...["--testNamePattern", [...numbers, ...named].join("|")],
    ...config === undefined ? [] : ["--config", config],
  ];
  try {
    await new Promise<void>((resolve, reject) => {
      const vitest = join(root, "node_modules/vitest/vitest.mjs");
      const child = spawn(process.execPath, [vitest, ...args], {
        cwd: root,
        env: { ...process.env, ...env },
        stdio: ["ignore", "ignore", isLoud ? "inherit" : "ignore"],
      });
      child.once("error", reject).once("close", () => resolve());
    });
    return outcomesIn(readFileSync(report, "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function outcomesIn(text: string): Outcome[] {
  // deno-lint-ignore no-explicit-any
  const { testResults } = JSON.parse(text) as any;
  // deno-lint-ignore no-explicit-any
  return testResults.flatMap(({ name, assertionResults }: any) => {
    const file = name.replaceAll("\\", "/").slice(root.length);
    // deno-lint-ignore no-explicit-any
    return assertionResults.map(({ ancestorTitles, title, status }: any) => ({
      file,
      ancestors: ancestorTitles,
      title,
      status,
    }));
  });
}

const STORES = "cloudflare|cookie|deno_kv|encrypt|express|hash_ids|memory|mysql|postgres|redis|" +
  "sqlite|tiered|unstorage";

/** What a test was asked of, as the table calls it: an entry, a store, or the core. */
export function placeOf({ file, ancestors, title }: Outcome): string {
  const [, folder, base = ""] = file.split("/");
  const [first = ""] = ancestors;
  if (folder === "stores") {
    const inKit = /^((?:[^:]|: (?:true|false) )+): /.exec(title)?.[1];
    return `store ${inKit ?? new RegExp(`^(?:${STORES})`).exec(base)?.[0].replace("_", "-")}`;
  }
  const [entry, ...others] = entriesOf(file, ancestors);
  if (entry === undefined) return folder === "browser" ? first : folder!;
  if (others.length > 0) return folder === "checklist" ? "source" : `${folder}: ${first}`;
  return base.startsWith("promises") ? `${entry} ${first}` : entry;
}
