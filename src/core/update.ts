/** A change of the newest data that is made everywhere or nowhere. */
import { type Lifetime, restartLifetime } from "../cookie/lifetime.ts";
import { goneError } from "../errors.ts";
import { after, isPromise } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import type { CommitLoop } from "./commit_loop.ts";
import type { Data } from "./session_data.ts";
import { currentOf } from "./session_objects.ts";
import type { SessionState } from "./session_state.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";
import { MAX_ROUNDS, MOST_TIMES_SLOW, tooLate } from "./update_rounds.ts";
import type { Newest, Turn } from "./writer_queue.ts";

/** Changes data; it may run more than once, each time on data nobody else holds. */
export type UpdateFunction<T> = (data: Data) => MaybePromise<T>;

/** One run of the function. */
interface Draft<T> {
  /** The id it was under: a call of this very request may have moved it since. */
  readonly id: string | undefined;
  /** What stood in the store … */
  readonly newest: Newest;
  /** … and with the request's own unsaved changes on top … */
  readonly laid: string;
  /** … what the function was given of that. */
  readonly data: Data;
  result: MaybePromise<T>;
}

/** A function that takes time runs so often beside other writers before these wait for it. */
const ROUNDS_BESIDE_OTHERS = 3;

/** Thrown where the function has to run once more, or is not done yet. */
const NOT_YET: unique symbol = Symbol("websession.not-yet");

export class Update<T> {
  readonly #loop: CommitLoop;
  readonly #state: SessionState;
  readonly #given: Data;
  readonly #change: UpdateFunction<T>;
  /** What the request held when the call was made: its unsaved changes make it differ from its base. */
  readonly #held: Snapshot;

  /** @param session One that is stored under its id. */
  constructor(
    loop: CommitLoop,
    state: SessionState,
    session: Data,
    change: UpdateFunction<T>,
    held: Snapshot = snapshotOf(state, session),
  ) {
    this.#loop = loop;
    this.#state = state;
    this.#given = session;
    this.#change = change;
    this.#held = held;
  }

  get #session(): Data {
    return currentOf(this.#state, this.#given);
  }

  run(): MaybePromise<T> {
    return this.#state.snapshots.during(this.#held, () => this.#run());
  }

  #run(): MaybePromise<T> {
    // Others may have moved the end since this request read it: no update moves it back.
    const cookie = this.#session["cookie"] as Lifetime | undefined;
    if (cookie) restartLifetime(cookie);
    let draft!: Draft<T>;
    const tried = this.#loop.inTurn(this.#state, (turn) =>
      after(this.#newest(turn), (newest) => {
        this.#look();
        return this.#commit(newest, turn, (theirs) => {
          draft = this.#draft({ ...newest, text: theirs });
          if (isPromise(draft.result)) throw NOT_YET;
          return this.#textOf(draft);
        });
      }));
    return after(tried, (isDone) => isDone ? draft.result : this.#runSlowly(draft));
  }

  /** A function that takes time holds up nobody, unless it would never get through otherwise. */
  async #runSlowly(first: Draft<T>): Promise<T> {
    let draft = first;
    let slow = 0;
    for (let round = 1; round <= MAX_ROUNDS; round++) {
      draft.result = await draft.result;
      const isDone = await this.#loop.inTurn(this.#state, async (turn) => {
        // A call of this very request has put another session in its place.
        if (this.#held.isOver) throw goneError();
        if (await this.#store(draft, turn)) return true;
        const isAlone = round >= ROUNDS_BESIDE_OTHERS;
        // Writers of other processes would be done sooner, again and again.
        const { storedId } = this.#state;
        if (isAlone && storedId !== undefined) await this.#loop.claim(storedId, turn);
        const newest = await this.#newest(turn);
        this.#look();
        draft = this.#draft(newest);
        if (!isAlone) return false;
        if (!await this.#loop.calls.isInTime(draft.result)) {
          // It may wait for what waits for it, such as a save() of its own.
          if (++slow === MOST_TIMES_SLOW) throw tooLate(slow);
          return false;
        }
        draft.result = await draft.result;
        return await this.#store(draft, turn);
      });
      if (isDone) return await draft.result;
    }
    throw tooLate();
  }

  #store(draft: Draft<T>, turn: Turn): MaybePromise<boolean> {
    if (this.#state.storedId !== draft.id) return false;
    const text = this.#textOf(draft);
    return this.#commit(draft.newest, turn, (theirs) => {
      if (theirs !== draft.newest.text) throw NOT_YET;
      return text;
    });
  }

  /** Whether it is stored; if not, the function has to finish, or to run once more. */
  #commit(
    newest: Newest,
    turn: Turn,
    onto: (theirs: string) => string,
  ): MaybePromise<boolean> {
    const state = this.#state;
    const change = { state, session: this.#session, held: this.#held, onto, isOptional: true };
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

  #draft(newest: Newest): Draft<T> {
    const laid = this.#held.onto(newest.text);
    const data = this.#state.visibleIn(laid);
    const result = this.#change(data);
    // Some promises do their work anew each time they are awaited: query builders do.
    const { storedId: id } = this.#state;
    return { id, newest, laid, data, result: isPromise(result) ? once(result) : result };
  }

  #textOf(draft: Draft<T>): string {
    return this.#state.contentWith(draft.data, draft.laid, draft.result);
  }

  /** When the turn has come: the session may have been loaded again meanwhile, as another object. */
  #look(): void {
    const session = this.#session;
    if (this.#held.of !== session) this.#held.retake(snapshotOf(this.#state, session));
  }

  #newest(turn: Turn): MaybePromise<Newest> {
    if (turn.newest !== undefined) return turn.newest;
    const id = this.#state.storedId!;
    return after(this.#loop.read(id), (newest) => {
      if (newest === undefined) throw this.#loop.lost(this.#state, id);
      return newest;
    });
  }
}

async function once<T>(result: Promise<T>): Promise<T> {
  return await result;
}
