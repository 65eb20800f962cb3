/** Structured fields (RFC 9651), as far as Device Bound Session Credentials use them. */

/** A token or a string, with its parameters. */
export interface Item {
  readonly value: string;
  readonly params: ReadonlyMap<string, string | true>;
}

/** More than browsers send by far; what is longer is not looked at. */
const MOST = 2048;

// sf-string: DQUOTE *( %x20-21 / %x23-5B / %x5D-7E / "\" ( DQUOTE / "\" ) ) DQUOTE
const STRING = /"((?:[ !#-[\]-~]|\\["\\])*)"/y;
// sf-token: ( ALPHA / "*" ) *( tchar / ":" / "/" )
const TOKEN = /[A-Za-z*][\w!#$%&'*+.^`|~:/-]*/y;
// key: ( lcalpha / "*" ) *( lcalpha / DIGIT / "_" / "-" / "." / "*" )
const KEY = /[a-z*][a-z0-9_.*-]*/y;
const SEMICOLON = /; */y;
// OWS "," OWS
const COMMA = /[ \t]*,[ \t]*/y;

/** Walks over a text, piece by piece. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** What a sticky pattern finds here; `undefined` where it finds nothing. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found;
  }

  /** A bare item: a string without its quotes, or a token. */
  bare(): string | undefined {
    const string = this.take(STRING);
    if (string !== undefined) return string[1]!.replace(/\\(.)/g, "$1");
    return this.take(TOKEN)?.[0];
  }
}

/** A list of tokens or strings; `undefined` for anything else. Never throws; linear time. */
export function parseList(text: string): readonly Item[] | undefined {
  if (text.length > MOST) return undefined;
  const reader = new Reader(text.replace(/^ +| +$/g, ""));
  const items: Item[] = [];
  do {
    const item = itemIn(reader);
    if (item === undefined) return undefined;
    items.push(item);
  } while (reader.take(COMMA));
  return reader.isAtEnd ? items : undefined;
}

function itemIn(reader: Reader): Item | undefined {
  const value = reader.bare();
  if (value === undefined) return undefined;
  const params = new Map<string, string | true>();
  while (reader.take(SEMICOLON)) {
    const key = reader.take(KEY)?.[0];
    if (key === undefined) return undefined;
    const given = reader.take(/=/y) ? reader.bare() : true;
    if (given === undefined) return undefined;
    params.set(key, given);
  }
  return { value, params };
}

/** What a bare value may consist of: base64url, and the dots of a JWS. */
const BARE = /^[\w.-]+$/;

/**
 * A value as the draft has it, in quotes, or as Chromium 156 sends it, without them;
 * `undefined` where it is neither.
 */
export function quotedOrBare(text: string, most: number): string | undefined {
  if (text.length > most + 2) return undefined;
  const value = /^".*"$/.test(text) ? text.slice(1, -1) : text;
  return value.length <= most && BARE.test(value) ? value : undefined;
}

/** A string as it stands in a header. */
export function quoted(text: string): string {
  if (/^[ -~]*$/.test(text)) return `"${text.replace(/["\\]/g, "\\$&")}"`;
  throw new TypeError("A structured field's string must consist of printable ASCII characters");
}
