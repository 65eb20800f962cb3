/** The cookie a device renews: its name, its attributes and its value, for header and description alike. */
import type { CookieOptions } from "../cookie/cookie_attributes.ts";
import { readCookies } from "../cookie/cookie_header.ts";
import { serializeCookie } from "../cookie/set_cookie_header.ts";
import { after } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import type { Stamps } from "./stamps.ts";

/** So long a cookie, or a request that was sent before one came, may be on its way: milliseconds. */
export const ON_ITS_WAY = 5_000;
/** A host may toss in as many as it likes; of so many one is ours, or none. */
const MOST_LOOKED_AT = 4;

/** What a bound cookie is made of, beside its value. */
export interface BoundCookie {
  readonly name: string;
  /** As the instructions describe it. The browser compares these with the cookie it was given. */
  readonly attributes: string;
  /** The host that it is sent to with all below it; left out: to the one it came from alone. */
  readonly domain?: string | undefined;
}

/** The session's cookie decides where the bound one goes; Secure it is always. */
export function boundCookie(name: string, cookie: CookieOptions): BoundCookie {
  const { path = "/", domain, sameSite } = cookie;
  const data = {
    path,
    domain,
    httpOnly: true,
    secure: true,
    // What `"auto"` is on a connection that is secure, as each of these is.
    sameSite: sameSite === "auto" ? "none" as const : sameSite ?? "lax",
    expires: null,
  };
  const attributes = serializeCookie(name, "", data).slice(name.length + "=; ".length);
  return { name, attributes, domain: domain?.toLowerCase().replace(/^\./, "") };
}

/** The name that goes with a session's: the prefixes browsers guard stay. */
export function boundName(name: string): string {
  return `${name}-bound`;
}

/** The Set-Cookie text that removes it: a logout need not wait for its end. */
export function boundRemoval({ name, attributes }: BoundCookie): string {
  return `${name}=; Max-Age=0; ${attributes}`;
}

/** How long browsers keep one, by their own count: whole seconds. */
export function secondsOf(maxAge: number): number {
  return Math.max(1, Math.round(maxAge / 1000));
}

/** Makes the values, and looks at those that come back. */
export class BoundValues {
  readonly #stamps: Stamps;
  readonly #maxAge: number;

  /** @param maxAge How long they are good for, in milliseconds. */
  constructor(stamps: Stamps, maxAge: number) {
    this.#stamps = stamps;
    this.#maxAge = maxAge;
  }

  /** The Set-Cookie text for a device's session. */
  setCookie({ name, attributes }: BoundCookie, identifier: string): MaybePromise<string> {
    const seconds = secondsOf(this.#maxAge);
    return after(this.#stamps.make(purposeOf(identifier)), (value) => {
      return `${name}=${value}; Max-Age=${seconds}; ${attributes}`;
    });
  }

  /** Whether a Cookie header has a value that was made for this session, and lately. */
  async isFresh(header: string | null | undefined, name: string, id: string): Promise<boolean> {
    const values = header ? readCookies(header, name).slice(0, MOST_LOOKED_AT) : [];
    const longest = this.#maxAge + Math.min(ON_ITS_WAY, this.#maxAge);
    for (const value of values) {
      if (await this.#stamps.read(purposeOf(id), value, longest) !== undefined) return true;
    }
    return false;
  }
}

function purposeOf(identifier: string): string {
  return `cookie\n${identifier}`;
}
