/** What a database cannot keep is refused before it is asked, in our words. */
import { SessionError } from "../../errors.ts";

const utf8 = new TextEncoder();

/** How many bytes a text takes in UTF-8. */
export function bytesIn(text: string): number {
  return utf8.encode(text).length;
}

/** Refuses a record of more bytes than `most`. */
export function checkRecord(where: string, most: number, texts: readonly string[]): void {
  // A UTF-16 unit is at most three bytes: most need no counting.
  let atMost = 0;
  for (const { length } of texts) atMost += length * 3;
  if (atMost <= most) return;
  if (texts.reduce((sum, text) => sum + bytesIn(text), 0) <= most) return;
  throw new SessionError("SESSION_TOO_LARGE", `${where} keeps at most ${most} bytes of a session`);
}

/** Refuses an id or a subject with which a key would have more bytes than `most`. */
export function checkKey(what: string, where: string, bytes: number, most: number): void {
  if (bytes <= most) return;
  throw new RangeError(
    `The ${what} is too long for ${where}: its key would have ${bytes} bytes, at most ${most}`,
  );
}

/** Whether a text has half a surrogate pair: in UTF-8 each is U+FFFD, so that two ids would be one. */
export function hasHalfPair(text: string): boolean {
  return /\p{Cs}/u.test(text);
}

/** Refuses half a surrogate pair. */
export function checkPairs(what: string, where: string, text: string): void {
  if (!hasHalfPair(text)) return;
  throw new TypeError(`The ${what} has half a surrogate pair, which ${where} does not keep`);
}
