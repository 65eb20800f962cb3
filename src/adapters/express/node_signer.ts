/** The signer of the Express door: node:crypto, because headers are written synchronously. */
import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";
import { splitSigned, type SyncSigner, type Unsigned, VerifiedCache } from "../../signer.ts";

/** Anything `createHmac()` takes. */
export type Secret = string | NodeJS.ArrayBufferView | ArrayBuffer | KeyObject;

function macOf(id: string, secret: Secret): string {
  return createHmac("sha256", secret as string).update(id).digest("base64").slice(0, 43);
}

/**
 * Signs with the first secret and verifies with all. The array is read at each
 * call, because applications push and splice keys while they run.
 */
export function nodeSigner(secrets: readonly Secret[]): SyncSigner {
  // By secret, so that a removed key proves nothing any more.
  const caches = new WeakMap<object, VerifiedCache>();
  const textCaches = new Map<string, VerifiedCache>();

  /** Bytes can be overwritten under our hands: only immutable secrets are cached for. */
  function cacheOf(secret: Secret): VerifiedCache | undefined {
    if (typeof secret === "string") {
      let cache = textCaches.get(secret);
      if (cache === undefined) {
        if (textCaches.size > 16) textCaches.clear();
        textCaches.set(secret, cache = new VerifiedCache());
      }
      return cache;
    }
    if (ArrayBuffer.isView(secret) || secret instanceof ArrayBuffer) return undefined;
    let cache = caches.get(secret);
    if (cache === undefined) caches.set(secret, cache = new VerifiedCache());
    return cache;
  }

  return {
    sign(id) {
      const secret = secrets[0]!;
      const value = `s:${id}.${macOf(id, secret)}`;
      cacheOf(secret)?.set(value, { id, current: true });
      return value;
    },
    unsign(value): Unsigned | undefined {
      const parts = splitSigned(value);
      if (parts === undefined) return undefined;
      for (const [index, secret] of secrets.entries()) {
        const cache = cacheOf(secret);
        const current = index === 0;
        if (cache?.get(value) !== undefined) return { id: parts.id, current };
        const expected = Buffer.from(macOf(parts.id, secret));
        if (timingSafeEqual(expected, Buffer.from(parts.mac))) {
          cache?.set(value, { id: parts.id, current });
          return { id: parts.id, current };
        }
      }
      return undefined;
    },
  };
}
