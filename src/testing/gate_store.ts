/** A store whose calls wait until a test lets them go. */
import type { SessionStore } from "../store.ts";
import { intercept, type StoreCall, type StoreVerb } from "./intercept.ts";

/** Options of {@linkcode StoreGate.hold}. */
export interface HoldOptions {
  /**
   * Where the call waits. `"call"`: before the store hears of it.
   * `"answer"`: the store has done it, and the caller does not know yet.
   *
   * @default {"call"}
   */
  readonly at?: "call" | "answer";
  /** Only a call whose first argument is this id (or subject). @default {any call of the verb} */
  readonly id?: string;
}

/** A call that waits for your word. */
export interface HeldCall {
  /** Settles when the call stands at the gate. */
  readonly arrived: Promise<StoreCall>;
  /** Lets the call go on; called early, it will not wait at all. */
  release(): void;
  /** Makes the call reject with `error`; held at `"answer"` it has happened all the same. */
  fail(error: unknown): void;
}

/** What `gateStore()` makes. */
export interface StoreGate<S extends SessionStore> {
  /** The store to hand to the code under test. */
  readonly store: S;
  /** Every call so far, in order of arrival. */
  readonly calls: readonly StoreCall[];
  /** Holds the next call of `verb` that no earlier `hold()` waits for. */
  hold(verb: StoreVerb, options?: HoldOptions): HeldCall;
}

interface Waiting extends HoldOptions {
  readonly verb: StoreVerb;
  readonly arrive: (call: StoreCall) => void;
  readonly released: Promise<void>;
}

/**
 * Puts a gate in front of a store, so that a test decides which call happens
 * when. No sleeping: `arrived` says that a call is there.
 *
 * Calls that nobody holds pass at once.
 *
 * @param store The store that does the work; its optional powers stay.
 * @returns The gated store and the gate.
 *
 * @example A commit that arrives after the logout
 * ```ts
 * import { memoryStore } from "@websession/websession/stores/memory";
 * import { gateStore } from "@websession/websession/testing";
 *
 * const { store, hold } = gateStore(memoryStore());
 * const record = { json: '{"cookie":{}}', expires: null };
 * await store.create("an-id", record);
 * const loaded = await store.read("an-id");
 *
 * const held = hold("commit");
 * const saving = store.commit("an-id", record, loaded?.version);
 * await held.arrived; // the request is about to save …
 * await store.destroy("an-id"); // … and the user logs out
 * held.release();
 * const result = await saving;
 * if (result.status !== "gone") throw new Error("revived");
 * ```
 */
export function gateStore<S extends SessionStore>(store: S): StoreGate<S> {
  const calls: StoreCall[] = [];
  const waiting: Waiting[] = [];
  const around = (call: StoreCall, proceed: () => unknown): unknown => {
    calls.push(call);
    const at = waiting.findIndex(({ verb, id }) =>
      verb === call.verb && (id === undefined || id === call.args[0])
    );
    const held = waiting[at];
    if (held === undefined) return proceed();
    waiting.splice(at, 1);
    return stop(held, call, proceed);
  };
  return {
    store: intercept(store, around),
    calls,
    hold(verb, options = {}) {
      const arrival = deferred<StoreCall>();
      const release = deferred<void>();
      // A failure that nobody waits for yet is not unhandled: the call will report it.
      release.promise.catch(() => {});
      waiting.push({ ...options, verb, arrive: arrival.resolve, released: release.promise });
      return { arrived: arrival.promise, release: release.resolve, fail: release.reject };
    },
  };
}

async function stop(held: Waiting, call: StoreCall, proceed: () => unknown): Promise<unknown> {
  if (held.at === "answer") {
    try {
      return await proceed();
    } finally {
      held.arrive(call);
      await held.released;
    }
  }
  held.arrive(call);
  await held.released;
  return await proceed();
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** `Promise.withResolvers()`, which Node has since 22 only. */
function deferred<T>(): Deferred<T> {
  let resolve!: Deferred<T>["resolve"];
  let reject!: Deferred<T>["reject"];
  const promise = new Promise<T>((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
}
