/**
 * A short lease on a session: the right of way of a process that has lost too often.
 *
 * Within a process writers take turns; among processes whoever is nearest to the
 * store would win each time. The lease is a record of its own that the others look
 * for after some turns in a row. It only asks for patience: what keeps writes apart
 * is the version, with it or without.
 */
import { RecentMap } from "../cookie/recent_map.ts";
import { attempt, isPromise } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import { hasSideRecord, makeSideRecord } from "./side_record.ts";
import type { StoreCalls } from "./store_calls.ts";
import type { Turn } from "./writer_queue.ts";

/** Long enough for some turns, short enough for whoever waits for a process that died. */
const LEASE = 3_000;
/** So many turns a process takes in a row before it looks who else wants one … */
const TURNS = 16;
/** … where one begins so soon, in milliseconds, after the one before. */
const IN_A_ROW = 100;
/** So many times somebody else's lease is waited for: about as long as it lasts. */
const LOOKS = 100;

export class Leases {
  readonly #calls: StoreCalls;
  /** The turns this process has had lately, by the session's id. */
  readonly #runs = new RecentMap<{ turns: number; last: number }>();

  constructor(calls: StoreCalls) {
    this.#calls = calls;
  }

  /** Asks the others to wait, when they have won again and again. */
  async claim(id: string, turn: Turn): Promise<void> {
    if (!this.#calls.store.atomic) return await this.#calls.pause(LOOKS);
    for (let look = 1; look <= LOOKS && !turn.hasLease; look++) {
      turn.hasLease = await makeSideRecord(this.#calls, leaseOf(id), this.#calls.now() + LEASE);
      if (!turn.hasLease) await this.#calls.pause(look);
    }
  }

  /** After some turns in a row: lets others have theirs. */
  giveWay(id: string, turn: Turn): MaybePromise<void> {
    if (!this.#calls.store.atomic || this.#turnsInARow(id) % TURNS !== 0) return;
    return turn.hasLease ? this.release(id, turn) : this.#waitForOthers(id);
  }

  #turnsInARow(id: string): number {
    const now = this.#calls.now();
    const run = this.#runs.get(id);
    if (run === undefined || Math.abs(now - run.last) > IN_A_ROW) {
      this.#runs.set(id, { turns: 1, last: now });
      return 1;
    }
    run.last = now;
    return ++run.turns;
  }

  /** Runs a turn; with the last one of a process its lease ends. */
  during<T>(id: string, turn: Turn, act: () => MaybePromise<T>): MaybePromise<T> {
    const end = () => turn.hasLease && turn.isLast ? this.release(id, turn) : undefined;
    let acted: MaybePromise<T> | undefined;
    try {
      return acted = act();
    } finally {
      if (isPromise(acted)) acted.then(end, end);
      // What answers at once may be the last one's too.
      else end();
    }
  }

  /** Nobody who holds up a session for its lease is to fail by it: it ends by itself. */
  async release(id: string, turn: Turn): Promise<void> {
    turn.hasLease = false;
    const lease = leaseOf(id);
    const released = () => this.#calls.ask(lease, () => this.#calls.store.destroy(lease));
    await attempt(released, () => {});
  }

  async #waitForOthers(id: string): Promise<void> {
    for (let look = 1; look <= LOOKS && await hasSideRecord(this.#calls, leaseOf(id)); look++) {
      await this.#calls.pause(look);
    }
  }
}

/** No session has such an id: ids have no dot. */
function leaseOf(id: string): string {
  return `${id}.lease`;
}
