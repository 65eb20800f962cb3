/**
 * The session cookie: its attributes, and reading and writing it.
 *
 * @module
 */
import { serialize } from "cookie";

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
   * @throws {TypeError} If `options` is not an object or `maxAge` is not a number.
   */
  constructor(options?: CookieOptions | Partial<CookieData> | null) {
    this.path = "/";
    this.httpOnly = true;
    if (options) {
      if (typeof options !== "object") throw new TypeError("argument options must be a object");
      // Assigned in the order given: a later `maxAge` outranks an earlier `expires`.
      const self = this as Record<string, unknown>;
      for (const key in options) {
        if (!RESERVED.has(key)) self[key] = (options as Record<string, unknown>)[key];
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
    return expires instanceof Date ? expires.valueOf() - Date.now() : expires;
  }

  set maxAge(ms: number | null) {
    if (ms && typeof ms !== "number" && !((ms as unknown) instanceof Date)) {
      throw new TypeError("maxAge must be a number or Date");
    }
    if (typeof ms !== "number") this.expires = ms;
    else {
      this._expires = new Date(Date.now() + ms);
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

/** Browsers drop a cookie whose name and value exceed this many bytes (RFC 6265bis 5.5). */
const MAX_PAIR = 4096;
/** … and ignore an attribute whose value exceeds this (RFC 6265bis 5.5). */
const MAX_ATTRIBUTE = 1024;

/**
 * Writes a `Set-Cookie` value.
 *
 * @throws {TypeError} If an attribute is invalid, in the words express-session's users match.
 * @throws {RangeError} If a browser would drop the result for its size.
 */
export function serializeCookie(
  name: string,
  value: string,
  data: Omit<CookieData, "originalMaxAge">,
): string {
  const { before, after } = attributesOf(name, data);
  const pair = name + "=" + encodeURIComponent(value);
  if (pair.length > MAX_PAIR) {
    throw new RangeError(`Cookie name and value exceed ${MAX_PAIR} bytes`);
  }
  const { expires } = data;
  if (!expires) return pair + before + after;
  if (!(expires instanceof Date) || Number.isNaN(expires.valueOf())) {
    throw new TypeError("option expires is invalid");
  }
  return pair + before + "; Expires=" + expires.toUTCString() + after;
}

type Attributes = Omit<CookieData, "originalMaxAge" | "expires">;

/** The checked text of a name's attributes, in front of and behind `Expires`. */
interface Written extends Attributes {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** Written last: the cookies of an application differ in value and end alone. */
let written: Written | undefined;

function attributesOf(name: string, data: Attributes): Written {
  const { domain, path, httpOnly, secure, partitioned, priority, sameSite } = data;
  if (
    written !== undefined && written.name === name && written.path === path &&
    written.domain === domain && written.httpOnly === httpOnly && written.secure === secure &&
    written.partitioned === partitioned && written.priority === priority &&
    written.sameSite === sameSite
  ) return written;
  const attributes = { domain, path, httpOnly, secure, partitioned, priority, sameSite };
  const text = checkedText(name, attributes);
  if ((path?.length ?? 0) > MAX_ATTRIBUTE || (domain?.length ?? 0) > MAX_ATTRIBUTE) {
    throw new RangeError(`Cookie attribute exceeds ${MAX_ATTRIBUTE} bytes`);
  }
  const [before, after] = text.slice(name.length + 1).split(PLACEHOLDER_TEXT);
  written = { ...attributes, name, before: before!, after: after! };
  return written;
}

const PLACEHOLDER = new Date(0);
const PLACEHOLDER_TEXT = `; Expires=${PLACEHOLDER.toUTCString()}`;

function checkedText(name: string, attributes: Attributes): string {
  try {
    const options = { ...attributes, expires: PLACEHOLDER };
    return serialize(name, "", options as Parameters<typeof serialize>[2]);
  } catch (error) {
    // `cookie` 1.x appends the value: other words than callers match, and not ours to repeat.
    const words = /^(argument|option) \w+ is invalid/.exec((error as Error).message);
    throw words === null ? error : new TypeError(words[0]);
  }
}

/** How many cookies of our name are looked at; more are noise or an attack. */
const MAX_CANDIDATES = 8;

/**
 * Every value the header gives for `name`, first to last, decoded: a cookie
 * tossed in by a sibling host must not hide ours. Never throws; linear time.
 */
export function readCookies(header: string, name: string): string[] {
  const values: string[] = [];
  let from = header.indexOf(name);
  while (from >= 0 && values.length < MAX_CANDIDATES) {
    const value = startsPair(header, from) ? valueAt(header, from + name.length) : undefined;
    if (value !== undefined) values.push(value);
    from = header.indexOf(name, from + name.length);
  }
  return values;
}

/**
 * Every cookie whose name begins with `prefix`, first to last: what a session
 * over several cookies is put together from. Never throws; linear time.
 */
export function readPrefixed(header: string, prefix: string): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  let from = header.indexOf(prefix);
  while (from >= 0) {
    const semicolon = header.indexOf(";", from);
    const end = semicolon < 0 ? header.length : semicolon;
    const name = startsPair(header, from) ? header.slice(from, end).split("=", 1)[0]! : "";
    const value = name === "" ? undefined : valueAt(header, from + name.length);
    if (value !== undefined) pairs.push([name.trimEnd(), value]);
    from = header.indexOf(prefix, end);
  }
  return pairs;
}

function startsPair(header: string, index: number): boolean {
  let before = index - 1;
  while (before >= 0 && isBlank(header, before)) before--;
  return before < 0 || header.charCodeAt(before) === SEMICOLON;
}

function valueAt(header: string, index: number): string | undefined {
  while (isBlank(header, index)) index++;
  if (header.charCodeAt(index) !== EQUALS) return undefined;
  let start = index + 1;
  const semicolon = header.indexOf(";", start);
  let end = semicolon < 0 ? header.length : semicolon;
  while (start < end && isBlank(header, start)) start++;
  while (end > start && isBlank(header, end - 1)) end--;
  if (
    end - start > 1 && header.charCodeAt(start) === QUOTE && header.charCodeAt(end - 1) === QUOTE
  ) {
    start++;
    end--;
  }
  const value = header.slice(start, end);
  if (!value.includes("%")) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;

function isBlank(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code === 0x20 || code === 0x09;
}
