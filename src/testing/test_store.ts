/** The kit itself: one test for each case that applies to a store. */
import { applicationCases } from "./cases/application.ts";
import { contractCases } from "./cases/contract.ts";
import { expiryCases } from "./cases/expiry.ts";
import { failureCases } from "./cases/failures.ts";
import { farEndCases } from "./cases/far_ends.ts";
import { ghostCases } from "./cases/ghosts.ts";
import { idCases } from "./cases/ids.ts";
import { limitCases } from "./cases/limits.ts";
import { markCases } from "./cases/marks.ts";
import { movedEndCases } from "./cases/moved_ends.ts";
import { neighbourCases } from "./cases/neighbours.ts";
import { oneStepCases } from "./cases/one_step.ts";
import { ownerCases } from "./cases/owners.ts";
import { powerCases } from "./cases/powers.ts";
import { raceCases } from "./cases/races.ts";
import { recordCases } from "./cases/records.ts";
import { rotationCases } from "./cases/rotation.ts";
import { sizeCases } from "./cases/sizes.ts";
import { slidingCases } from "./cases/sliding.ts";
import { subjectCases } from "./cases/subject.ts";
import { subjectIndexCases } from "./cases/subject_index.ts";
import { sweepCases } from "./cases/sweep.ts";
import { walkCases } from "./cases/walks.ts";
import { watchCases } from "./cases/watch.ts";
import { watchEdgeCases } from "./cases/watch_edges.ts";
import { watchEveryCases } from "./cases/watch_every.ts";
import { watchOutageCases } from "./cases/watch_outages.ts";
import type { StoreCase } from "./kit.ts";
import { amount } from "../option_checks.ts";
import { checkOptions, effortOf, type TestStoreOptions } from "./options.ts";
import { type Bench, mustFail, runCase } from "./run_case.ts";

const CASES: readonly StoreCase[] = [
  ...contractCases,
  ...recordCases,
  ...markCases,
  ...rotationCases,
  ...expiryCases,
  ...movedEndCases,
  ...farEndCases,
  ...limitCases,
  ...slidingCases,
  ...idCases,
  ...sizeCases,
  ...powerCases,
  ...walkCases,
  ...sweepCases,
  ...neighbourCases,
  ...subjectCases,
  ...subjectIndexCases,
  ...ownerCases,
  ...watchCases,
  ...watchEdgeCases,
  ...watchEveryCases,
  ...watchOutageCases,
  ...failureCases,
  ...ghostCases,
  ...oneStepCases,
  ...raceCases,
  ...applicationCases,
];

const SENTENCES: ReadonlySet<string> = new Set(CASES.map(({ name }) => name));

/**
 * Registers the conformance tests of a session store: one for each sentence of
 * the {@linkcode SessionStore} contract, the races, and an application that
 * is driven by requests.
 *
 * Depends on no test runner and no runtime. The call, in full:
 *
 * ```ts ignore
 * testStore({
 *   name: "redis",
 *   capabilities: {
 *     atomic: true, clock: "server", sliding: true, iterate: true, subject: true,
 *     corrupt: true, outage: true,
 *   },
 *   async create({ now }) {               // once for each case: an empty store
 *     return { store, peer, neighbour, now: serverTime, advance: undefined, corrupt, outage, close };
 *   },                                    // `store` is required, and `peer` with `atomic: true`
 *   test,                                 // (name, run) => unknown
 *   except: {},                           // { "<sentence>": "<why not>" }
 *   additional: {},                       // { "<sentence>": async ({ store, id, record }) => … }
 *   seed: 1, interleavings: 1_000, workers: 8, increments: 50, takes: 100, revivals: 1_000,
 * });
 * ```
 *
 * With `clock: "injected"` build the store with `context.now`. A runner with a
 * short time limit needs a longer one for the races:
 * `test: (name, run) => test(name, run, 60_000)`.
 *
 * A failure names the verb, the id and the last calls, and the seed: with the
 * variable `WEBSESSION_SEED` set to it, the next run takes the same turns.
 *
 * @param options The store, what it claims, and the runner; see {@linkcode TestStoreOptions}.
 * @throws {RangeError} If a count is no whole number of at least 1.
 * @throws {TypeError} If an option has the wrong type, or `except` names no case. A case fails with
 * one where `create()` hands over no store.
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
 *     atomic: "one process",
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
  checkOptions(options, SENTENCES);
  const { name, create, capabilities, test, except = {}, additional = {} } = options;
  const answerWithin = amount("answerWithin", options.answerWithin, 30_000);
  const bench: Bench = { name, create, capabilities, effort: effortOf(options), answerWithin };
  const own = Object.entries(additional).map(([sentence, run]): StoreCase => ({
    name: sentence,
    run: (kit) => run(kit.context()),
  }));
  for (const one of [...CASES, ...own]) {
    if (one.when !== undefined && !one.when(capabilities)) continue;
    const run = () => runCase(one, bench);
    const reason = Object.hasOwn(except, one.name) ? except[one.name] : undefined;
    if (reason === undefined) test(`${name}: ${one.name}`, run);
    else test(`${name}: not (${one.name}), because ${reason}`, () => mustFail(run));
  }
}
