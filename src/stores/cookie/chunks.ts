/**
 * A token over several cookies, for browsers drop what is larger than 4,096 bytes.
 *
 * ```txt
 * one cookie    name=<token>
 * several       name.0=<count>~<part>   name.1=<part>   …
 * ```
 *
 * The token is authenticated as a whole: parts that are lost, in the wrong
 * order or of two tokens do not open.
 *
 * @module
 */
import { SessionError } from "../../errors.ts";

/**
 * What name and value may take of one cookie. Browsers allow 4,096 bytes for
 * the two; older ones count the attributes too.
 */
const COOKIE_BYTES = 3_900;
/** So many cookies are tried of each kind. */
const MAX_CANDIDATES = 8;
const FIRST_PART = /^([2-9])~(.*)$/s;

/** The most cookies a token may be spread over: their index is one digit. */
export const MAX_COOKIES = 9;

/** The longest token that so many cookies of this name hold. */
export function capacity(name: string, cookies: number): number {
  if (cookies === 1) return COOKIE_BYTES - name.length;
  return cookies * partBytes(name) - "9~".length;
}

function partBytes(name: string): number {
  return COOKIE_BYTES - name.length - ".0".length;
}

/** The cookies of a token. */
export function split(name: string, token: string, cookies: number): [string, string][] {
  if (token.length <= capacity(name, 1)) return [[name, token]];
  if (token.length > capacity(name, cookies)) throw tooLarge(token.length, name, cookies);
  const size = partBytes(name);
  const count = Math.ceil((token.length + "9~".length) / size);
  const text = `${count}~${token}`;
  return Array.from({ length: count }, (_, at) => {
    return [`${name}.${at}`, text.slice(at * size, (at + 1) * size)];
  });
}

/** The tokens that a request's cookies may hold; several where the name was set more than once. */
export function join(name: string, cookies: Iterable<readonly [string, string]>): string[] {
  const tokens: string[] = [];
  const parts = new Map<string, string>();
  for (const [key, value] of cookies) {
    if (key === name && tokens.length < MAX_CANDIDATES) tokens.push(value);
    else if (isPart(name, key) && !parts.has(key)) parts.set(key, value);
  }
  const [, count, start] = FIRST_PART.exec(parts.get(`${name}.0`) ?? "") ?? [];
  if (start === undefined) return tokens;
  let token = start;
  for (let at = 1; at < Number(count); at++) {
    const part = parts.get(`${name}.${at}`);
    if (part === undefined) return tokens;
    token += part;
  }
  return [...tokens, token];
}

/** The names in a request that belong to the session and are not written now: to be deleted. */
export function leftovers(
  name: string,
  cookies: Iterable<readonly [string, string]>,
  written: readonly (readonly [string, string])[],
): string[] {
  const kept = new Set(written.map(([key]) => key));
  const names = new Set<string>();
  for (const [key] of cookies) {
    if ((key === name || isPart(name, key)) && !kept.has(key)) names.add(key);
  }
  return [...names];
}

export function tooLarge(length: number, name: string, cookies: number): SessionError {
  return new SessionError(
    "SESSION_TOO_LARGE",
    `The sealed session takes ${length} characters, and its cookies hold ${
      capacity(name, cookies)
    }`,
  );
}

function isPart(name: string, key: string): boolean {
  const index = key.charCodeAt(name.length + 1) - 0x30;
  return key.length === name.length + 2 && key.startsWith(`${name}.`) && index >= 0 &&
    index < MAX_COOKIES;
}
