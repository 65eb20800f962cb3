/**
 * The session cookie: its attributes, with the fields and the format of express-session.
 *
 * @module
 */
import type { CookieData, CookieOptions } from "./cookie_attributes.ts";
import { type Clock, systemClock } from "../clock.ts";
import { serializeCookie } from "./set_cookie_header.ts";

export type { CookieData, CookieOptions };

/** Where a cookie notes whose time it goes by; without a note, by the platform's. */
const CLOCK = Symbol("websession.clock");

/** Lets a cookie go by a clock of the options. */
export function setClock(cookie: object, clock: Clock): void {
  if (clock !== systemClock) Object.defineProperty(cookie, CLOCK, { value: clock });
}

function nowOf(cookie: object): number {
  return ((cookie as { [CLOCK]?: Clock })[CLOCK] ?? systemClock).now();
}

/** Names a stored record must not put in front of the methods. */
const RESERVED: ReadonlySet<string> = new Set([
  "data",
  "serialize",
  "toJSON",
  "constructor",
  "__proto__",
]);

/**
 * A session's cookie, with express-session's fields and format.
 *
 * Not `#private`: stores of other packages copy and construct cookies.
 *
 * @example
 * ```ts
 * import { Cookie } from "@websession/websession";
 *
 * const cookie = new Cookie({ maxAge: 60_000 });
 * if (cookie.originalMaxAge !== 60_000) throw new Error("not kept");
 * ```
 */
export class Cookie {
  /** The path below which the browser sends it. */
  path: string | undefined;
  /** The end as it was set; use `expires`. */
  _expires: Date | null = null;
  /** The lifetime each request starts again with: milliseconds, or `null`. */
  originalMaxAge: number | null = null;
  /** Hidden from scripts. */
  httpOnly: boolean | undefined;
  /** The domain that also receives it. */
  declare domain?: string | undefined;
  /** Only sent over https. */
  declare secure?: boolean | "auto" | undefined;
  /** Whether other sites' requests carry it. */
  declare sameSite?: boolean | "lax" | "strict" | "none" | "auto" | undefined;
  /** Kept per top-level site. */
  declare partitioned?: boolean | undefined;
  /** What a full jar drops last. */
  declare priority?: "low" | "medium" | "high" | undefined;

  /**
   * Makes a cookie; what `options` leaves out has express-session's default.
   *
   * @param clock Whose time its end is counted by; left out: the platform's.
   * @throws {TypeError} If `options` is not an object or `maxAge` is not a number.
   */
  constructor(options?: CookieOptions | Partial<CookieData> | null, clock: Clock = systemClock) {
    setClock(this, clock);
    this.path = "/";
    this.httpOnly = true;
    if (options) {
      if (typeof options !== "object") throw new TypeError("argument options must be a object");
      // Assigned in the order given: a later `maxAge` outranks an earlier `expires`.
      const given = options as CookieOptions & CookieData;
      for (const key in given) {
        // By a computed name an assignment takes several times as long: the usual ones are spelt out.
        if (key === "path") this.path = given.path;
        else if (key === "httpOnly") this.httpOnly = given.httpOnly;
        else if (key === "maxAge") this.maxAge = given.maxAge as number | null;
        else if (key === "originalMaxAge") this.originalMaxAge = given.originalMaxAge;
        else if (key === "expires") this.expires = given.expires;
        else if (!RESERVED.has(key)) (this as Record<string, unknown>)[key] = given[key as "path"];
      }
    }
    this.originalMaxAge ??= this.maxAge as number | null;
  }

  /** When the browser drops it; `null`: when it closes. */
  get expires(): Date | null {
    return this._expires;
  }

  set expires(date: Date | null) {
    this._expires = date;
    this.originalMaxAge = this.maxAge as number | null;
  }

  /** Milliseconds left; setting it moves `expires`. */
  get maxAge(): number | null {
    const expires = this._expires;
    return expires instanceof Date ? expires.valueOf() - nowOf(this) : expires;
  }

  set maxAge(ms: number | null) {
    if (ms && typeof ms !== "number" && !((ms as unknown) instanceof Date)) {
      throw new TypeError("maxAge must be a number or Date");
    }
    if (typeof ms !== "number") this.expires = ms;
    else {
      this._expires = new Date(nowOf(this) + ms);
      // What was asked for, not what a clock that ticks meanwhile would make of it.
      this.originalMaxAge = ms;
    }
  }

  /** The attributes alone, in the order they are stored. */
  get data(): CookieData {
    return {
      originalMaxAge: this.originalMaxAge,
      partitioned: this.partitioned,
      priority: this.priority,
      expires: this._expires,
      secure: this.secure,
      httpOnly: this.httpOnly,
      domain: this.domain,
      path: this.path,
      sameSite: this.sameSite,
    };
  }

  /** The `Set-Cookie` text for this cookie; `Expires`, never `Max-Age`. */
  serialize(name: string, value: string): string {
    return serializeCookie(name, value, this.data);
  }

  /** What `JSON.stringify()` writes. */
  toJSON(): CookieData {
    return this.data;
  }
}
