/** How an id or a subject stands in a text column. */

/**
 * What a text column keeps as it is everywhere: no control character (Postgres
 * refuses NUL) and no lone surrogate (which UTF-8 turns into another text).
 */
const PLAIN = /^[^\p{Cc}\p{Cs}]+$/u;

/** No plain text begins with it, so the two kinds never meet. */
const MARK = "\u0001";

/** The column's text for an id: the id itself, or a spelling of it that no other id has. */
export function toKey(id: string): string {
  if (PLAIN.test(id)) return id;
  let key = MARK;
  for (let at = 0; at < id.length; at++) key += id.charCodeAt(at).toString(16).padStart(4, "0");
  return key;
}

/** The id that `toKey()` was given. */
export function fromKey(key: string): string {
  if (!key.startsWith(MARK)) return key;
  let id = "";
  for (let at = 1; at < key.length; at += 4) {
    id += String.fromCharCode(Number.parseInt(key.slice(at, at + 4), 16));
  }
  return id;
}
