/** A cookie's lifetime, begun again. */
export function restartLifetime(
  cookie: { maxAge: number | null; readonly originalMaxAge: number | null },
): void {
  cookie.maxAge = cookie.originalMaxAge;
}
