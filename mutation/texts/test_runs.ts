/** Shows the mutants that the kit has not noticed to the tests of their stores, in one process. */
import { spawn } from "node:child_process";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Plan } from "../plan.ts";
import { groupBy, type Named, withSwitches } from "./switches.ts";

/** What a run of vitest is to do. */
export interface TextPlan extends Plan {
  /** Modules as they are to be loaded, by their paths. */
  readonly texts: Readonly<Record<string, string>>;
  readonly tests: readonly string[];
}

/** What the tests write down as they go. */
interface Note {
  readonly file: string;
  readonly trying?: string;
  readonly tried?: string;
  readonly death?: string;
  readonly done?: true;
  readonly failed?: true;
}

/** Milliseconds after which whoever says nothing is stuck. */
const SILENCE = 180_000;
const SILENCE_IN_TRIAL = 60_000;

const scratch = join(import.meta.dirname, "../.tmp");
const NOTES = join(scratch, `text-notes-${process.pid}.jsonl`);
const PLAN = join(scratch, `text-plan-${process.pid}.json`);

/** The tests that know of a module. */
const TESTS: readonly (readonly [module: RegExp, tests: readonly string[]])[] = [
  [/cross_slot/, ["redis_cross_slot", "redis_adopted", "redis_told"]],
  [/redis/, [
    "redis_keys",
    "redis_adopted",
    "redis_scripts",
    "redis_cross_slot",
    "redis_told",
    "redis_subjects",
    "redis_server",
    "redis_prefixes",
    "redis_walks",
  ]],
  [/postgres\/notices/, ["postgres_told", "postgres_watch"]],
  [/postgres/, [
    "sql_schemas",
    "sql_statements",
    "postgres_schema",
    "postgres_odd_tables",
    "postgres_interop",
    "postgres",
  ]],
  [/mysql/, ["sql_schemas", "sql_statements", "mysql_schema", "mysql_odd_tables", "mysql"]],
  [/sqlite/, [
    "sql_schemas",
    "sql_statements",
    "sqlite_schema",
    "sqlite_odd_tables",
    "sqlite_faults",
    "sqlite_batches",
    "sqlite",
  ]],
  [/sql/, [
    "sql_schemas",
    "sql_statements",
    "sqlite_schema",
    "sqlite_odd_tables",
    "sqlite_batches",
    "sqlite",
    "postgres",
    "mysql",
  ]],
];

const testsFor = (file: string): readonly string[] =>
  TESTS.find(([module]) => module.test(file))![1].map((name) => `tests/stores/${name}.test.ts`);

/** Which test has noticed which mutant; `all` of a module stand in it. */
export async function tryTests(
  root: string,
  all: readonly Named[],
  alive: readonly Named[],
  noticed: (id: string, death: string | undefined) => void,
): Promise<void> {
  const groups = groupBy(
    alive,
    ({ mutant }) => JSON.stringify(testsFor(mutant.file)),
  );
  for (const [tests, group] of groups) {
    const files = [...new Set(group.map(({ mutant }) => mutant.file))];
    const texts = Object.fromEntries(files.map((file) => {
      const own = all.filter(({ mutant }) => mutant.file === file);
      return [
        join(root, file),
        withSwitches(readFileSync(join(root, file), "utf8"), own),
      ];
    }));
    await tryGroup(
      root,
      group.map(({ id }) => id),
      texts,
      JSON.parse(tests),
      noticed,
    );
  }
}

async function tryGroup(
  root: string,
  ids: readonly string[],
  texts: TextPlan["texts"],
  tests: readonly string[],
  noticed: (id: string, death: string | undefined) => void,
): Promise<void> {
  const deaths = new Map<string, string>();
  rmSync(NOTES, { force: true });
  for (let isOver = false; !isOver;) {
    const plan: TextPlan = {
      ...{
        files: [],
        near: ["tests/"],
        isBrief: false,
        isLook: false,
        few: undefined,
        modules: undefined,
        texts,
        tests,
      },
      alive: ids.filter((id) => !deaths.has(id)),
      done: notesSoFar().filter(({ done, failed }) => done || failed).map((
        { file },
      ) => file),
    };
    writeFileSync(PLAN, JSON.stringify(plan));
    isOver = await runTests(root);
    const notes = notesSoFar();
    for (const { tried, death } of notes) {
      if (tried !== undefined && death !== undefined) deaths.set(tried, death);
    }
    // The last thing a process that got stuck was at.
    const stuck = notes.at(-1)?.trying;
    if (stuck !== undefined) deaths.set(stuck, "hangs");
    else if (!isOver) giveUp(tests);
  }
  for (const { file } of notesSoFar().filter(({ failed }) => failed)) {
    console.log(
      `${file} fails unbroken, or when it runs twice: it was not asked`,
    );
  }
  for (const id of ids) noticed(id, deaths.get(id));
}

/** Of the tests that did not come to an end unbroken. */
function giveUp(tests: readonly string[]): void {
  const over = notesSoFar().filter(({ done, failed }) => done || failed).map((
    { file },
  ) => file);
  const file = tests.find((test) => !over.includes(test));
  if (file !== undefined) {
    appendFileSync(NOTES, `${JSON.stringify({ file, failed: true })}\n`);
  }
}

function notesSoFar(): Note[] {
  try {
    return readFileSync(NOTES, "utf8").split("\n").filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Note);
  } catch {
    return [];
  }
}

/** Whether all tests have had their turn; `false`: the process got stuck on the way. */
function runTests(root: string): Promise<boolean> {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const child = spawn(
    process.execPath,
    [vitest, "run", "-c", join(import.meta.dirname, "vitest.config.ts")],
    {
      cwd: root,
      env: { ...process.env, MUTANTS_PLAN: PLAN, MUTANTS_NOTES: NOTES },
      stdio: ["ignore", "ignore", "ignore"],
    },
  );
  return new Promise((resolve) => {
    let [said, since] = [0, Date.now()];
    const watch = setInterval(() => {
      const notes = notesSoFar();
      const patience = notes.at(-1)?.trying === undefined ? SILENCE : SILENCE_IN_TRIAL;
      if (notes.length !== said) [said, since] = [notes.length, Date.now()];
      else if (Date.now() - since > patience) child.kill("SIGKILL");
    }, 2_000);
    child.once("exit", (_code, signal) => {
      clearInterval(watch);
      resolve(signal === null);
    });
  });
}
