/**
 * Time, as an adapter hands it to the core.
 *
 * @module
 */

import { callable } from "./option_checks.ts";
import { sharedByBuilds } from "./shared_by_builds.ts";

/** The clock and the timer an adapter runs on. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Calls `act` in `ms` milliseconds, unless the returned function is called
   * first. `Infinity` is never.
   */
  after(ms: number, act: () => void): () => void;
}

/** The same as an option: `now()` is enough. */
export type ClockOption = Pick<Clock, "now"> & Partial<Clock>;

type Timer = ReturnType<typeof setTimeout>;

/** The longest wait of a platform's timer: asked for more, it would fire at once. */
const LONGEST = 0x7fffffff;

/**
 * The clock of the platform, looked up at each call: whoever replaces `Date` or
 * the timers meanwhile, as fake timers do, replaces this one too. Its timers
 * keep a process alive: somebody awaits each of them, and each is soon over or
 * cancelled.
 */
export const systemClock: Clock = sharedByBuilds("clock", () => ({
  now: () => Date.now(),
  after: (ms: number, act: () => void) => wait(ms, act, () => {}),
}));

/**
 * A clock of the application's, which may leave the timers to the platform.
 *
 * @throws {TypeError} If it has no `now()`.
 */
export function completeClock(clock: ClockOption = systemClock): Clock {
  callable("clock.now", Object(clock).now ?? null);
  return clock.after ? clock as Clock : { now: () => clock.now(), after: afterQuietly };
}

/** As `systemClock.after()`, but no process stays alive for it. */
export function afterQuietly(ms: number, act: () => void): () => void {
  return wait(ms, act, release);
}

/** The same by a clock of the application's own, whose timers are its own affair. */
export function afterQuietlyBy(clock: Clock, ms: number, act: () => void): () => void {
  return clock === systemClock ? afterQuietly(ms, act) : clock.after(ms, act);
}

/** Waits in pieces that a timer can take; `begun` is handed the timer of each. */
function wait(ms: number, act: () => void, begun: (timer: Timer) => void): () => void {
  if (ms === Infinity) return () => {};
  let timer: Timer;
  const begin = (left: number): void => {
    const rest = left - LONGEST;
    timer = rest > 0 ? setTimeout(() => begin(rest), LONGEST) : setTimeout(act, left);
    begun(timer);
  };
  begin(ms);
  return () => clearTimeout(timer);
}

function release(timer: unknown): void {
  // A number in browsers, Workers and Deno; the first two keep nothing alive for a timer.
  if (typeof timer === "object") (timer as { unref?: () => void }).unref?.();
  else (globalThis as { Deno?: { unrefTimer(id: unknown): void } }).Deno?.unrefTimer(timer);
}
