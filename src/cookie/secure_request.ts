/** Whether a request came over a connection that keeps a Secure cookie secret. */

/** The scheme the nearest proxy claims: the first item of `X-Forwarded-Proto`. */
export function forwardedHttps(header: string | null | undefined): boolean {
  if (!header) return false;
  const comma = header.indexOf(",");
  return (comma < 0 ? header : header.slice(0, comma)).trim().toLowerCase() === "https";
}

/**
 * Web requests: https, a trusted proxy's word for it, or this very machine,
 * which browsers count as trustworthy (Secure Contexts 3.1).
 */
export function isSecureRequest(request: Request, trustProxy: boolean): boolean {
  if (request.url.startsWith("https:")) return true;
  if (trustProxy && forwardedHttps(request.headers.get("x-forwarded-proto"))) return true;
  const { hostname } = new URL(request.url);
  return hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" ||
    /^127(\.\d+){3}$/.test(hostname);
}
