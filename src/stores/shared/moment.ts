/** Moments that every database can keep. */

/** The last one that a `Date` can name. */
const LAST = 8.64e15;

/** An end within the years of a `Date`; what is no number has passed. */
export function toMoment(end: number): number {
  return end > 0 ? Math.min(end, LAST) : 0;
}

/** The same of an end there may be. */
export function toEnd(expires: number | null): number | null {
  return expires === null ? null : toMoment(expires);
}

/** As many seconds as a signed number of 32 bits can count, in milliseconds: 68 years. */
const LONGEST = 0x7fffffff * 1000;

/**
 * For how many milliseconds a database is asked to keep what it drops by
 * itself: until an end and `grace` more, as far as it can count.
 */
export function lifeUntil(end: number, now: number, grace: number): number {
  return Math.min(Math.ceil(Math.max(0, toMoment(end) - now)) + grace, LONGEST);
}
