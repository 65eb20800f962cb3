/** The calls a handler makes on its session: each begins when those before it are done. */
import { isPromise } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import type { Data } from "./session_data.ts";
import type { SessionState } from "./session_state.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";

/** A promise that knows whether anybody waits for it. Nobody need: it crashes nothing. */
class Call<T> extends Promise<T> {
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }
  isAwaited = false;

  constructor(running: Promise<T>) {
    super((resolve, reject) => void running.then(resolve, reject));
    super.then(undefined, () => {});
  }

  override then<A = T, B = never>(
    fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.isAwaited = true;
    return super.then(fulfilled, rejected);
  }
}

/** Whether a promise is a call's own. */
export function isCall<T>(made: MaybePromise<T>): made is Promise<T> {
  return made instanceof Call;
}

/** What a call failed with. */
interface Failed {
  readonly call: Call<unknown>;
  readonly error: unknown;
}

export class Calls {
  #last: Promise<unknown> | undefined;
  /** What others need not wait for, but the end of the request. */
  readonly #running = new Set<Promise<unknown>>();
  #failed: Failed[] = [];
  /** Is told of what fails when the end has come. */
  #tell: ((error: unknown) => void) | undefined;

  /** A call that is made now begins at once. */
  get isIdle(): boolean {
    return this.#last === undefined;
  }

  /**
   * Runs `act` when the calls before it are done, and at once if there are none: what
   * the handler does next is done after it. `act` may let the next call begin before it is
   * done itself. Where it fails and nobody awaits it, `unheard()` says so.
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
    const running = (async () => {
      if (before !== undefined) await before;
      try {
        return await act(letOthersBegin);
      } finally {
        letOthersBegin();
      }
    })();
    const call = new Call(running);
    const over = running.then(() => {}, (error) => this.#note({ call, error }));
    this.#running.add(over);
    over.then(() => this.#running.delete(over));
    return call;
  }

  /** Notes how something ends that no other call and no response waits for. */
  watch<T>(running: Promise<T>): Promise<T> {
    const call = new Call(running);
    running.then(undefined, (error) => this.#note({ call, error }));
    return call;
  }

  /** Runs `act` when the calls so far are done: at once if there were none. */
  afterAll<T>(act: () => MaybePromise<T>): MaybePromise<T> {
    return this.#running.size === 0 ? act() : Promise.all(this.#running).then(act);
  }

  /** What calls have failed with that nobody awaits, once: the response may fail by it. */
  unheard(): readonly Failed[] {
    const failed = this.#failed;
    if (failed.length > 0) this.#failed = [];
    return failed.filter(({ call }) => !call.isAwaited);
  }

  /** `tell` is told of what fails when it is too late for that. */
  tellFromHereOn(tell: (error: unknown) => void): void {
    this.#tell = tell;
  }

  async #note(failed: Failed): Promise<void> {
    this.#failed.push(failed);
    if (this.#tell === undefined) return;
    // Whoever has just been handed the promise awaits it a turn later.
    await Promise.resolve();
    for (const { error } of this.unheard()) this.#tell(error);
  }
}

/** Marks a call that nobody need await: where it fails, the end of the request stores what there is. */
export function losesNothing<T>(call: Promise<T>): Promise<T> {
  call.then(() => {}, () => {});
  return call;
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
