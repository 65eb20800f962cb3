/** The keys of sessions, and the way back. */
import { checkPairs } from "../shared/limits.ts";

/**
 * Ids as base32 of their UTF-8 (RFC 4648, lower case, no padding): safe as a
 * file name on every file system, also for the longest id of 128 characters.
 */
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const utf8 = new TextEncoder();

/** The key of an id. */
export function encodeId(id: string): string {
  checkPairs("id", "unstorage", id);
  let [bits, value, text] = [0, 0, ""];
  for (const byte of utf8.encode(id)) {
    value = ((value << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(value >> (bits - 5)) & 31];
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31] : text;
}

/** The id of a key, or `undefined` for a key that `encodeId()` does not make. */
export function decodeId(key: string): string | undefined {
  const bytes: number[] = [];
  let [bits, value] = [0, 0];
  for (const letter of key) {
    const five = ALPHABET.indexOf(letter);
    if (five < 0) return undefined;
    value = ((value << 5) | five) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((value >> bits) & 255);
  }
  const id = new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array(bytes));
  return encodeId(id) === key ? id : undefined;
}
