/**
 * Plain changes of one session that wait for the same turn are stored together.
 *
 * One after the other, each would wait for all before it, and the store would be
 * asked once for each. Changes that are laid one on the other need one commit; whoever
 * made one is told what became of it all the same.
 */
import { lifetimeOf } from "../cookie/lifetime.ts";
import type { CommitResult, MaybePromise } from "../store.ts";
import { type Change, follow, knownTo, newestIn } from "./change.ts";
import type { OutgoingRecord } from "./outgoing_record.ts";
import type { Data } from "./session_data.ts";
import type { SessionState } from "./session_state.ts";
import type { StoreCalls } from "./store_calls.ts";
import type { StoreTimeout } from "./store_timeout.ts";
import { waitForOther } from "./wait_for_other.ts";
import type { Newest, Turn } from "./writer_queue.ts";

/** What stores a change that goes alone. */
export interface CommitterAlone {
  readonly calls: StoreCalls;
  readonly settings: StoreTimeout;
  /** Runs `act` when the writers of an id before it are done. */
  inLine<T>(id: string, act: (turn: Turn) => MaybePromise<T>): MaybePromise<T>;
  exchange(change: Change): MaybePromise<void>;
  attempt(change: Change, target: Newest, turn: Turn, round: number): MaybePromise<void>;
  next(round: number, id: string, turn: Turn): MaybePromise<Newest | undefined>;
  cookieFor(change: Change, target: Newest): unknown;
  check(text: string, before: string): void;
  lost(state: SessionState, id: string): Error;
  record(
    state: SessionState,
    session: Data,
    isOwn: boolean,
    text: string,
    cookie: unknown,
  ): OutgoingRecord;
}

/** A change that waits, and whoever made it. */
interface Rider {
  readonly change: Change;
  resolve(): void;
  reject(error: unknown): void;
}

/** Those who wait for the same turn. */
interface Boarding {
  readonly first: SessionState;
  readonly others: Rider[];
}

export class SharedCommits {
  readonly #loop: CommitterAlone;
  /** Those who wait for a turn that has not begun, by the session's id. */
  readonly #waiting = new Map<string, Boarding>();

  constructor(loop: CommitterAlone) {
    this.#loop = loop;
  }

  commit(change: Change): MaybePromise<void> {
    const id = change.state.storedId!;
    const waiting = this.#waiting.get(id);
    // What one request has changed since its call before is known when that is stored.
    if (waiting !== undefined && !isAboard(waiting, change.state)) {
      return this.#ride(waiting, change, id);
    }
    if (waiting !== undefined) {
      return this.#loop.inLine(id, (turn) => this.#alone(change, id, turn));
    }
    const others: Rider[] = [];
    this.#waiting.set(id, { first: change.state, others });
    return this.#loop.inLine(id, (turn) => {
      this.#waiting.delete(id);
      if (others.length === 0) return this.#alone(change, id, turn);
      return this.#together(change, others, id, turn);
    });
  }

  /** Waits for whoever is in line already, and no longer than for a store: it may be gone. */
  async #ride(boarding: Boarding, change: Change, id: string): Promise<void> {
    let rider!: Rider;
    const stored = new Promise<void>((resolve, reject) => rider = { change, resolve, reject });
    const { others } = boarding;
    others.push(rider);
    let looks = 0;
    const isLeft = () => this.#waiting.get(id) === boarding || ++looks > 1;
    const told = stored.then(() => {}, () => {});
    if (await waitForOther(told, this.#loop.settings, isLeft)) return await stored;
    if (this.#waiting.get(id) === boarding) this.#waiting.delete(id);
    const place = others.indexOf(rider);
    if (place >= 0) others.splice(place, 1);
    return await this.#loop.inLine(id, (turn) => this.#alone(change, id, turn));
  }

  #alone(change: Change, id: string, turn: Turn): MaybePromise<void> {
    const { state } = change;
    // A call of this request that came before may have moved the session.
    if (state.storedId !== id) return this.#loop.exchange(change);
    if (state.isGone(id)) throw this.#loop.lost(state, id);
    return this.#loop.attempt(change, turn.newest ?? knownTo(state), turn, 1);
  }

  async #together(
    change: Change,
    others: readonly Rider[],
    id: string,
    turn: Turn,
  ): Promise<void> {
    let first!: Rider;
    const stored = new Promise<void>((resolve, reject) => first = { change, resolve, reject });
    // Awaited below: until then nobody listens.
    stored.catch(() => {});
    const [here, elsewhere]: Rider[][] = [[], []];
    for (const rider of [first, ...others]) {
      const { state } = rider.change;
      if (state.storedId !== id || state.isGone(id)) elsewhere!.push(rider);
      else here!.push(rider);
    }
    for (const rider of elsewhere!) this.#release(rider, id, turn);
    const [leader] = here!;
    if (leader !== undefined) {
      await this.#attempt(here!, id, turn.newest ?? knownTo(leader.change.state), turn, 1);
    }
    await stored;
  }

  /** A change whose session has moved or gone meanwhile goes its own way. */
  async #release(rider: Rider, id: string, turn: Turn): Promise<void> {
    try {
      await this.#alone(rider.change, id, turn);
      rider.resolve();
    } catch (error) {
      rider.reject(error);
    }
  }

  async #attempt(
    riders: readonly Rider[],
    id: string,
    target: Newest,
    turn: Turn,
    round: number,
  ): Promise<void> {
    const { aboard, text } = this.#layTogether(riders, target.text);
    const last = aboard.at(-1);
    if (last === undefined) return;
    // What was set last counts, of the attributes as of the lifetime.
    const edits = aboard.filter(({ change: { state, session } }) => state.cookieEdited(session));
    const keeper = (edits.at(-1) ?? last).change;
    const lives = edits.filter(({ change: { state, session } }) => state.lifetimeEdited(session));
    const set = lives.at(-1)?.change.session["cookie"] ?? target.cookie;
    const cookie = this.#loop.cookieFor(keeper, { ...target, cookie: set });
    const sent = { ...(cookie as object), ...lifetimeOf(cookie) };
    const { state, session, held } = keeper;
    const record = this.#loop.record(state, session, held.holds(text), text, cookie);
    const { calls } = this.#loop;
    let outcome: CommitResult;
    let next: Newest | undefined;
    try {
      outcome = await calls.ask(id, () => calls.store.commit(id, record, target.version));
      if (outcome.status === "conflict") {
        turn.newest = newestIn(outcome.current, target.text);
        next = await this.#loop.next(round, id, turn);
      }
    } catch (error) {
      for (const rider of aboard) rider.reject(error);
      return;
    }
    if (outcome.status === "committed") {
      const { version } = outcome;
      const stored = { version, text, cookie: sent };
      turn.newest = version === undefined ? undefined : stored;
      for (const { change, resolve } of aboard) {
        follow(change, id, stored);
        resolve();
      }
    } else if (next === undefined) {
      for (const { change, reject } of aboard) reject(this.#loop.lost(change.state, id));
    } else await this.#attempt(aboard, id, next, turn, round + 1);
  }

  /** Lays one change on the other. One that cannot be made, or makes too much of it, fails alone. */
  #layTogether(
    riders: readonly Rider[],
    theirs: string,
  ): { aboard: readonly Rider[]; text: string } {
    let text = theirs;
    const aboard = riders.filter(({ change, reject }) => {
      try {
        const laid = change.onto(text);
        this.#loop.check(laid, text);
        text = laid;
        return true;
      } catch (error) {
        reject(error);
        return false;
      }
    });
    return { aboard, text };
  }
}

function isAboard({ first, others }: Boarding, state: SessionState): boolean {
  return first === state || others.some(({ change }) => change.state === state);
}
