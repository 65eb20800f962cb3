/** The keys of an encrypted store, by their names. */
import { fromBase64Url } from "../../base64url.ts";
import { kindOf } from "../../errors.ts";

/** A key for AES-256-GCM. */
export interface EncryptionKey {
  /** Its name, which stands in each record it sealed: 1 to 64 of `A–Z a–z 0–9 - _`. */
  readonly id: string;
  /** 32 random bytes, or the same in base64 or base64url; never in hex. */
  readonly key: Uint8Array | string;
}

const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const KEY_BYTES = 32;
/** A key as many programs print one: base64 of other bytes, by its letters. */
const HEX = /^[0-9a-f]{64}$/i;

export class KeyRing {
  readonly newest: string;
  readonly #keys = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #imported = new Map<string, Promise<CryptoKey>>();

  constructor(keys: readonly EncryptionKey[]) {
    if (!Array.isArray(keys) || keys.length === 0) {
      throw new TypeError(
        `Option "keys" must be an array of at least one key, not ${
          Array.isArray(keys) ? "an empty one" : kindOf(keys)
        }`,
      );
    }
    for (const [index, given] of keys.entries()) {
      const { id, key } = Object(given) as Partial<EncryptionKey>;
      if (typeof id !== "string" || !NAME.test(id)) {
        throw new TypeError(`Option "keys[${index}].id" must be 1 to 64 of A-Z a-z 0-9 - _`);
      }
      if (this.#keys.has(id)) {
        throw new TypeError(`Option "keys[${index}].id" must differ from those before it`);
      }
      this.#keys.set(id, bytesOf(key, `keys[${index}].key`));
    }
    this.newest = keys[0]!.id;
  }

  /** A key that can be used and not be exported; `undefined`: there is none of this name. */
  get(id: string): Promise<CryptoKey> | undefined {
    const known = this.#imported.get(id);
    if (known !== undefined) return known;
    const bytes = this.#keys.get(id);
    if (bytes === undefined) return undefined;
    const imported = crypto.subtle.importKey("raw", bytes, "AES-GCM", false, [
      "encrypt",
      "decrypt",
    ]);
    this.#imported.set(id, imported);
    return imported;
  }
}

function bytesOf(key: unknown, option: string): Uint8Array<ArrayBuffer> {
  const bytes = typeof key === "string" ? fromBase64Url(key) : key;
  if (bytes instanceof Uint8Array && bytes.length === KEY_BYTES) return new Uint8Array(bytes);
  const length = bytes instanceof Uint8Array ? `${bytes.length} bytes` : kindOf(key);
  const given = typeof key === "string" && HEX.test(key) ? "hex" : length;
  throw new TypeError(
    `Option "${option}" must be ${KEY_BYTES} bytes, or base64 of them as of ` +
      `\`openssl rand -base64 ${KEY_BYTES}\`, not ${given}`,
  );
}
