/**
 * Session ids: 192 random bits as 32 base64url characters.
 *
 * @module
 */
import { randomValues } from "./random_source.ts";

const ALPHABET = Uint8Array.from(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
  (char) => char.charCodeAt(0),
);
const ID_BYTES = 24;
const ID_LENGTH = 32;
const POOLED_IDS = 64;

let pool: Uint8Array | undefined;
let used = 0;
/** The id in the making. All characters become text at once: one by one they would be a tree of strings. */
const codes = new Array<number>(ID_LENGTH).fill(0);

/**
 * Draws a session id: 24 bytes of the platform's secure random source, as
 * express-session draws them (OWASP ASVS 7.2.3 asks for 16).
 *
 * @returns 32 characters of `A–Z a–z 0–9 - _`.
 *
 * @example
 * ```ts
 * import { generateSessionId } from "@websession/websession";
 *
 * if (generateSessionId().length !== 32) throw new Error("unexpected length");
 * ```
 */
export function generateSessionId(): string {
  // One call to the source costs as much as an id; bytes are used once and erased.
  if (pool === undefined || used === pool.length) {
    pool = randomValues(new Uint8Array(ID_BYTES * POOLED_IDS));
    used = 0;
  }
  for (let index = 0; index < ID_LENGTH; used += 3) {
    const bits = pool[used]! << 16 | pool[used + 1]! << 8 | pool[used + 2]!;
    codes[index++] = ALPHABET[bits >> 18]!;
    codes[index++] = ALPHABET[bits >> 12 & 63]!;
    codes[index++] = ALPHABET[bits >> 6 & 63]!;
    codes[index++] = ALPHABET[bits & 63]!;
  }
  pool.fill(0, used - ID_BYTES, used);
  return String.fromCharCode(...codes);
}

const ID = /^[A-Za-z0-9_-]{1,128}$/;

/** Whether an id may reach a store. */
export function isSessionId(id: unknown): id is string {
  return typeof id === "string" && ID.test(id);
}
