/** The signer of the Express entry: node:crypto, because headers are written synchronously. */
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { RecentMap } from "../cookie/recent_map.ts";
import { splitSigned, type SyncSigner, type Unsigned } from "../cookie/signer.ts";

/** Anything `createHmac()` takes. */
export type Secret = string | NodeJS.ArrayBufferView | ArrayBuffer | KeyObject;

/** One secret, and what it has signed or verified lately. */
class Signature {
  readonly #key: KeyObject | Secret;
  readonly #ids = new RecentMap<string>();

  constructor(secret: Secret) {
    // A text is imported once.
    this.#key = typeof secret === "string" ? createSecretKey(Buffer.from(secret)) : secret;
  }

  sign(id: string): string {
    const value = `s:${id}.${this.#macOf(id)}`;
    this.#ids.set(value, id);
    return value;
  }

  unsign(value: string): string | undefined {
    const known = this.#ids.get(value);
    if (known !== undefined) return known;
    const parts = splitSigned(value);
    if (parts === undefined) return undefined;
    if (!timingSafeEqual(Buffer.from(this.#macOf(parts.id)), Buffer.from(parts.mac))) {
      return undefined;
    }
    this.#ids.set(value, parts.id);
    return parts.id;
  }

  #macOf(id: string): string {
    return createHmac("sha256", this.#key as string).update(id).digest("base64").slice(0, 43);
  }
}

/**
 * Signs with the first secret and verifies with all. The array is read at each
 * call, because applications push and splice keys while they run.
 */
export function nodeSigner(secrets: readonly Secret[]): SyncSigner {
  // By secret, so that a removed key proves nothing any more.
  const known = new Map<Secret, Signature>();

  function signatureOf(secret: Secret): Signature {
    // Bytes can be overwritten under our hands: nothing is remembered for them.
    if (ArrayBuffer.isView(secret) || secret instanceof ArrayBuffer) return new Signature(secret);
    let signature = known.get(secret);
    if (signature === undefined) {
      if (known.size >= 16) known.clear();
      known.set(secret, signature = new Signature(secret));
    }
    return signature;
  }

  return {
    sign: (id) => signatureOf(secrets[0]!).sign(id),
    unsign(value): Unsigned | undefined {
      for (let index = 0; index < secrets.length; index++) {
        const id = signatureOf(secrets[index]!).unsign(value);
        if (id !== undefined) return { id, current: index === 0, value };
      }
      return undefined;
    },
  };
}
