/** What a session is called in a store that must not know its id. */
import { toBase64Url } from "../../base64url.ts";
import { hasHalfPair } from "../shared/limits.ts";
import { LruMap } from "../shared/lru_map.ts";

/** No id of ours has a dot: a key is never taken for an id, nor an id for a key. */
const PREFIX = "h.";
const KEY = /^h\.[A-Za-z0-9_-]{43}$/;

/** A request asks for one key several times. */
const REMEMBERED = 1000;

const encoder = new TextEncoder();

/** Hashes ids; those asked for lately cost no crypto. */
export class Keys {
  readonly #known = new LruMap<string>();

  /** The key of an id; what is a key already stays as it is. */
  async of(id: string): Promise<string> {
    if (isKey(id)) return id;
    const known = this.#known.peek(id);
    if (known !== undefined) {
      this.#known.use(id);
      return known;
    }
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytesOf(id)));
    const key = PREFIX + toBase64Url(digest);
    this.#known.set(id, key);
    if (this.#known.size > REMEMBERED) this.#known.delete(this.#known.oldest!.key);
    return key;
  }
}

/** An id's bytes: UTF-8, but for a lone surrogate, which UTF-8 turns into another text. */
function bytesOf(id: string): Uint8Array<ArrayBuffer> {
  if (!hasHalfPair(id)) return encoder.encode(id);
  const bytes = [0xff]; // begins no UTF-8
  for (let at = 0; at < id.length; at++) {
    bytes.push(id.charCodeAt(at) >> 8, id.charCodeAt(at) & 255);
  }
  return Uint8Array.from(bytes);
}

export function isKey(id: string): boolean {
  return KEY.test(id);
}
