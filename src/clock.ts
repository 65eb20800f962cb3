/**
 * Time, as a door hands it to the core.
 *
 * @module
 */

/** The clock and the timer a door runs on. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `act` in `ms` milliseconds, unless the returned function is called first. */
  after(ms: number, act: () => void): () => void;
}

/**
 * The clock of the platform. Its timers keep a process alive: somebody awaits
 * each of them, and each is soon over or cancelled.
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};
