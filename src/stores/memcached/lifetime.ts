/** How long the server is asked to keep an item. */
import { systemClock } from "../../clock.ts";

/** The server counts whole seconds, and may be one ahead. */
const SLACK = 2;
/** More seconds than these it takes for a moment since 1970. */
const LONGEST = 30 * 24 * 3600;
/** The last moment that every server can count. */
const LAST = 0x7fffffff;

/** Ends an item at once. */
export const OVER = -1;
const NEVER = 0;

/**
 * Seconds for an item that ends `left` milliseconds from now, or the moment of its end where it is
 * far; the store itself ends it to the millisecond.
 */
export function lifetimeOf(left: number): number {
  if (left <= 0) return OVER;
  const seconds = Math.ceil(left / 1000) + SLACK;
  if (seconds <= LONGEST) return seconds;
  const end = Math.ceil(systemClock.now() / 1000) + seconds;
  return end <= LAST ? end : NEVER;
}
