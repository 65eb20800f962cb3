/** The calls a handler makes on its session: each begins when those before it are done. */
import { isPromise } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import type { Data } from "./session_data.ts";
import type { SessionState } from "./session_state.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";

export class Calls {
  #last: Promise<unknown> | undefined;
  /** What others need not wait for, but the end of the request. */
  readonly #running = new Set<Promise<unknown>>();

  /** A call that is made now begins at once. */
  get isIdle(): boolean {
    return this.#last === undefined;
  }

  /**
   * Runs `act` when the calls before it are done, and at once if there are none: what
   * the handler does next is done after it. A promise nobody awaits crashes nothing.
   * `act` may let the next call begin before it is done itself.
   */
  take<T>(act: (letOthersBegin: () => void) => MaybePromise<T>): Promise<T> {
    const before = this.#last;
    let release!: () => void;
    const last = new Promise<void>((resolve) => release = resolve);
    this.#last = last;
    const letOthersBegin = () => {
      if (this.#last === last) this.#last = undefined;
      release();
    };
    const call = (async () => {
      if (before !== undefined) await before;
      try {
        return await act(letOthersBegin);
      } finally {
        letOthersBegin();
      }
    })();
    // Whoever awaits the call itself still sees its error.
    const over = call.then(() => {}, () => {});
    this.#running.add(over);
    over.then(() => this.#running.delete(over));
    return call;
  }

  /** Runs `act` when the calls so far are done: at once if there were none. */
  afterAll<T>(act: () => MaybePromise<T>): MaybePromise<T> {
    return this.#running.size === 0 ? act() : Promise.all(this.#running).then(act);
  }
}

/** Tells a call's neighbours that it has begun to wait for something of its own. */
export function whilePending<T>(result: MaybePromise<T>, tell: () => void): MaybePromise<T> {
  if (isPromise(result)) tell();
  return result;
}

/**
 * Makes `act` go by what the session holds now, whenever it runs: a call drops nothing that
 * is written after it. Where that cannot be written, the error comes with the call.
 */
export function holding<T>(
  state: SessionState,
  session: Data,
  act: (held: Snapshot) => MaybePromise<T>,
): () => MaybePromise<T> {
  let held: Snapshot;
  try {
    held = state.snapshots.hold(snapshotOf(state, session));
  } catch (error) {
    return () => {
      throw error;
    };
  }
  return () => state.snapshots.during(held, act);
}
