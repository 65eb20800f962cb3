/** What a session cookie is made of. */

/** The attributes of a session cookie. Times are milliseconds. */
export interface CookieOptions {
  /** Lifetime in milliseconds; `null` or left out: until the browser closes. */
  maxAge?: number | null | undefined;
  /** A fixed end; `maxAge` is the better choice. Whichever is set last wins. */
  expires?: Date | null | undefined;
  /** Hidden from scripts. @default {true} */
  httpOnly?: boolean | undefined;
  /** The path below which the browser sends it. @default {"/"} */
  path?: string | undefined;
  /** The domain that also receives it; left out: this host only. */
  domain?: string | undefined;
  /** Only sent over https. `"auto"`: as the request came. */
  secure?: boolean | "auto" | undefined;
  /** Whether other sites' requests carry it. `"auto"`: `none` over https, else `lax`. */
  sameSite?: boolean | "lax" | "strict" | "none" | "auto" | undefined;
  /** Kept per top-level site (CHIPS). */
  partitioned?: boolean | undefined;
  /** What a full jar drops last. */
  priority?: "low" | "medium" | "high" | undefined;
}

/** What is stored and serialised of a cookie. */
export interface CookieData {
  /** The lifetime each request starts again with: milliseconds, or `null`. */
  originalMaxAge: number | null;
  /** Kept per top-level site. */
  partitioned?: boolean | undefined;
  /** What a full jar drops last. */
  priority?: "low" | "medium" | "high" | undefined;
  /** When the browser drops it; `null`: when it closes. */
  expires: Date | null;
  /** Only sent over https. */
  secure?: boolean | "auto" | undefined;
  /** Hidden from scripts. */
  httpOnly?: boolean | undefined;
  /** The domain that also receives it. */
  domain?: string | undefined;
  /** The path below which the browser sends it. */
  path?: string | undefined;
  /** Whether other sites' requests carry it. */
  sameSite?: boolean | "lax" | "strict" | "none" | "auto" | undefined;
}

/** What the attributes of a cookie are, its lifetime and end left aside. */
export type Attributes = Omit<CookieData, "originalMaxAge" | "expires">;

/** A copy of them: the cookie may be changed later. */
export function attributesIn(cookie: Attributes): Attributes {
  const { path, domain, httpOnly, secure, sameSite, partitioned, priority } = cookie;
  return { path, domain, httpOnly, secure, sameSite, partitioned, priority };
}

/** Whether two cookies differ in nothing but lifetime and end. */
export function sameAttributes(one: Attributes, other: Attributes): boolean {
  return one.path === other.path && one.domain === other.domain &&
    one.httpOnly === other.httpOnly && one.secure === other.secure &&
    one.sameSite === other.sameSite && one.partitioned === other.partitioned &&
    one.priority === other.priority;
}
