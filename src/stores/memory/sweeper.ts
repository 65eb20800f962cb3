/** Goes through what a store holds, a little at a time, as long as it holds anything. */
import { afterQuietly, systemClock } from "../../clock.ts";
import { SLICE } from "./slices.ts";

/** So many milliseconds behind its time, a timer is taken for lost. */
const LOST = 1_000;

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
  /** When the timer that was set last should go off. */
  #due: number | undefined;
  /** Which timer that is. */
  #timer = 0;
  #round: Iterator<Thing> | undefined;
  #left = 0;

  constructor(things: Sweepable<Thing>, interval: number, look: (thing: Thing) => void) {
    this.#things = things;
    this.#interval = interval;
    this.#look = look;
  }

  /**
   * There is something to sweep.
   *
   * In Workers a timer dies with the request that set it: where one is lost, whoever comes next
   * takes the step that was due, and sets the timer anew.
   */
  schedule(): void {
    if (!(this.#interval > 0) || this.#interval === Infinity) return;
    const now = systemClock.now();
    if (this.#due === undefined) this.#wait(now, this.#interval);
    else if (now > this.#due + LOST) this.#step(now);
  }

  #wait(now: number, ms: number): void {
    this.#due = now + ms;
    const timer = ++this.#timer;
    afterQuietly(ms, () => timer === this.#timer && this.#step(systemClock.now()));
  }

  /** Looks at so many things at most, so that a million of them block nothing. */
  #step(now: number): void {
    this.#due = undefined;
    if (this.#round === undefined) {
      this.#round = this.#things.values();
      this.#left = this.#things.size;
    }
    for (let looked = 0; looked < SLICE && this.#left > 0; looked++) {
      const next = this.#round.next();
      this.#left = next.done ? 0 : this.#left - 1;
      if (!next.done) this.#look(next.value);
    }
    if (this.#left > 0) return this.#wait(now, 0);
    this.#round = undefined;
    if (this.#things.size > 0) this.#wait(now, this.#interval);
  }
}
