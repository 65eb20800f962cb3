/** When a session ends: its cookie says so to the browser, its record to the store. */

/** No `Date` can name a later moment. */
const LAST = 8.64e15;

/**
 * When a cookie ends, for the store: milliseconds since the epoch, or `null`.
 * `0` and `false` are no end, as express-session's own store reads them.
 */
export function expiryOf(cookie: unknown): number | null {
  const expires = (cookie as { expires?: unknown } | null | undefined)?.expires;
  const time = expires instanceof Date
    ? expires.getTime()
    : typeof expires === "string"
    ? Date.parse(expires)
    : typeof expires === "number" && expires !== 0
    ? expires
    : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/**
 * Gives a cookie that was read from a record's text the end the store keeps
 * beside it. Where the text names none, that one is a limit of the store's.
 */
export function setExpiry(
  cookie: { expires?: unknown },
  expires: number | null,
  written: (end: Date) => unknown,
): void {
  if (!("expires" in cookie)) return;
  if (expires !== null) {
    // An end that never comes stays as it was written.
    if (Math.abs(expires) <= LAST) cookie.expires = written(new Date(expires));
    return;
  }
  // `false`, an old way to say "no end", stays what it was.
  if (cookie.expires) cookie.expires = null;
}
