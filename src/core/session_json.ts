/** The JSON of a session: one text that is compared, and stored. */
import { cookieText } from "../cookie/cookie_json.ts";
import { SessionError } from "../errors.ts";
import type { Data } from "./session_data.ts";
import { META } from "./session_metadata.ts";
import type { SessionRecord, StoredSession } from "../store.ts";

/**
 * What is to be stored of a session, as JSON without the cookie: the data it
 * shows, and behind them the members it does not (`membersText()`). Our notes
 * are ours: what a handler calls by their name is not stored.
 */
export function contentText(session: object, hiddenMembers: string): string {
  return withMembers(dataText(session, META in session), hiddenMembers);
}

/** Content with more members behind it. */
export function withMembers(content: string, members: string): string {
  if (members === "") return content;
  return content === "{}" ? `{${members}}` : `${content.slice(0, -1)},${members}}`;
}

/** The members of an object, as they stand in JSON between its braces. */
export function membersText(data: Data): string {
  return JSON.stringify(data).slice(1, -1);
}

/** The data as JSON, without the cookie. */
function dataText(session: object, hasNotes: boolean): string {
  if (holdsOnlyCookie(session)) return "{}";
  const { cookie: _, ...data } = session as Data;
  if (hasNotes) delete data[META];
  try {
    return JSON.stringify(data);
  } catch (cause) {
    throw unserializable(data, cause);
  }
}

/** Whether there are no data. */
export function holdsOnlyCookie(session: object): boolean {
  for (const key in session) if (key !== "cookie") return false;
  return true;
}

function unserializable(data: Data, cause: unknown): SessionError {
  const key = Object.keys(data).find((name) => {
    try {
      JSON.stringify(data[name]);
      return false;
    } catch {
      return true;
    }
  });
  return new SessionError(
    "SESSION_UNSERIALIZABLE",
    `Session key "${key}" holds a value that JSON cannot express`,
    { cause },
  );
}

const COOKIE_FIRST = '{"cookie":{';

/** The data text inside a stored text, cut out where the cookie stands first, as it always does. */
export function dataTextOf(json: string, parsed: Data): string {
  if (!json.startsWith(COOKIE_FIRST)) return dataText(parsed, false);
  const end = endOfObject(json, COOKIE_FIRST.length - 1);
  return json[end] === "," ? "{" + json.slice(end + 1) : "{}";
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** The index behind the object that opens at `index`. */
function endOfObject(json: string, index: number): number {
  let depth = 0;
  for (let inString = false; index < json.length; index++) {
    const char = json.charCodeAt(index);
    if (char === QUOTE) inString = !inString;
    else if (inString) index += char === BACKSLASH ? 1 : 0;
    else if (char === OPEN) depth++;
    else if (char === CLOSE && --depth === 0) return index + 1;
  }
  return index;
}

/** Cookie and data as one text, in express-session's order. */
export function joinText(cookie: unknown, data: string): string {
  const head = '{"cookie":' + cookieText(cookie);
  return data === "{}" ? head + "}" : head + "," + data.slice(1);
}

/** What a store keeps beside a record's text. */
export interface RecordIndex {
  /** When the session ends: milliseconds since the epoch, or `null`. */
  readonly end: number | null;
  readonly subject: string | undefined;
}

/** A record whose text is written only when the store asks for it. */
export class LazyRecord implements SessionRecord {
  readonly expires: number | null;
  readonly subject: string | undefined;
  readonly #cookie: unknown;
  readonly #content: string;
  #json: string | undefined;

  constructor(cookie: unknown, content: string, { end, subject }: RecordIndex) {
    this.expires = end;
    this.subject = subject;
    this.#cookie = cookie;
    this.#content = content;
  }

  get json(): string {
    return this.#json ??= flat(joinText(this.#cookie, this.#content));
  }
}

/**
 * The same text in one piece. Engines join strings as a tree of their parts,
 * and whoever keeps the tree keeps every part; asking for a character joins it.
 */
function flat(text: string): string {
  // A look whose result is not used would be optimised away.
  return text.charCodeAt(0) === OPEN ? text : "";
}

/** A stored session, read: its data, cookie included, and the text of the data alone. */
export interface Parsed {
  readonly data: Data;
  readonly text: string;
}

/** What a store handed back, read: `undefined` for anything that is no session. */
export function parseStored(stored: StoredSession): Parsed | undefined {
  const live = stored.session as Data | undefined;
  if (live !== undefined) {
    return isSession(live) ? { data: live, text: dataText(live, false) } : undefined;
  }
  try {
    const data: unknown = JSON.parse(stored.json);
    return isSession(data) ? { data, text: dataTextOf(stored.json, data) } : undefined;
  } catch {
    return undefined;
  }
}

function isSession(value: unknown): value is Data {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const cookie = (value as Data)["cookie"];
  return typeof cookie === "object" && cookie !== null;
}
