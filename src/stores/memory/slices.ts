/** Going through very many sessions: a slice at a time, so that others have their turn. */
import { systemClock } from "../../clock.ts";
import type { MaybePromise } from "../../store.ts";

/** How many sessions are looked at in one go: well under 10 ms. */
export const SLICE = 2_000;

/** Lets everybody else have a turn. */
export function pause(): Promise<void> {
  return new Promise((resolve) => void systemClock.after(0, resolve));
}

/** Hands each thing to `look` until it answers `false`: at once where there is one slice of them. */
export function inSlices<T>(
  things: Iterator<T>,
  look: (thing: T) => boolean,
): MaybePromise<void> {
  const slice = (): boolean => {
    for (let looked = 0; looked < SLICE; looked++) {
      const next = things.next();
      if (next.done || !look(next.value)) return false;
    }
    return true;
  };
  return slice() ? goOn(slice) : undefined;
}

async function goOn(slice: () => boolean): Promise<void> {
  do await pause(); while (slice());
}
