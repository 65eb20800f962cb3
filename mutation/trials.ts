/**
 * A runner for vitest that runs each file of tests once for every mutant it can see.
 *
 * The file runs as always first: that says which of its tests pass through which mutant.
 * Then, in the same process and with the modules at hand, those tests run once more for
 * each mutant that still lives, up to the first that fails.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { env } from "node:process";
import { type RunnerTestCase as Test, type RunnerTestFile as File, TestRunner, vi } from "vitest";
import { startTests } from "vitest/internal/browser";
import type { Plan } from "./plan.ts";

/** What instrumented code asks, and tells. */
interface Switch {
  activeMutant: string | undefined;
  currentTestId: string | undefined;
  mutantCoverage: Coverage;
  /** How often the active mutant was passed; beyond the limit it throws: it goes round in circles. */
  hitCount: number | undefined;
  hitLimit: number | undefined;
}

type Hits = Record<string, number>;
interface Coverage {
  static: Hits;
  perTest: Record<string, Hits>;
}

/** In milliseconds: no test that takes longer is asked of each mutant. */
const TOO_LONG = 2_000;
/** So many times what it takes unbroken … */
const TOO_OFTEN = 100;
const TOO_SLOW = 5;
/** … and at least so many milliseconds: others use this machine. */
const PATIENCE = 1_500;

const plan = JSON.parse(readFileSync(env["MUTANTS_PLAN"]!, "utf8")) as Plan;
const alive = new Set(plan.alive);
const ns = ((globalThis as { __stryker__?: Switch }).__stryker__ ??= {} as Switch);

const note = (entry: object): void =>
  appendFileSync(env["MUTANTS_NOTES"]!, `${JSON.stringify(entry)}\n`);

/** How a mutant is tried. */
interface Manner {
  readonly only: ReadonlySet<string>;
  readonly isFresh: boolean;
  readonly hitLimit: number;
}

/** Runs some tests of a file, and stops at the first failure. Tells nobody of it. */
class Trial extends TestRunner {
  failure: Test | undefined;
  ran = 0;
  readonly #only: ReadonlySet<string>;

  constructor(
    like: TestRunner,
    only: ReadonlySet<string>,
    testTimeout: number,
  ) {
    const { config, moduleRunner, _otel } = like as unknown as {
      config: ConstructorParameters<typeof TestRunner>[0];
      moduleRunner: unknown;
      _otel: unknown;
    };
    super({ ...config, testTimeout });
    this.#only = only;
    Object.assign(this, { moduleRunner, _otel });
  }

  override async onBeforeRunTask(test: Test): Promise<void> {
    if (this.failure !== undefined || !this.#only.has(test.id)) {
      test.mode = "skip";
    }
    await super.onBeforeRunTask(test);
  }

  override onAfterRunTask(test: Test): void {
    super.onAfterRunTask(test);
    if (test.mode !== "skip") this.ran++;
    if (test.result?.state === "fail") this.failure ??= test;
  }
}

export default class MutantRunner extends TestRunner {
  #patience = 0;

  override async onBeforeRunTask(test: Test): Promise<void> {
    await super.onBeforeRunTask(test);
    ns.currentTestId = test.id;
  }

  override onAfterRunTask(test: Test): void {
    ns.currentTestId = undefined;
    super.onAfterRunTask(test);
  }

  onBeforeCollect(): void {
    forgetWarnings();
    // What a module does when it is loaded counts for each file.
    vi.resetModules();
    Object.assign(ns, {
      activeMutant: undefined,
      mutantCoverage: { static: {}, perTest: {} },
    });
  }

  override async onAfterRunFiles(files: File[]): Promise<void> {
    super.onAfterRunFiles(files);
    // vitest does the same when a file is over: the next run begins as the first.
    vi.restoreAllMocks();
    for (const file of files) await this.#breakAll(file);
  }

  async #breakAll(file: File): Promise<void> {
    // A copy: what runs from now on is counted as well.
    const { static: always, perTest } = structuredClone(ns.mutantCoverage);
    const name = file.name;
    const tests = testsIn(file);
    const quick = tests.filter(({ result }) => (result?.duration ?? 0) < TOO_LONG);
    const ids = new Set(quick.map(({ id }) => id));
    const slowest = Math.max(
      ...quick.map(({ result }) => result?.duration ?? 0),
    );
    this.#patience = Math.max(PATIENCE, slowest * TOO_SLOW);
    if (file.result?.state !== "pass") {
      return note({ file: name, failed: true });
    }
    if (plan.isLook) {
      const entries = [...ids].map((test) => [test, Object.keys(perTest[test] ?? {})]);
      return note({ file: name, through: Object.fromEntries(entries), done: true });
    }
    // Tests that cannot run twice in a process get their modules anew each time.
    const isFresh = !await this.#passesAgain(file.filepath, ids, false);
    if (isFresh && !await this.#passesAgain(file.filepath, ids, true)) {
      return note({ file: name, failed: true });
    }
    const isNear = plan.near.some((part) => name.startsWith(part));
    for (const id of alive) {
      const only = testsOf(id, perTest, ids);
      const isStatic = always[id] !== undefined && plan.few === undefined;
      if (only.size === 0 && !(isStatic && isNear)) continue;
      if (plan.modules !== undefined && !isNamedFor(plan.modules[id]!, name)) {
        continue;
      }
      note({ file: name, trying: id });
      const hits = Object.values(perTest).reduce(
        (sum, each) => sum + (each[id] ?? 0),
        0,
      );
      const death = await this.#verdict(file.filepath, id, {
        only: isStatic ? ids : only,
        isFresh: isFresh || isStatic,
        hitLimit: (hits + (always[id] ?? 0)) * TOO_OFTEN,
      });
      note({
        file: name,
        tried: id,
        ...(death === undefined ? {} : { death }),
      });
      if (death !== undefined) alive.delete(id);
    }
    note({ file: name, done: true, isFresh });
  }

  async #passesAgain(
    path: string,
    ids: ReadonlySet<string>,
    isFresh: boolean,
  ): Promise<boolean> {
    if (isFresh) vi.resetModules();
    const { failure, ran, isBroken } = await this.#run(path, ids);
    return failure === undefined && ran === ids.size && !isBroken;
  }

  /**
   * What noticed that a mutant is active, if anything did. A test that fails without it as
   * well, for what mutants before it have left behind or for the time it took, has noticed
   * nothing: the mutant is tried once more, with modules and patience anew.
   */
  async #verdict(path: string, id: string, how: Manner): Promise<string | undefined> {
    const { death, test } = await this.#try(path, id, how);
    if (test === undefined) return death;
    const before = this.#patience;
    const began = Date.now();
    if (how.isFresh) vi.resetModules();
    const again = await this.#run(path, new Set([test.id]));
    const isPassed = again.failure === undefined && !again.isBroken;
    const took = Date.now() - began;
    // Modules that are loaded anew take their time.
    const isQuick = how.isFresh || took * TOO_SLOW < before;
    if (isPassed && isQuick) return death;
    try {
      this.#patience = Math.max(before, took * TOO_SLOW * 2);
      if (!isPassed && !await this.#passesAgain(path, how.only, true)) return undefined;
      return (await this.#try(path, id, { ...how, isFresh: true })).death;
    } finally {
      this.#patience = before;
    }
  }

  async #try(
    path: string,
    id: string,
    { only, isFresh, hitLimit }: Manner,
  ): Promise<{ death?: string; test?: Test }> {
    if (isFresh) vi.resetModules();
    Object.assign(ns, { activeMutant: id, hitCount: 0, hitLimit });
    try {
      const { failure, isBroken } = await this.#run(path, only);
      if (ns.hitCount! > hitLimit) return { death: "goes round in circles" };
      if (failure !== undefined) return { death: failure.name, test: failure };
      return isBroken ? { death: "the file does not load" } : {};
    } finally {
      Object.assign(ns, { activeMutant: undefined, hitCount: undefined });
      if (isFresh) vi.resetModules();
    }
  }

  async #run(path: string, only: ReadonlySet<string>) {
    forgetWarnings();
    const trial = new Trial(this, only, this.#patience);
    const [file] = await startTests([path], trial);
    vi.resetConfig();
    vi.restoreAllMocks();
    return {
      failure: trial.failure,
      ran: trial.ran,
      isBroken: file!.result?.state === "fail",
    };
  }
}

/** What a process says once is kept for all copies of the library in it: each run is to hear it. */
function forgetWarnings(): void {
  const told = (globalThis as Record<symbol, unknown>)[Symbol.for("websession.told.1")];
  (told as Set<string> | undefined)?.clear();
}

/** Whether a file of tests is a module's own. */
function isNamedFor(module: string, tests: string): boolean {
  return tests.endsWith(`/${module}.test.ts`);
}

function testsOf(
  id: string,
  perTest: Record<string, Hits>,
  among: ReadonlySet<string>,
) {
  const through = Object.keys(perTest).filter((test) => perTest[test]![id] !== undefined);
  const asked = plan.few === undefined ? through : plan.few[id] ?? [];
  return new Set(through.filter((test) => among.has(test) && asked.includes(test)));
}

function testsIn(
  suite: { readonly tasks: readonly { type: string; mode: string }[] },
): Test[] {
  return suite.tasks.flatMap((task) => {
    if (task.type === "suite") return testsIn(task as never);
    return task.mode === "skip" || task.mode === "todo" ? [] : [task as Test];
  });
}
