/** A statement that the database undid, or did not begin, is sent again. */
import { systemClock } from "../../clock.ts";
import type { MaybePromise } from "../../store.ts";

/**
 * How often a statement is sent; with the pauses that is about five seconds. On a file of SQLite that
 * many processes write to, some of many hundred met a lock a hundred times.
 */
const TRIES = 300;

/** The longest pause, in milliseconds. */
const LONGEST = 32;

/**
 * Runs `act` until it fails in another way than `isTransient` knows. Between two tries the event
 * loop is free, which it is not while a client waits for a lock by itself.
 */
export async function again<T>(
  act: () => MaybePromise<T>,
  isTransient: (error: unknown) => boolean,
): Promise<T> {
  for (let tried = 1;; tried++) {
    // By chance, so that those who were in each other's way are not so again.
    await wait(chance() * Math.min(2 ** tried, LONGEST));
    try {
      return await act();
    } catch (error) {
      if (tried + 1 >= TRIES || !isTransient(error)) throw error;
    }
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => systemClock.after(ms, resolve));
}

/** From 0 to 1. */
function chance(): number {
  return crypto.getRandomValues(new Uint16Array(1))[0]! / 0xffff;
}
