/** A session's own lifetime, as its stored text says it. */

/**
 * How the text of a session begins whose lifetime is so many milliseconds. The
 * cookie stands first in it, and `originalMaxAge` first in the cookie.
 */
export function lifetimePrefix(maxAge: number | null): string {
  return `{"cookie":{"originalMaxAge":${maxAge},`;
}

/** Whether the lifetime that a text names is exactly so many milliseconds. */
export function hasLifetime(json: string, maxAge: number | null): boolean {
  return json.startsWith(lifetimePrefix(maxAge));
}

/** How the text of a session begins whose cookie names no end: it may follow a line of its own. */
const ENDLESS = '{"cookie":{"originalMaxAge":null,"expires":null';

/** Whether the cookie of a text names no end. */
export function isEndless(json: string): boolean {
  // No other line break is in a text of JSON on one line.
  return json.startsWith(ENDLESS, json.indexOf("\n") + 1);
}
