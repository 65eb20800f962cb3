/**
 * Breaks the Lua scripts and the SQL statements in small ways, and counts those that nobody notices.
 *
 *     npm run mutants:texts                   both
 *     npm run mutants:texts -- lua            or one of them
 *     npm run mutants:texts -- lua --alive    only those that lived the last time, or were not reached,
 *                                             and are not known for equivalent
 *     npm run mutants:texts -- lua --kit      only the kit is asked, not the tests of the stores
 *     npm run mutants:texts -- lua --tests    only those tests
 *     npm run mutants:texts -- lua --only=scan    only modules whose path has this
 *     npm run mutants:texts -- --tables       the page once more, of what is recorded
 *
 * Results go to mutation/results/texts-<language>.json and texts.md.
 */
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { reasonFor } from "./equivalent.ts";
import { groundsFor, stopAll } from "./kit_runs.ts";
import { type Language, literalsOf } from "./literals.ts";
import { type Mutant, mutantsOf } from "./operators.ts";
import { type Outcome, type Summary, tables } from "./tables.ts";
import { tryTests } from "./test_runs.ts";
import { checkUnbroken, tryKit } from "./trial.ts";

const root = join(import.meta.dirname, "../..");
/** To look up who noticed what, while it runs and afterwards. */
const scratch = join(import.meta.dirname, "../.tmp");
mkdirSync(scratch, { recursive: true });
const FILES: Readonly<Record<Language, string>> = {
  lua: "src/stores/redis/{lua*,scripts*,notices}.ts",
  sql: "src/stores/{sql/{statements,own_rows,{sqlite,postgres,mysql}{,_look}},postgres/notices}.ts",
};

const has = (flag: string): boolean => process.argv.includes(`--${flag}`);
const only = process.argv.find((word) => word.startsWith("--only="))?.slice(
  "--only=".length,
) ?? "";
const results = join(import.meta.dirname, "../results");
const recordOf = (language: Language): string => join(results, `texts-${language}.json`);

function lastTime(language: Language): Outcome[] {
  const path = recordOf(language);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Summary).outcomes : [];
}

/** What tells a mutant from the others, wherever its line has moved. */
const keyOf = ({ file, source, operator, from, to, nth }: Outcome): string =>
  JSON.stringify([file, source, operator, from, to, nth]);

function listed(language: Language): { mutant: Mutant; outcome: Outcome }[] {
  const seen = new Map<string, number>();
  return globSync(FILES[language], { cwd: root }).sort().flatMap((path) => {
    const source = readFileSync(join(root, path), "utf8");
    const lines = source.split("\n");
    return mutantsOf(path, source, literalsOf(source, language), language).map(
      (mutant) => {
        const { file, line, operator, from, to } = mutant;
        const bare = {
          file,
          line,
          operator,
          from,
          to,
          source: lines[line - 1]!.trim(),
        };
        const place = JSON.stringify({ ...bare, line: 0 });
        const nth = seen.get(place) ?? 0;
        seen.set(place, nth + 1);
        return { mutant, outcome: { ...bare, nth } };
      },
    );
  });
}

/** What is known so far, to be written down now and then: a run takes its time. */
class Findings {
  readonly #language: Language;
  readonly #outcomes: Outcome[];
  readonly #commit: string;

  constructor(language: Language, outcomes: Outcome[]) {
    this.#language = language;
    this.#outcomes = outcomes;
    const { stdout } = spawnSync("git", ["rev-parse", "--short", "HEAD"], {
      cwd: root,
    });
    this.#commit = String(stdout).trim();
  }

  /** Notes what came of a mutant. */
  note(at: number, death: string | undefined, how: string): void {
    const outcome = this.#outcomes[at]!;
    if (death !== undefined) this.#outcomes[at] = { ...outcome, death };
    const { file, line, operator, from, to } = outcome;
    const what = `${file}:${line} ${operator}, ${from.trim()} → ${to.trim()}`;
    const said = `${at + 1}/${this.#outcomes.length} ${what} | ${death ?? "lives"}, ${how}`;
    appendFileSync(join(scratch, `texts-${this.#language}.txt`), `${said}\n`);
    if (death === undefined) console.log(said);
    if (at % 25 === 24) this.write();
  }

  write(): void {
    const date = new Date().toISOString().slice(0, 10);
    const outcomes = this.#outcomes;
    const summary: Summary = {
      date,
      commit: this.#commit,
      node: process.version,
      outcomes,
    };
    writeFileSync(
      recordOf(this.#language),
      `${JSON.stringify(summary, null, 1)}\n`,
    );
  }
}

async function measure(language: Language): Promise<void> {
  const before = new Map(
    lastTime(language).map((outcome) => [keyOf(outcome), outcome]),
  );
  const all = listed(language);
  const outcomes = all.map(({ outcome }): Outcome => {
    const { death } = before.get(keyOf(outcome)) ?? {};
    const isAsked = outcome.file.includes(only) && !has("alive");
    return { ...outcome, ...(death !== undefined && !isAsked && { death }) };
  });
  const asked = [...all.entries()].filter(([at, { mutant: { file } }]) => {
    const outcome = outcomes[at]!;
    const isKnown = has("alive") && reasonFor(outcome) !== undefined;
    return file.includes(only) && outcome.death === undefined && !isKnown;
  });
  const findings = new Findings(language, outcomes);
  if (!has("tests")) {
    await checkUnbroken([
      ...new Set(
        asked.flatMap(([, { mutant: { file } }]) => groundsFor(file, language)),
      ),
    ]);
    for (const [at, { mutant: { file, broken } }] of asked) {
      const begun = Date.now();
      const death = await tryKit(
        groundsFor(file, language),
        join(root, file),
        broken,
      );
      findings.note(at, death, `${Date.now() - begun} ms`);
    }
  }
  if (!has("kit")) {
    const named = all.map(({ mutant }, at) => ({ id: String(at), mutant }));
    const alive = asked.map(([at]) => named[at]!)
      .filter(({ id }) => outcomes[Number(id)]!.death === undefined);
    await tryTests(
      root,
      named,
      alive,
      (id, death) => findings.note(Number(id), death, "tests"),
    );
  }
  findings.write();
}

// The servers go with this process.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(1));
}
const asked = (["lua", "sql"] as const).filter((language) => process.argv.includes(language));
const both: readonly Language[] = has("tables") ? [] : ["lua", "sql"];
for (const language of asked.length > 0 ? asked : both) await measure(language);
writeFileSync(join(results, "texts.md"), tables(lastTime));
console.log(`See ${relative(process.cwd(), join(results, "texts.md"))}`);
await stopAll();
process.exit();
