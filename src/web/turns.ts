/** Calls that run one after another, in the order they were made. */
import { after } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";

export class Turns {
  #last: Promise<unknown> | undefined;

  /** Runs `act` when the calls before it are done; a promise nobody awaits crashes nothing. */
  take<T>(act: () => MaybePromise<T>): Promise<T> {
    const before = this.#last;
    const turn = (async () => {
      await before;
      return await act();
    })();
    // Whoever awaits the turn itself still sees its error.
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Runs `act` when the calls so far are done: at once if there were none. */
  afterAll<T>(act: () => MaybePromise<T>): MaybePromise<T> {
    return after(this.#last, act);
  }
}
