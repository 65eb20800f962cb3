/** The options of the kit: every default, and every refusal, before the first case. */
import type { MaybePromise } from "../store.ts";
import type {
  AdditionalCase,
  StoreCapabilities,
  StoreTestContext,
  StoreUnderTest,
} from "./types.ts";
import { amount } from "../option_checks.ts";
import { kindOf } from "../errors.ts";
import { seedOfRun } from "./environment.ts";
import { checkNames } from "./known.ts";
import type { Effort } from "./kit.ts";

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
  /**
   * Cases of your own, by their sentence: run like the others, each on a fresh
   * store, with the kit's clock, records and messages.
   *
   * @default {{}}
   */
  readonly additional?: Readonly<Record<string, AdditionalCase>>;
  /**
   * Repeats an earlier run; a failure prints its seed.
   *
   * @default {the variable WEBSESSION_SEED, else a random number}
   */
  readonly seed?: number;
  /**
   * Milliseconds after which a call without an answer fails its case, by name. A notice of `watch()`
   * is waited for as long, but no longer than ten seconds.
   *
   * @default {30_000}
   */
  readonly answerWithin?: number;
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

const OPTIONS = [
  ...["name", "create", "capabilities", "test", "except", "additional", "seed", "answerWithin"],
  ...["interleavings", "workers", "increments", "takes", "revivals"],
];
const CAPABILITIES = [
  ...["atomic", "ordered", "clock", "resolution", "sliding", "iterate", "sweep", "subject"],
  ...["watch", "corrupt", "outage", "rotation"],
];

/**
 * Refuses what would fail later, or silently test nothing.
 *
 * @throws {TypeError} If an option has the wrong type or names what is not there.
 */
export function checkOptions(options: TestStoreOptions, sentences: ReadonlySet<string>): void {
  const { create, capabilities, test, except = {}, additional = {} } = options;
  checkNames("testStore()", options, OPTIONS);
  callable("create", create);
  callable("test", test);
  if (capabilities?.clock !== "injected" && capabilities?.clock !== "server") {
    throw new TypeError('Option "capabilities.clock" must be "injected" or "server"');
  }
  if (![true, false, "one process"].includes(capabilities.atomic)) {
    throw new TypeError('Option "capabilities.atomic" must be a boolean or "one process"');
  }
  if (![undefined, "one step", "two steps"].includes(capabilities.rotation)) {
    throw new TypeError('Option "capabilities.rotation" must be "one step" or "two steps"');
  }
  checkNames('Option "capabilities"', capabilities, CAPABILITIES);
  for (const sentence of Object.keys(except)) {
    if (!sentences.has(sentence) && !Object.hasOwn(additional, sentence)) {
      throw new TypeError(`Option "except" names no case: "${sentence}"`);
    }
  }
  for (const [sentence, run] of Object.entries(additional)) {
    callable(`additional["${sentence}"]`, run);
    if (sentences.has(sentence)) {
      throw new TypeError(`Option "additional" names a case of the kit: "${sentence}"`);
    }
  }
}

function callable(option: string, value: unknown): void {
  if (typeof value === "function") return;
  throw new TypeError(`Option "${option}" must be a function, not ${kindOf(value)}`);
}

/** How often something is tried: never would show nothing. */
function count(option: string, value: unknown, byDefault: number): number {
  if (value === undefined) return byDefault;
  if (Number.isInteger(value) && value as number >= 1) return value as number;
  const wanted = `Option "${option}" must be a whole number of at least 1, not`;
  if (typeof value === "number") throw new RangeError(`${wanted} ${value}`);
  throw new TypeError(`${wanted} ${kindOf(value)}`);
}

/** How often the races try, and from which seed. */
export function effortOf(options: TestStoreOptions): Effort {
  return {
    seed: options.seed === undefined ? seedOfRun() : amount("seed", options.seed, 0),
    interleavings: count("interleavings", options.interleavings, 1_000),
    workers: count("workers", options.workers, 8),
    increments: count("increments", options.increments, 50),
    takes: count("takes", options.takes, 100),
    revivals: count("revivals", options.revivals, 1_000),
  };
}
