/** Sweeps a table from time to time, since its first session was created. */
import { afterQuietly } from "../../clock.ts";
import { QuietTimer } from "../shared/quiet_timer.ts";
import type { ManyRows } from "./many.ts";

export class TimedSweep {
  readonly #timer: QuietTimer;
  readonly #interval: number;

  constructor(rows: ManyRows, interval: number) {
    this.#interval = interval;
    // A store that nobody has any more is not kept for its timer.
    const held = new WeakRef(rows);
    const timer = this.#timer = new QuietTimer(async () => {
      const still = held.deref();
      if (still === undefined) return;
      try {
        await still.sweep(Infinity, pauseQuietly);
      } catch {
        // Nobody has asked for it: whatever is wrong, the next request is told.
      }
      timer.set(interval);
    });
  }

  /** There is something that will expire. */
  schedule(): void {
    this.#timer.set(this.#interval);
  }
}

/** No process stays alive to be done with a sweep. */
function pauseQuietly(): Promise<void> {
  return new Promise((resolve) => void afterQuietly(0, resolve));
}
