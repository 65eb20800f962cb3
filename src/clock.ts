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

/** The clock of the platform; its timers never keep a process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, act) {
    const timer: unknown = setTimeout(act, ms);
    if (typeof timer === "object") (timer as { unref?: () => void } | null)?.unref?.();
    return () => clearTimeout(timer as ReturnType<typeof setTimeout>);
  },
};
