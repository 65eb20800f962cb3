/** On which pages browsers send a cookie back. */

/** RFC 6265bis 5.1.4: `/foo` covers `/foo/bar`, not `/foobar`. */
export function isCovered(pathname: string, cookiePath: string): boolean {
  if (!pathname.startsWith(cookiePath)) return false;
  return pathname.length === cookiePath.length || cookiePath.endsWith("/") ||
    pathname[cookiePath.length] === "/";
}
