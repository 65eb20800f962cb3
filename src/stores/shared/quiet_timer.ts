/** A timer for a store's own work: it keeps no process alive, and does not stay lost. */
import { afterQuietly, systemClock } from "../../clock.ts";

/** So many milliseconds behind its time, a timer is taken for lost. */
const LOST = 60_000;

/** Does something once, some time after it was set. */
export class QuietTimer {
  readonly #act: () => void;
  #due: number | undefined;
  #cancel: () => void = () => {};

  constructor(act: () => void) {
    this.#act = act;
  }

  /**
   * Sets it, unless it is set: for in `ms` milliseconds, which is never for 0 and Infinity.
   *
   * In Workers a timer dies with the request that set it. One that should have gone off long
   * ago is set again, and for at once.
   */
  set(ms: number): void {
    if (!(ms > 0) || ms === Infinity) return;
    const now = systemClock.now();
    if (this.#due === undefined) this.#start(now, ms);
    else if (now > this.#due + LOST) this.#start(now, 0);
  }

  /** Sets it for as soon as others have had their turn. */
  setSoon(): void {
    this.#start(systemClock.now(), 0);
  }

  #start(now: number, ms: number): void {
    this.#cancel();
    this.#due = now + ms;
    this.#cancel = afterQuietly(ms, () => {
      this.#due = undefined;
      this.#act();
    });
  }
}
