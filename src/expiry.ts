/** When a session ends: its cookie says so to the browser, its record to the store. */

/** When a cookie ends, for the store: milliseconds since the epoch, or `null`. */
export function expiryOf(cookie: unknown): number | null {
  const expires = (cookie as { expires?: unknown } | null | undefined)?.expires;
  const time = expires instanceof Date
    ? expires.getTime()
    : typeof expires === "string"
    ? Date.parse(expires)
    : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/** Gives a cookie that was read from a record's text the end the store keeps beside it. */
export function setExpiry(
  cookie: { expires?: unknown },
  expires: number | null,
  written: (end: Date) => unknown,
): void {
  if (expires !== null) cookie.expires = written(new Date(expires));
  // `false`, an old way to say "no end", stays what it was.
  else if (cookie.expires) cookie.expires = null;
}
