/** A session as it was sent to a callback store, kept until the store is sure to have it. */
import { expiryOf } from "../../expiry.ts";
import { cookieLike, type StoredCookie, withDates } from "./stored_cookie.ts";

type Session = Record<string, unknown> & { cookie?: StoredCookie | null };

/** A cookie's text and end. */
export interface CookieText {
  readonly json: string;
  readonly expires: number | null;
}

/** A text, as it was when it was sent: the session it was made of goes on changing. */
export class Written {
  readonly #json: string;
  readonly #expires: number | null;
  /** The cookie of a later `touch()`, if one was sent after this. */
  #cookie: CookieText | undefined;
  /** The mark of when it was sent. */
  began = 0;
  /** The object that was sent: what is sent again is of its class. */
  model: object | undefined;
  /** How long it was to live, in milliseconds, as far as the object that was sent says. */
  readonly lifetime: unknown;

  constructor(
    json: string,
    expires: number | null,
    model: object | undefined,
    sent: object | undefined = model,
  ) {
    this.#json = json;
    this.#expires = expires;
    this.model = model;
    this.lifetime = (sent as Session | undefined)?.cookie?.originalMaxAge;
  }

  /** What an application hands to its store itself; what no text can hold is `undefined`. */
  static from(session: object | undefined): Written | undefined {
    const json = textOf(session);
    if (json === undefined) return undefined;
    return new Written(json, expiryOf((session as Session).cookie), session);
  }

  get json(): string {
    if (this.#cookie === undefined) return this.#json;
    return JSON.stringify({ ...JSON.parse(this.#json), cookie: JSON.parse(this.#cookie.json) });
  }

  get expires(): number | null {
    return this.#cookie === undefined ? this.#expires : this.#cookie.expires;
  }

  /** A store that touches replaces the cookie, and nothing else. */
  touched(cookie: CookieText, began: number): void {
    if (began < this.began) return;
    this.began = began;
    this.#cookie = cookie;
  }

  /** An object the store takes as it took the first one. */
  copy(): object {
    const { model } = this;
    const parsed = JSON.parse(this.json) as Session;
    if (model === undefined) return withDates(parsed);
    const copy = Object.create(Object.getPrototypeOf(model)) as Session;
    for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(model))) {
      if (!property.enumerable) Object.defineProperty(copy, key, property);
    }
    const { cookie } = model as Session;
    if (cookie && parsed.cookie) parsed.cookie = cookieLike(cookie, parsed.cookie);
    for (const key of Object.keys(parsed)) define(copy, key, parsed[key]);
    return copy;
  }
}

/** The cookie of a session that is being sent, as it is now. */
export function cookieOf(session: object | undefined): CookieText | undefined {
  const cookie = (session as Session | undefined)?.cookie;
  const json = cookie ? textOf(cookie) : undefined;
  return json === undefined ? undefined : { json, expires: expiryOf(cookie) };
}

function textOf(value: object | undefined): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function define(target: object, key: string, value: unknown): void {
  const property = { value, writable: true, enumerable: true, configurable: true };
  Object.defineProperty(target, key, property);
}
