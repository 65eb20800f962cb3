/** The cookie of a stored session, as stores read it: by `expires`, `_expires`, `maxAge` or `originalMaxAge`. */

export interface StoredCookie {
  expires?: unknown;
  originalMaxAge?: unknown;
}

/**
 * A cookie of another's class with what a text says. Where `expires` is a
 * setter, as in express-session's class, it moves `originalMaxAge` too.
 */
export function cookieLike(model: StoredCookie, text: StoredCookie): StoredCookie {
  const { expires, originalMaxAge, ...attributes } = text;
  const cookie = Object.create(Object.getPrototypeOf(model)) as StoredCookie;
  for (const key of Object.keys(model)) set(cookie, key, undefined);
  for (const [key, value] of Object.entries(attributes)) set(cookie, key, value);
  cookie.expires = dateOf(expires ?? null);
  cookie.originalMaxAge = originalMaxAge;
  return cookie;
}

/** A session that came out of a text, with dates where stores read dates. */
export function withDates<S extends { cookie?: StoredCookie | null }>(session: S): S {
  const { cookie } = session;
  if (typeof cookie === "object" && cookie !== null) setEnd(cookie, cookie.expires);
  return session;
}

/** Gives a cookie that came out of a text its end, under each of its names. */
export function setEnd(cookie: StoredCookie, end: unknown): void {
  const expires = dateOf(end);
  if (expires !== undefined) cookie.expires = expires;
  const left = () => expires instanceof Date ? expires.getTime() - Date.now() : expires;
  hide(cookie, "_expires", { value: expires, writable: true });
  hide(cookie, "maxAge", { get: left });
}

/** A text that names no date stays one. */
function dateOf(end: unknown): unknown {
  const date = typeof end === "string" ? new Date(end) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? end : date;
}

/** Beside what the class of the cookie has of that name already. */
function hide(cookie: StoredCookie, name: string, property: PropertyDescriptor): void {
  if (name in cookie && !Object.hasOwn(cookie, name)) return;
  Object.defineProperty(cookie, name, { ...property, configurable: true, enumerable: false });
}

function set(cookie: StoredCookie, key: string, value: unknown): void {
  // What the class has of that name is a method, or a setter that is not meant.
  if (key in cookie && !Object.hasOwn(cookie, key)) return;
  const property = { value, writable: true, enumerable: true, configurable: true };
  Object.defineProperty(cookie, key, property);
}
