/** A cookie as a browser sees it: in a Set-Cookie header, or in the options that would write one. */

/** Its name and attributes. */
export interface SeenCookie {
  readonly name: string;
  /** Nothing where only the options are known. */
  readonly value: string | undefined;
  readonly path: string | undefined;
  readonly domain: string | undefined;
  readonly httpOnly: boolean;
  /** `auto`: on https alone. */
  readonly secure: boolean | "auto";
  readonly sameSite: string | undefined;
  readonly partitioned: boolean;
  /** Nothing: it ends with the browser. */
  readonly maxAgeSeconds: number | undefined;
}

/** Reads a Set-Cookie header as RFC 6265bis 5.6 has browsers do it. */
export function readSetCookie(header: string, now: number): SeenCookie {
  const [pair = "", ...parts] = header.split(";");
  const attributes = new Map(parts.map((part) => {
    const [name, value] = split(part);
    return [name.toLowerCase(), value];
  }));
  const [name, value] = split(pair);
  const maxAge = attributes.get("max-age");
  const expires = Date.parse(attributes.get("expires") ?? "");
  return {
    name,
    value,
    path: attributes.get("path"),
    domain: attributes.get("domain")?.replace(/^\./, "").toLowerCase(),
    httpOnly: attributes.has("httponly"),
    secure: attributes.has("secure"),
    sameSite: attributes.get("samesite")?.toLowerCase(),
    partitioned: attributes.has("partitioned"),
    maxAgeSeconds: maxAge !== undefined && /^-?\d+$/.test(maxAge)
      ? Number(maxAge)
      : Number.isNaN(expires)
      ? undefined
      : Math.round((expires - now) / 1000),
  };
}

/** Whether this is the cookie of a session: by its name, or by how its value is signed. */
export function isSessionCookie(cookie: SeenCookie, expected?: string): boolean {
  if (expected !== undefined) return cookie.name === expected;
  return isSigned(cookie) || /sess|sid$/i.test(cookie.name);
}

/** Whether its value is signed as those of sessions are. */
export function isSigned({ value = "" }: SeenCookie): boolean {
  return /^s(%3A|:)/i.test(value);
}

function split(part: string): [name: string, value: string] {
  const at = part.indexOf("=");
  return at < 0 ? [part.trim(), ""] : [part.slice(0, at).trim(), part.slice(at + 1).trim()];
}
