/** A change of the newest data that reaches the session and the store together, or neither. */
import { after, isPromise } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import type { CommitLoop, Target } from "./commit_loop.ts";
import { merge } from "./merge.ts";
import type { Data } from "./session_data.ts";
import type { SessionState } from "./session_state.ts";
import type { Turn } from "./writer_queue.ts";

/** Changes data; it may run more than once, each time on data nobody else holds. */
export type UpdateFunction<T> = (data: Data) => MaybePromise<T>;

/** One run of the function. */
interface Draft<T> {
  /** What stood in the store … */
  readonly newest: Target;
  /** … and with the request's own unsaved changes on top … */
  readonly laid: string;
  /** … what the function was given of that. */
  readonly data: Data;
  readonly result: MaybePromise<T>;
}

/** A function that takes time runs so often beside other writers before these wait for it. */
const ROUNDS_BESIDE_OTHERS = 3;

/** Thrown where the function has to run once more, or is not done yet. */
const NOT_YET: unique symbol = Symbol("websession.not-yet");

export class Update<T> {
  readonly #loop: CommitLoop;
  readonly #state: SessionState;
  readonly #session: Data;
  readonly #change: UpdateFunction<T>;
  readonly #base: string;
  readonly #before: string;

  /** @param session One that is stored under its id. */
  constructor(loop: CommitLoop, state: SessionState, session: Data, change: UpdateFunction<T>) {
    this.#loop = loop;
    this.#state = state;
    this.#session = session;
    this.#change = change;
    this.#base = state.baseText;
    this.#before = state.contentOf(session);
  }

  run(): MaybePromise<T> {
    let draft!: Draft<T>;
    const tried = this.#inTurn((turn) =>
      after(this.#newest(turn), (newest) =>
        this.#commit(newest, turn, (theirs) => {
          draft = this.#draft({ ...newest, text: theirs });
          if (isPromise(draft.result)) throw NOT_YET;
          return this.#textOf(draft);
        }))
    );
    return after(tried, (isDone) => isDone ? draft.result : this.#runSlowly(draft));
  }

  /** A function that takes time holds up nobody, unless it would never get through otherwise. */
  async #runSlowly(first: Draft<T>): Promise<T> {
    let draft = first;
    for (let round = 1;; round++) {
      await draft.result;
      const isDone = await this.#inTurn(async (turn) => {
        if (await this.#store(draft, turn)) return true;
        draft = this.#draft(await this.#newest(turn));
        if (round < ROUNDS_BESIDE_OTHERS) return false;
        return await this.#loop.isInTime(draft.result) && await this.#store(draft, turn);
      });
      if (isDone) return await draft.result;
    }
  }

  #store(draft: Draft<T>, turn: Turn): MaybePromise<boolean> {
    const text = this.#textOf(draft);
    return this.#commit(draft.newest, turn, (theirs) => {
      if (theirs !== draft.newest.text) throw NOT_YET;
      return text;
    });
  }

  /** Whether it is stored; if not, the function has to finish, or to run once more. */
  #commit(
    newest: Target,
    turn: Turn,
    onto: (theirs: string) => string,
  ): MaybePromise<boolean> {
    const change = {
      state: this.#state,
      session: this.#session,
      before: this.#before,
      onto,
      isOptional: true,
    };
    const notYet = (error: unknown): boolean => {
      if (error === NOT_YET) return false;
      throw error;
    };
    try {
      const stored = this.#loop.attempt(change, newest, turn, 1);
      return isPromise(stored) ? stored.then(() => true, notYet) : true;
    } catch (error) {
      return notYet(error);
    }
  }

  #draft(newest: Target): Draft<T> {
    const laid = merge(this.#base, this.#before, newest.text);
    const data = this.#state.visibleIn(laid);
    return { newest, laid, data, result: this.#change(data) };
  }

  #textOf({ laid, data }: Draft<T>): string {
    return this.#state.contentWith(data, laid);
  }

  #newest(turn: Turn): MaybePromise<Target> {
    if (turn.newest !== undefined) return turn.newest;
    const id = this.#state.storedId!;
    return after(this.#loop.read(id), (newest) => {
      if (newest === undefined) throw this.#loop.lost(this.#state, id);
      return newest;
    });
  }

  #inTurn<R>(act: (turn: Turn) => MaybePromise<R>): MaybePromise<R> {
    return this.#loop.inTurn(this.#state, act);
  }
}
