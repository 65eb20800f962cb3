/**
 * Those in this process who wait for the lock of one session, in the order they came.
 *
 * Only the first of them asks the store; whoever gives the lock back here wakes it. Each has a
 * timer of its own, as in Workers a request that was ended wakes nobody.
 */
import type { Clock } from "../clock.ts";
import { sharedForEach } from "../shared_by_builds.ts";
import { randomValues } from "./random_source.ts";

/** The longest pause between two looks, in milliseconds. */
const LONGEST_PAUSE = 64;
/** The first of a line that has not looked for so long will not any more: its request was ended. */
const GONE = 60_000;

interface Waiter {
  looked: number;
  wake: () => void;
}

const linesOf = sharedForEach("locks", (_store: object) => new Map<string, Waiter[]>());

/** Asks `look` again and again until it says `true`, in line with the others; `false`: not within `wait`. */
export async function lookInLine(
  store: object,
  id: string,
  { clock, wait }: { readonly clock: Clock; readonly wait: number },
  look: () => Promise<boolean>,
): Promise<boolean> {
  const begun = clock.now();
  const lines = linesOf(store);
  const line = lines.get(id) ?? [];
  lines.set(id, line);
  const waiter: Waiter = { looked: begun, wake: () => {} };
  line.push(waiter);
  try {
    for (let looks = 1;; looks++) {
      waiter.looked = clock.now();
      while (line[0] !== waiter && waiter.looked - line[0]!.looked > GONE) line.shift();
      if (line[0] === waiter && await look()) return true;
      const left = wait - Math.max(0, clock.now() - begun);
      if (left <= 0) return false;
      await pause(clock, Math.min(left, pauseAfter(looks)), waiter);
    }
  } finally {
    const place = line.indexOf(waiter);
    if (place >= 0) line.splice(place, 1);
    if (line.length === 0 && lines.get(id) === line) lines.delete(id);
    line[0]?.wake();
  }
}

/** The lock of a session is free. */
export function wakeFirst(store: object, id: string): void {
  linesOf(store).get(id)?.[0]?.wake();
}

function pause(clock: Clock, ms: number, waiter: Waiter): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    waiter.wake = () => {
      cancel();
      resolve();
    };
  });
}

/** A little longer each time, and of no length that another process waits as well. */
function pauseAfter(looks: number): number {
  const [random] = randomValues(new Uint16Array(1));
  return Math.ceil((1 + random! / 0x10000) * Math.min(2 ** looks, LONGEST_PAUSE) / 2);
}
