/** A store whose calls wait until a test lets them go. */
import type { CommitResult, SessionStore } from "../store.ts";
import { checkStore, checkVerb } from "./checked_store.ts";
import { intercept, type StoreCall, type StoreVerb, VERBS } from "./intercept.ts";
import { checkNames, checkWord } from "./known.ts";
import { plannedConflict } from "./planned_conflict.ts";

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
  /**
   * Milliseconds that `arrived` waits, from the moment it is asked for, before it
   * rejects and says which calls there were instead.
   *
   * @default {5_000}
   */
  readonly within?: number;
}

/** A call that waits for your word. */
export interface HeldCall {
  /**
   * Settles when the call stands at the gate; rejects where none comes in time.
   */
  readonly arrived: Promise<StoreCall>;
  /** Lets the call go on; called early, it will not wait at all. */
  release(): void;
  /** Makes the call reject with `error`; held at `"answer"` it has happened all the same. */
  fail(error: unknown): void;
  /**
   * Makes a `commit()` or `rotate()` meet a conflict: it does not happen, and the
   * caller is handed what stands there, as if somebody else had written just before.
   *
   * @throws {TypeError} If the call is another verb's, or is held at `"answer"`.
   */
  conflict(): void;
}

/** What `gateStore()` makes. */
export interface StoreGate<S extends SessionStore> {
  /** The store to hand to the code under test. */
  readonly store: S;
  /** Every call so far, in order of arrival. */
  readonly calls: readonly StoreCall[];
  /**
   * Holds the next call of `verb` that no earlier `hold()` waits for.
   *
   * @throws {TypeError} If there is no such verb, place or option, or the store lacks the verb.
   */
  hold(verb: StoreVerb, options?: HoldOptions): HeldCall;
  /** Releases every call that is held, or was to be: for the end of a test, passed or failed. */
  releaseAll(): void;
}

type Word = "release" | "conflict";

interface Waiting extends HoldOptions {
  readonly verb: StoreVerb;
  readonly arrival: Deferred<StoreCall>;
  readonly word: Deferred<Word>;
}

// A test with fake timers of its own waits on real ones.
const { setTimeout, clearTimeout } = globalThis;

/**
 * Puts a gate in front of a store, so that a test decides which call happens
 * when. No sleeping: `arrived` says that a call is there.
 *
 * Calls that nobody holds pass at once.
 *
 * @param store The store that does the work; its optional powers stay.
 * @returns The gated store and the gate.
 * @throws {TypeError} If it is no store, or a promise of one.
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
 * const held = hold("commit", { id: "an-id" });
 * const saving = store.commit("an-id", record, loaded?.version);
 * await held.arrived; // the request is about to save …
 * await store.destroy("an-id"); // … and the user logs out
 * held.release();
 * const result = await saving;
 * if (result.status !== "gone") throw new Error("revived");
 * ```
 */
export function gateStore<S extends SessionStore>(store: S): StoreGate<S> {
  checkStore('Argument "store"', store);
  const calls: StoreCall[] = [];
  const waiting: Waiting[] = [];
  const words = new Set<Deferred<Word>>();
  const around = (call: StoreCall, proceed: () => unknown): unknown => {
    calls.push(call);
    const at = waiting.findIndex(({ verb, id }) =>
      verb === call.verb && (id === undefined || id === call.args[0])
    );
    const held = waiting[at];
    if (held === undefined) return proceed();
    waiting.splice(at, 1);
    return stop(held, call, proceed, () => plannedConflict(store, call));
  };
  return {
    store: intercept(store, around),
    calls,
    hold(verb, options = {}) {
      checkWord("hold()", verb, VERBS);
      checkVerb("hold()", store, verb);
      checkNames("hold()", options, ["at", "id", "within"]);
      checkWord('Option "at"', options.at, ["call", "answer"]);
      const { within = 5_000, id } = options;
      const [arrival, word] = [deferred<StoreCall>(), deferred<Word>()];
      // A failure that nobody waits for yet is not unhandled: the call will report it.
      word.promise.catch(() => {});
      waiting.push({ ...options, verb, arrival, word });
      words.add(word);
      let arrived: Promise<StoreCall> | undefined;
      return {
        get arrived() {
          const wanted = id === undefined ? `${verb}()` : `${verb}(${JSON.stringify(id)})`;
          return arrived ??= inTime(arrival.promise, within, () => missing(wanted, within, calls));
        },
        release: () => word.resolve("release"),
        fail: word.reject,
        conflict() {
          if ((verb === "commit" || verb === "rotate") && options.at !== "answer") {
            return word.resolve("conflict");
          }
          throw new TypeError(`${verb}() held at "${options.at ?? "call"}" can meet no conflict`);
        },
      };
    },
    releaseAll() {
      for (const word of words) word.resolve("release");
      words.clear();
    },
  };
}

async function stop(
  held: Waiting,
  call: StoreCall,
  proceed: () => unknown,
  meet: () => Promise<CommitResult>,
): Promise<unknown> {
  if (held.at === "answer") {
    try {
      return await proceed();
    } finally {
      held.arrival.resolve(call);
      await held.word.promise;
    }
  }
  held.arrival.resolve(call);
  return await held.word.promise === "conflict" ? await meet() : await proceed();
}

/** The promise, or an error of `late()` after so many milliseconds. */
async function inTime<T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

function missing(wanted: string, within: number, calls: readonly StoreCall[]): Error {
  const seen = calls.slice(-10).map(({ verb, args: [first] }) =>
    `${verb}(${JSON.stringify(first)})`
  );
  const instead = seen.length === 0
    ? "there was no call at all"
    : `the last calls: ${seen.join(", ")}`;
  return new Error(`No ${wanted} arrived within ${within} ms; ${instead}`);
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
