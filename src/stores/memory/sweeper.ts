/** Goes through what a store holds, a little at a time, as long as it holds anything. */

import { QuietTimer } from "../shared/quiet_timer.ts";

/** How many things one step looks at: well under 20 ms. */
const STEP = 2_000;

/** What is swept. */
export interface Sweepable<Thing> {
  /** How many things there are. */
  readonly size: number;
  /** Everything; things may be added and removed meanwhile. */
  values(): Iterator<Thing>;
}

export class Sweeper<Thing> {
  readonly #things: Sweepable<Thing>;
  /** Milliseconds; 0 or Infinity: never. */
  readonly #interval: number;
  readonly #look: (thing: Thing) => void;
  readonly #timer: QuietTimer;
  #round: Iterator<Thing> | undefined;
  #left = 0;

  constructor(things: Sweepable<Thing>, interval: number, look: (thing: Thing) => void) {
    this.#things = things;
    this.#interval = interval;
    this.#look = look;
    this.#timer = new QuietTimer(() => this.#step());
  }

  /** There is something to sweep. */
  schedule(): void {
    this.#timer.set(this.#interval);
  }

  /** Looks at so many things at most, so that a million of them block nothing. */
  #step(): void {
    if (this.#round === undefined) {
      this.#round = this.#things.values();
      this.#left = this.#things.size;
    }
    for (let looked = 0; looked < STEP && this.#left > 0; looked++) {
      const next = this.#round.next();
      this.#left = next.done ? 0 : this.#left - 1;
      if (!next.done) this.#look(next.value);
    }
    if (this.#left > 0) return this.#timer.setSoon();
    this.#round = undefined;
    if (this.#things.size > 0) this.schedule();
  }
}
