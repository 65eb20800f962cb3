/** Goes through what a store holds, a little at a time, as long as it holds anything. */

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
  /** Milliseconds; 0: never. */
  readonly #interval: number;
  readonly #look: (thing: Thing) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #round: Iterator<Thing> | undefined;
  #left = 0;

  constructor(things: Sweepable<Thing>, interval: number, look: (thing: Thing) => void) {
    this.#things = things;
    this.#interval = interval;
    this.#look = look;
  }

  /** There is something to sweep. */
  schedule(): void {
    if (this.#timer !== undefined || this.#interval === 0) return;
    this.#wake(this.#interval);
  }

  #wake(delay: number): void {
    this.#timer = setTimeout(() => this.#step(), delay);
    // A number in browsers, Workers and Deno; there it keeps nothing alive, or is released below.
    const timer = this.#timer as unknown as { unref?: () => void } | number;
    if (typeof timer === "object") timer.unref?.();
    else (globalThis as { Deno?: { unrefTimer(id: number): void } }).Deno?.unrefTimer(timer);
  }

  /** Looks at so many things at most, so that a million of them block nothing. */
  #step(): void {
    this.#timer = undefined;
    if (this.#round === undefined) {
      this.#round = this.#things.values();
      this.#left = this.#things.size;
    }
    for (let looked = 0; looked < STEP && this.#left > 0; looked++) {
      const next = this.#round.next();
      this.#left = next.done ? 0 : this.#left - 1;
      if (!next.done) this.#look(next.value);
    }
    if (this.#left > 0) return this.#wake(0);
    this.#round = undefined;
    if (this.#things.size > 0) this.schedule();
  }
}
