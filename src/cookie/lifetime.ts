/** How long a cookie lives, apart from everything else it is. */

/** A lifetime that each visit begins again, or an end that stands; or neither. */
export interface Lifetime {
  /** Milliseconds, or `null`. */
  originalMaxAge: number | null;
  expires: Date | null;
  maxAge: number | null;
}

/** The lifetime begins again. */
export function restartLifetime(cookie: Pick<Lifetime, "originalMaxAge" | "maxAge">): void {
  cookie.maxAge = cookie.originalMaxAge;
}

/** The lifetime of a cookie that was stored; what makes no sense is none. */
export function lifetimeOf(cookie: unknown): Pick<Lifetime, "originalMaxAge" | "expires"> {
  const { originalMaxAge, expires } = (cookie ?? {}) as Record<string, unknown>;
  const end = expires instanceof Date || typeof expires === "string" || typeof expires === "number"
    ? new Date(expires)
    : null;
  return {
    originalMaxAge: isLifetime(originalMaxAge) ? originalMaxAge : null,
    expires: end === null || Number.isNaN(end.getTime()) ? null : end,
  };
}

/** No date is further from 1970: a lifetime beyond it has no end to write. */
const LAST_DATE = 8.64e15;

function isLifetime(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) < LAST_DATE / 2;
}

/** Gives a cookie the lifetime of another, beginning now. */
export function setLifetime(
  cookie: Lifetime,
  { originalMaxAge, expires }: Pick<Lifetime, "originalMaxAge" | "expires">,
): void {
  if (originalMaxAge !== null) cookie.maxAge = originalMaxAge;
  else cookie.expires = expires;
  cookie.originalMaxAge = originalMaxAge;
}

/** A copy of a cookie, of its class, that ends at another moment and is to live as long as before. */
export function withEnd<C extends Lifetime>(cookie: C, end: number | null): C {
  const { originalMaxAge } = cookie;
  const copy = copyOf(cookie);
  copy.expires = end === null ? null : new Date(end);
  copy.originalMaxAge = originalMaxAge;
  return copy;
}

/** A copy of a cookie, of its class, with another lifetime. */
export function withLifetime<C extends Lifetime>(
  cookie: C,
  lifetime: Pick<Lifetime, "originalMaxAge" | "expires">,
): C {
  const copy = copyOf(cookie);
  setLifetime(copy, lifetime);
  return copy;
}

function copyOf<C extends object>(cookie: C): C {
  return Object.create(
    Object.getPrototypeOf(cookie),
    Object.getOwnPropertyDescriptors(cookie),
  ) as C;
}
