/** What an item is called: 250 bytes at most, without spaces and control characters. */
import { toBase64Url } from "../../base64url.ts";

const MOST = 250;
/** `#` and the digest of an id. */
const HASHED = 44;

/** Every client passes these on as they are; of `$` one makes a pattern. */
const PLAIN = /^[!-#%-~]*$/;

/** A client that answers with objects would take these for their own. */
const TAKEN: ReadonlySet<string> = new Set([
  "cas",
  ...Object.getOwnPropertyNames(Object.prototype),
]);

const encoder = new TextEncoder();

/** Whether keys of whatever id fit behind this beginning. */
export function isKeyPrefix(namespace: string, prefix: string): boolean {
  return PLAIN.test(prefix) && encoder.encode(namespace + prefix).length + HASHED <= MOST;
}

/** Makes keys with a prefix, and with what the client puts before it. */
export class Keys {
  readonly #prefix: string;
  readonly #most: number;

  constructor(namespace: string, prefix: string) {
    this.#prefix = prefix;
    this.#most = MOST - encoder.encode(namespace).length;
  }

  /** The id behind the prefix, as connect-memcached has it; its digest where no key can hold it. */
  of(id: string): string | Promise<string> {
    const key = this.#prefix + id;
    const isPlain = key.length <= this.#most && PLAIN.test(key) && !TAKEN.has(key) &&
      id !== "" && !id.startsWith("#");
    return isPlain ? key : this.#hashed(id);
  }

  async #hashed(id: string): Promise<string> {
    // As JSON: UTF-8 alone would make halves of characters the same.
    const bytes = encoder.encode(JSON.stringify(id));
    return `${this.#prefix}#${
      toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)))
    }`;
  }
}
