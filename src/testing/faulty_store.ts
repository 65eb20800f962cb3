/** A store that fails on demand. */
import type { SessionStore } from "../store.ts";
import { amount } from "../option_checks.ts";
import { checkStore, checkVerb } from "./checked_store.ts";
import { intercept, type StoreCall, type StoreVerb, VERBS } from "./intercept.ts";
import { checkNames, checkWord } from "./known.ts";
import { plannedConflict } from "./planned_conflict.ts";

/** One thing that goes wrong. */
export interface Fault {
  /** The verb that suffers. */
  readonly verb: StoreVerb;
  /** Only a call whose first argument is this id (or subject). @default {any} */
  readonly id?: string;
  /**
   * Which call of the verb, 1 for the first; with `id`, which of those with that id.
   *
   * @default {every call}
   */
  readonly call?: number;
  /**
   * What happens:
   *
   * - `"delay"`: the verb happens `ms` milliseconds late.
   * - `"reject"`: the verb does not happen, and the caller gets an error.
   * - `"lost-ack"`: the verb happens, and the caller gets an error.
   * - `"hang"`: the verb does not happen, and the caller gets no answer, until `releaseAll()`.
   * - `"conflict"`: a `commit()` or `rotate()` does not happen, as if somebody else had
   *   written just before; the caller is handed what stands there.
   */
  readonly fault: "delay" | "reject" | "lost-ack" | "hang" | "conflict";
  /** Milliseconds of a `"delay"`. @default {10} */
  readonly ms?: number;
  /** What a `"reject"` or `"lost-ack"` rejects with. @default {an Error that names the fault} */
  readonly error?: unknown;
}

/** What a store that fails on demand has beside its verbs. */
export interface FaultControl {
  /** Lets every call go on that hangs or is late: for the end of a test. */
  releaseAll(): void;
}

/**
 * A store that fails as planned. Calls without a fault pass unchanged.
 *
 * @param store The store that does the work; its optional powers stay.
 * @param plan What goes wrong, and when; the first fault that fits a call counts.
 * @returns The failing store.
 * @throws {TypeError} If it is no store, if the plan is not an array, plans a conflict for a verb that
 * meets none, or names a verb, a fault or an option that is not there or not this fault's.
 *
 * @example A commit that happened although nobody was told
 * ```ts
 * import { memoryStore } from "@websession/websession/stores/memory";
 * import { faultyStore } from "@websession/websession/testing";
 *
 * const store = faultyStore(memoryStore(), [{ verb: "commit", call: 1, fault: "lost-ack" }]);
 * await store.create("an-id", { json: '{"cookie":{}}', expires: null });
 * const loaded = await store.read("an-id");
 * const next = { json: '{"cookie":{},"n":1}', expires: null };
 * let failed = false;
 * try {
 *   await store.commit("an-id", next, loaded?.version);
 * } catch {
 *   failed = true;
 * }
 * const stored = await store.read("an-id");
 * if (!failed || stored?.json !== next.json) throw new Error("not as planned");
 * ```
 */
export function faultyStore<S extends SessionStore>(
  store: S,
  plan: readonly Fault[],
): S & FaultControl {
  checkStore('Argument "store"', store);
  if (!Array.isArray(plan)) throw new TypeError('Argument "plan" must be an array of faults');
  for (const one of plan as readonly Fault[]) {
    checkFault(one);
    checkVerb('A fault of "plan"', store, one.verb);
    const { verb, fault } = one;
    if (fault === "conflict" && verb !== "commit" && verb !== "rotate") {
      throw new TypeError(`Argument "plan" must plan no conflict for ${verb}(), which meets none`);
    }
  }
  const met = new Map<Fault, number>();
  const waits = new Set<() => void>();
  const faulty = intercept(store, (call, proceed) => {
    const fault = (plan as readonly Fault[]).filter((one) => fits(one, call, met))[0];
    return fault === undefined ? proceed() : suffer(fault, call, proceed, store, waits);
  });
  const releaseAll = () => {
    for (const go of waits) go();
    waits.clear();
  };
  return new Proxy(faulty, {
    get: (target, name) => name === "releaseAll" ? releaseAll : Reflect.get(target, name, target),
  }) as S & FaultControl;
}

const FAULTS = ["delay", "reject", "lost-ack", "hang", "conflict"];

function checkFault(one: Fault): void {
  checkNames('A fault of "plan"', one, ["verb", "id", "call", "fault", "ms", "error"]);
  checkWord(`"verb" of a fault`, String(one.verb), VERBS);
  checkWord(`"fault" of a fault`, String(one.fault), FAULTS);
  amount("ms", one.ms, 0);
  if (one.ms !== undefined && one.fault !== "delay") {
    throw new TypeError(`"ms" of a fault is the time of a "delay", not of a "${one.fault}"`);
  }
  if (one.error !== undefined && one.fault !== "reject" && one.fault !== "lost-ack") {
    throw new TypeError(`"error" of a fault is met by nobody in a "${one.fault}"`);
  }
  if (one.call === undefined || (Number.isInteger(one.call) && one.call > 0)) return;
  throw new TypeError(`"call" of a fault must be a whole number from 1 on, not ${one.call}`);
}

/** Whether the call is the one that the fault waits for; each call is counted once by each fault. */
function fits(fault: Fault, { verb, number, args }: StoreCall, met: Map<Fault, number>): boolean {
  if (fault.verb !== verb || (fault.id !== undefined && fault.id !== args[0])) return false;
  if (fault.call === undefined) return true;
  if (fault.id === undefined) return fault.call === number;
  const count = (met.get(fault) ?? 0) + 1;
  met.set(fault, count);
  return fault.call === count;
}

async function suffer(
  { verb, fault, ms = 10, error = new Error(`Planned fault "${fault}" of ${verb}()`) }: Fault,
  call: StoreCall,
  proceed: () => unknown,
  store: SessionStore,
  waits: Set<() => void>,
): Promise<unknown> {
  switch (fault) {
    case "delay":
    case "hang":
      await new Promise<void>((resolve) => {
        waits.add(resolve);
        if (fault === "delay") setTimeout(resolve, ms);
      });
      return await proceed();
    case "reject":
      throw error;
    case "lost-ack":
      await proceed();
      throw error;
    case "conflict":
      return await plannedConflict(store, call);
  }
}
