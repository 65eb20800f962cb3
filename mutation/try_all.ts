/** Has every mutant of some files tried, in a process that may be lost on the way. */
import { spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { instrument, type Mutant } from "./instrument.ts";
import type { Plan } from "./plan.ts";

/** What came of a mutant: which test noticed it, if any did. */
export interface Outcome {
  readonly mutant: Mutant;
  readonly death: string | undefined;
  /** Some test passes through it. */
  readonly isCovered: boolean;
}

/** What the tests write down as they go. */
interface Note {
  readonly file: string;
  readonly trying?: string;
  readonly tried?: string;
  readonly death?: string;
  readonly done?: true;
  readonly failed?: true;
  /** The mutants each test passes through. */
  readonly through?: Readonly<Record<string, readonly string[]>>;
}

/** How much is asked. */
export interface Manner {
  /** Only the tests named for the files are asked. */
  readonly isBrief: boolean;
  /** Only few tests are asked of each mutant. */
  readonly isQuick: boolean;
  /** Most mutants die by tests that do little else: so many. What lives through them meets all. */
  readonly few: number;
  /** Only what lived the last time is tried. */
  readonly isGoingOn: boolean;
}

/** Milliseconds: longer than any file of tests takes unbroken … */
const SILENCE = 120_000;
/** … and longer than it takes with a mutant: whoever says nothing for so long is stuck. */
const SILENCE_IN_TRIAL = 25_000;

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const QUICK = ["own", "look", "few"] as const;
const ROUNDS = [...QUICK, "all"] as const;

const NOTES = here("./.tmp/notes.jsonl");
const PLAN = here("./.tmp/plan.json");
const LIVES = "lives";
/** To look up which test noticed what. */
const DEATHS = here("./.tmp/deaths.txt");

/**
 * Each mutant is shown to its module's own tests first, most die there; and then to all.
 *
 * @param near Where the tests named for these files are.
 */
export async function tryAll(
  files: readonly string[],
  near: readonly string[],
  { isBrief, isQuick, isGoingOn, few: most }: Manner,
): Promise<readonly Outcome[]> {
  const { mutants } = await instrument(files);
  const modules = Object.fromEntries(
    mutants.map(({ id, fileName }) => [id, basename(fileName, ".ts")]),
  );
  const deaths = isGoingOn ? deathsBefore(mutants) : new Map<string, string>();
  const covered = new Set<string>(deaths.keys());
  let few: Plan["few"];
  for (const round of isQuick ? QUICK : ROUNDS) {
    rmSync(NOTES, { force: true });
    for (let isOver = false; !isOver;) {
      writePlan({
        files,
        near,
        isBrief: isBrief || round === "own",
        isLook: round === "look",
        few: round === "few" ? few : undefined,
        modules: round === "own" ? modules : undefined,
        alive: mutants.map(({ id }) => id).filter((id) => !deaths.has(id)),
        done: notesSoFar().filter(({ done, failed }) => done || failed).map((
          { file },
        ) => file),
      });
      isOver = await runTests();
      const notes = notesSoFar();
      for (const { trying, tried, death } of notes) {
        if (trying !== undefined) covered.add(trying);
        if (tried !== undefined && death !== undefined) {
          deaths.set(tried, death);
        }
      }
      // The last thing a process that got stuck was at.
      const stuck = notes.at(-1)?.trying;
      if (stuck !== undefined) deaths.set(stuck, "goes round in circles");
    }
    if (round === "look") few = fewFor(notesSoFar(), most);
  }
  writeFileSync(DEATHS, mutants.map((mutant) => deathText(mutant, deaths.get(mutant.id))).join(""));
  for (const { file } of notesSoFar().filter(({ failed }) => failed)) {
    process.stderr.write(
      `${file} fails unbroken, or when it runs twice: it was not asked\n`,
    );
  }
  return mutants.map((mutant) => ({
    mutant,
    death: deaths.get(mutant.id),
    isCovered: covered.has(mutant.id),
  }));
}

/** The tests that pass through least beside a mutant. */
function fewFor(notes: readonly Note[], most: number): Record<string, readonly string[]> {
  const tests = notes.flatMap(({ through = {} }) => Object.entries(through))
    .sort(([, one], [, other]) => one.length - other.length);
  const few: Record<string, string[]> = {};
  for (const [test, ids] of tests) {
    for (const id of ids) {
      few[id] ??= [];
      if (few[id].length < most) few[id].push(test);
    }
  }
  return few;
}

function deathText(mutant: Mutant, death = LIVES): string {
  return `${nameOf(mutant)} | ${death}\n`;
}

function nameOf({ fileName, location, replacement }: Mutant): string {
  const to = replacement.replace(/\s+/g, " ").slice(0, 60);
  return `${basename(fileName)}:${location.start.line + 1} ${to}`;
}

/** What noticed a mutant the last time; where two of a line are alike, both have to have died. */
function deathsBefore(mutants: readonly Mutant[]): Map<string, string> {
  const before = new Map<string, string>();
  for (const line of readFileSync(DEATHS, "utf8").split("\n")) {
    const at = line.lastIndexOf(" | ");
    const [name, death] = [line.slice(0, at), line.slice(at + 3)];
    if (before.get(name) !== LIVES) before.set(name, death);
  }
  return new Map(
    mutants.map((mutant) => [mutant.id, before.get(nameOf(mutant)) ?? LIVES] as const)
      .filter(([, death]) => death !== LIVES),
  );
}

function writePlan(plan: Plan): void {
  writeFileSync(PLAN, JSON.stringify(plan));
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
function runTests(): Promise<boolean> {
  const vitest = here("../node_modules/vitest/vitest.mjs");
  const child = spawn(process.execPath, [
    vitest,
    "run",
    "-c",
    here("./vitest.config.ts"),
  ], {
    cwd: here("../"),
    env: { ...process.env, MUTANTS_PLAN: PLAN, MUTANTS_NOTES: NOTES },
    stdio: ["ignore", "ignore", "ignore"],
  });
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
