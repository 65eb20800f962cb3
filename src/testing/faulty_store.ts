/** A store that fails on demand. */
import type { SessionStore } from "../store.ts";
import { intercept, type StoreVerb } from "./intercept.ts";

/** One thing that goes wrong. */
export interface Fault {
  /** The verb that suffers. */
  readonly verb: StoreVerb;
  /** Which call of the verb, 1 for the first. @default {every call} */
  readonly call?: number;
  /**
   * What happens:
   *
   * - `"delay"`: the verb happens `ms` milliseconds late.
   * - `"reject"`: the verb does not happen, and the caller gets an error.
   * - `"lost-ack"`: the verb happens, and the caller gets an error.
   * - `"hang"`: the verb does not happen, and the caller gets no answer, ever.
   */
  readonly fault: "delay" | "reject" | "lost-ack" | "hang";
  /** Milliseconds of a `"delay"`. @default {10} */
  readonly ms?: number;
  /** What a `"reject"` or `"lost-ack"` rejects with. @default {an Error that names the fault} */
  readonly error?: unknown;
}

/**
 * A store that fails as planned. Calls without a fault pass unchanged.
 *
 * @param store The store that does the work; its optional powers stay.
 * @param plan What goes wrong, and when; the first fault that fits a call counts.
 * @returns The failing store.
 * @throws {TypeError} If the plan is not an array.
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
export function faultyStore<S extends SessionStore>(store: S, plan: readonly Fault[]): S {
  if (!Array.isArray(plan)) throw new TypeError('Argument "plan" must be an array of faults');
  return intercept(store, ({ verb, number }, proceed) => {
    const fault = plan.find((one) =>
      one.verb === verb && (one.call === undefined || one.call === number)
    );
    return fault === undefined ? proceed() : suffer(fault, proceed);
  });
}

async function suffer(
  { verb, fault, ms = 10, error = new Error(`Planned fault "${fault}" of ${verb}()`) }: Fault,
  proceed: () => unknown,
): Promise<unknown> {
  switch (fault) {
    case "delay":
      await new Promise((resolve) => setTimeout(resolve, ms));
      return await proceed();
    case "reject":
      throw error;
    case "lost-ack":
      await proceed();
      throw error;
    case "hang":
      return await new Promise<never>(() => {});
  }
}
