/** One request's ledger: what the browser brought, what was loaded, what was stored. */
import { attributesIn, type CookieData, sameAttributes } from "../cookie/cookie_attributes.ts";
import type { Data } from "./session_data.ts";
import type { Facts } from "./policy.ts";
import type { Version } from "../store.ts";

type Cookie = { readonly [Name in keyof CookieData]?: CookieData[Name] | undefined };
const NO_COOKIE: Cookie = {};

/** What the store handed over. */
interface Found {
  readonly text: string;
  readonly stored: { readonly version: Version };
  /** The read has already moved the record's end. */
  readonly touched: boolean;
}

/** How it was asked. */
interface Reading {
  /** Loaded data count as unsaved. */
  readonly resave: boolean;
  /** What the read was to extend the session by. */
  readonly maxAge: number | null | undefined;
}

export class SessionState {
  /** The id the browser proved. */
  cookieId: string | undefined;
  /** The signed value it sent, when the newest secret made it. */
  cookieValue: string | undefined;

  /** The id and data the request began with. */
  originalId: string | undefined;
  originalText: string | undefined;
  /** The data that need no storing any more. */
  savedText: string | undefined;

  /** The record in the store this request knows: its id, mark, data and cookie. */
  storedId: string | undefined;
  version: Version;
  baseText = "{}";
  baseCookie: Cookie = NO_COOKIE;

  /** Ids whose records were destroyed, rotated away or found missing. */
  #gone: Set<string> | undefined;
  /** The expiry was moved for this request. */
  touched = false;
  /** … and the store moved it while reading. */
  touchedInStore = false;
  /** Our Set-Cookie is on the response. */
  cookieSet = false;

  /** A session the request begins with and the store does not know. */
  began(id: string, text: string): void {
    this.originalId = id;
    this.originalText = text;
  }

  /** The session the request begins with, made of what the store handed over. */
  loaded(id: string, session: Data, found: Found, { resave, maxAge }: Reading): void {
    const { text } = found;
    this.began(id, text);
    this.stored(id, text, session, found.stored.version);
    if (!resave) this.savedText = text;
    // A session with a lifetime of its own is extended by that, at the end.
    this.touchedInStore = found.touched && this.baseCookie.originalMaxAge === maxAge;
  }

  stored(id: string, text: string, session: Data, version: Version): void {
    this.storedId = id;
    this.baseText = text;
    this.version = version;
    const cookie = (session["cookie"] ?? NO_COOKIE) as Cookie;
    this.baseCookie = { originalMaxAge: cookie.originalMaxAge, ...attributesIn(cookie) };
  }

  /** From now on nothing of this request is stored under `id`. */
  markGone(id: string): void {
    (this.#gone ??= new Set()).add(id);
  }

  isGone(id: string): boolean {
    return this.#gone !== undefined && this.#gone.has(id);
  }

  /** The cookie value the browser sent, if it is what it would be sent again. */
  valueFor(id: string): string | undefined {
    return id === this.cookieId ? this.cookieValue : undefined;
  }

  /** Whether the handler changed the cookie's attributes, its end left aside. */
  cookieEdited(session: Data): boolean {
    const cookie = (session["cookie"] ?? NO_COOKIE) as Cookie;
    return cookie.originalMaxAge !== this.baseCookie.originalMaxAge ||
      !sameAttributes(cookie, this.baseCookie);
  }

  /**
   * The facts the policy decides on: `requestId` is the id the response speaks
   * for, `id` the session's own, `text` its data as they are now.
   */
  facts(
    session: Data | null | undefined,
    requestId: unknown,
    id: unknown,
    text: () => string,
  ): Facts {
    if (session === null || session === undefined) {
      return { ...NOBODY, hasId: typeof requestId === "string" && requestId !== "" };
    }
    const isOriginal = this.originalId === id;
    return {
      present: true,
      hasId: typeof requestId === "string",
      fromCookie: this.cookieId === requestId,
      modified: !isOriginal || this.originalText !== text(),
      // Stored once already under a new id: its cookie may have been edited since.
      saved: (isOriginal || (this.storedId === id && !this.cookieEdited(session))) &&
        this.savedText !== undefined && this.savedText === text(),
      everSaved: this.savedText !== undefined,
      // As express-session asks: `expires: false` counts as an end here, though it names none.
      cookieEnds: (session["cookie"] as { expires?: unknown } | undefined)?.expires != null,
    };
  }
}

const NOBODY: Facts = {
  present: false,
  hasId: false,
  fromCookie: false,
  modified: false,
  saved: false,
  everSaved: false,
  cookieEnds: false,
};

const COPIED = [
  "originalMaxAge",
  "path",
  "httpOnly",
  "secure",
  "sameSite",
  "domain",
  "partitioned",
  "priority",
] as const satisfies readonly (keyof CookieData)[];

export function copyAttributes(from: Data, to: Data): void {
  const source = (from["cookie"] ?? {}) as Record<string, unknown>;
  const target = to["cookie"] as Record<string, unknown>;
  for (const name of COPIED) {
    if (Object.hasOwn(source, name) || target[name] !== undefined) target[name] = source[name];
  }
}
