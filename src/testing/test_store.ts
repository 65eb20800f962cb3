/** The kit itself: one test for each case that applies to a store. */
import type { MaybePromise } from "../store.ts";
import type { StoreCapabilities, StoreTestContext, StoreUnderTest } from "./types.ts";
import { systemClock } from "../clock.ts";
import { contractCases } from "./cases/contract.ts";
import { expiryCases } from "./cases/expiry.ts";
import { idCases } from "./cases/ids.ts";
import { powerCases } from "./cases/powers.ts";
import { raceCases } from "./cases/races.ts";
import { slidingCases } from "./cases/sliding.ts";
import { subjectCases } from "./cases/subject.ts";
import { type Effort, Kit, type StoreCase } from "./kit.ts";
import { freshSeed, seeded } from "./random.ts";

/** Options of `testStore()`. */
export interface TestStoreOptions {
  /** The store's name; each case is called `"<name>: <sentence>"`. */
  readonly name: string;
  /** Makes one store without a session in it; called once for each case. */
  readonly create: (context: StoreTestContext) => MaybePromise<StoreUnderTest>;
  /** What the store claims. */
  readonly capabilities: StoreCapabilities;
  /** Registers a test: `test` of vitest, node:test or bun:test, or `Deno.test`. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /**
   * Cases this store cannot pass, by their sentence, each with the reason. An
   * excepted case is run and has to fail, so that no exception outlives its reason.
   *
   * @default {{}}
   */
  readonly except?: Readonly<Record<string, string>>;
  /** Repeats an earlier run; a failure prints its seed. @default {a random number} */
  readonly seed?: number;
  /** Rounds of concurrent verbs checked against the sequential model. @default {1_000} */
  readonly interleavings?: number;
  /** Concurrent writers of one counter. @default {8} */
  readonly workers?: number;
  /** Increments by each of them. @default {50} */
  readonly increments?: number;
  /** Races for a value that only one may take. @default {100} */
  readonly takes?: number;
  /** Races of a destroy against writes that must not bring the session back. @default {1_000} */
  readonly revivals?: number;
}

const CASES: readonly StoreCase[] = [
  ...contractCases,
  ...expiryCases,
  ...slidingCases,
  ...idCases,
  ...powerCases,
  ...subjectCases,
  ...raceCases,
];

/**
 * Registers the conformance tests of a session store: one for each sentence of
 * the {@linkcode SessionStore} contract, and for an atomic store the races.
 *
 * Depends on no test runner and no runtime. The call, in full:
 *
 * ```ts ignore
 * testStore({
 *   name: "redis",
 *   capabilities: { atomic: true, clock: "server", sliding: true, iterate: true, subject: true },
 *   async create({ now }) {               // once for each case: an empty store
 *     return { store, peer, neighbour, now: serverTime, advance: undefined, close };
 *   },                                    // only `store` is required
 *   test,                                 // (name, run) => unknown
 *   except: {},                           // { "<sentence>": "<why not>" }
 *   seed: 1, interleavings: 1_000, workers: 8, increments: 50, takes: 100, revivals: 1_000,
 * });
 * ```
 *
 * With `clock: "injected"` build the store with `context.now`. A runner with a
 * short time limit needs a longer one for the races:
 * `test: (name, run) => test(name, run, 60_000)`.
 *
 * @param options The store, what it claims, and the runner; see {@linkcode TestStoreOptions}.
 * @throws {TypeError} If an option has the wrong type, or `except` names no case.
 *
 * @example
 * ```ts
 * import { memoryStore } from "@websession/websession/stores/memory";
 * import { testStore } from "@websession/websession/testing";
 *
 * const tests: [name: string, run: () => Promise<void>][] = [];
 * testStore({
 *   name: "memory",
 *   create: ({ now }) => ({ store: memoryStore({ now }) }),
 *   capabilities: {
 *     atomic: true,
 *     clock: "injected",
 *     sliding: true,
 *     iterate: true,
 *     sweep: true,
 *     subject: true,
 *   },
 *   test: (name, run) => tests.push([name, run]),
 * });
 * for (const [, run] of tests) await run();
 * ```
 */
export function testStore(options: TestStoreOptions): void {
  const { name, create, capabilities, test, except = {} } = options;
  if (typeof create !== "function") throw new TypeError('Option "create" must be a function');
  if (typeof test !== "function") throw new TypeError('Option "test" must be a function');
  if (capabilities?.clock !== "injected" && capabilities?.clock !== "server") {
    throw new TypeError('Option "capabilities.clock" must be "injected" or "server"');
  }
  for (const sentence of Object.keys(except)) {
    if (!CASES.some((one) => one.name === sentence)) {
      throw new TypeError(`Option "except" names no case: "${sentence}"`);
    }
  }
  const effort: Effort = {
    seed: options.seed ?? freshSeed(),
    interleavings: options.interleavings ?? 1_000,
    workers: options.workers ?? 8,
    increments: options.increments ?? 50,
    takes: options.takes ?? 100,
    revivals: options.revivals ?? 1_000,
  };
  for (const one of CASES) {
    if (one.when !== undefined && !one.when(capabilities)) continue;
    const run = () => runCase(one, name, create, capabilities, effort);
    const reason = Object.hasOwn(except, one.name) ? except[one.name] : undefined;
    if (reason === undefined) test(`${name}: ${one.name}`, run);
    else test(`${name}: not (${one.name}), because ${reason}`, () => mustFail(run));
  }
}

async function runCase(
  one: StoreCase,
  name: string,
  create: TestStoreOptions["create"],
  capabilities: StoreCapabilities,
  effort: Effort,
): Promise<void> {
  const { seed } = effort;
  let time = Date.now();
  const subject = await create({ now: () => time, case: one.name, seed });
  const injected = capabilities.clock === "injected";
  const now = subject.now ?? (injected ? () => time : systemClock.now);
  const advance = async (ms: number): Promise<void> => {
    if (!injected) return await waitUntil(now, await now() + ms);
    time += ms;
    await subject.advance?.(ms);
  };
  try {
    await one.run(
      new Kit(subject, capabilities, effort, seeded(seed), now, await now(), advance),
    );
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new Error(`${text} [store "${name}", seed ${seed}]`, { cause: error });
  } finally {
    await subject.close?.();
  }
}

async function waitUntil(now: () => MaybePromise<number>, end: number): Promise<void> {
  for (let left = end - await now(); left > 0; left = end - await now()) {
    await new Promise((resolve) => setTimeout(resolve, left));
  }
}

async function mustFail(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch {
    return;
  }
  throw new Error("The store passes this case: remove the exception");
}
