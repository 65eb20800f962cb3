/**
 * Sealing: AES-256-GCM with Web Crypto.
 *
 * ```txt
 * token     = "1." base64url( iv ciphertext tag )      iv: 12 random bytes, tag: 16 bytes
 * AAD       = "1." name                                 a token opens under its own name only
 * key       = HKDF-SHA-256( secret, info )              or a key of the application
 * ```
 *
 * @module
 */
import { fromBase64Url, toBase64Url } from "../../base64url.ts";

/** The format; it is authenticated, so that a token cannot claim another one. */
const FORMAT = "1.";
const TOKEN = /^1\.[A-Za-z0-9_-]+$/;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const INFO = "websession cookie store 1 AES-256-GCM";
const encoder = new TextEncoder();

/** What a token held, and which key it was sealed with: 0 is the one in use. */
export interface Opened {
  readonly text: string;
  readonly key: number;
}

/** Seals texts with the first key and opens what any of them sealed. */
export class Sealer {
  readonly #derive: () => Promise<CryptoKey[]>;
  // The keys and not their promise: Workers forbid to await another request's promise.
  #keys: CryptoKey[] | undefined;

  constructor(material: readonly (Uint8Array | CryptoKey)[]) {
    this.#derive = () => Promise.all(material.map(keyOf));
  }

  /** The length of the token of a plaintext of so many bytes. */
  static tokenLength(bytes: number): number {
    return FORMAT.length + Math.ceil((IV_BYTES + bytes + TAG_BYTES) * 4 / 3);
  }

  async seal(name: string, plain: Uint8Array<ArrayBuffer>): Promise<string> {
    const [key] = this.#keys ??= await this.#derive();
    const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
    const sealed = await crypto.subtle.encrypt(parameters(name, iv), key!, plain);
    return FORMAT + toBase64Url(iv, new Uint8Array(sealed));
  }

  /** `undefined`: no token, not of this name, not of these keys, or changed on the way. */
  async open(name: string, token: string): Promise<Opened | undefined> {
    if (!TOKEN.test(token)) return undefined;
    const bytes = fromBase64Url(token.slice(FORMAT.length));
    if (bytes === undefined || bytes.length < IV_BYTES + TAG_BYTES) return undefined;
    const keys = this.#keys ??= await this.#derive();
    const algorithm = parameters(name, bytes.slice(0, IV_BYTES));
    for (const [at, key] of keys.entries()) {
      try {
        const plain = await crypto.subtle.decrypt(algorithm, key, bytes.slice(IV_BYTES));
        return { text: new TextDecoder().decode(plain), key: at };
      } catch {
        // The tag does not fit: another key, or no token of ours.
      }
    }
    return undefined;
  }
}

function parameters(name: string, iv: Uint8Array<ArrayBuffer>): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: encoder.encode(FORMAT + name) };
}

async function keyOf(material: Uint8Array | CryptoKey): Promise<CryptoKey> {
  if (!(material instanceof Uint8Array)) return material;
  const raw = new Uint8Array(material);
  const secret = await crypto.subtle.importKey("raw", raw, "HKDF", false, ["deriveKey"]);
  const hkdf = {
    name: "HKDF",
    hash: "SHA-256",
    salt: new Uint8Array(),
    info: encoder.encode(INFO),
  };
  const aes = { name: "AES-GCM", length: 256 };
  return await crypto.subtle.deriveKey(hkdf, secret, aes, false, ["encrypt", "decrypt"]);
}
