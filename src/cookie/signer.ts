/**
 * Signed cookie values: `s:<id>.<base64 HMAC-SHA256 of the id>`, the format of
 * express-session (cookie-signature), on Web Crypto.
 *
 * @module
 */
import { RecentMap } from "./recent_map.ts";
import type { MaybePromise } from "../store.ts";

/** What a valid signature proves. */
export interface Unsigned {
  /** The session id. */
  readonly id: string;
  /** Whether the newest secret made the signature; `false` asks for a new cookie. */
  readonly current: boolean;
  /** The value that was checked: good to be sent again while it is current. */
  readonly value: string;
}

/** Signs ids and checks signatures, now or later. */
export interface Signer {
  /** The cookie value for an id, not yet percent-encoded. */
  sign(id: string): MaybePromise<string>;
  /** The id a value proves, or `undefined`; never throws on hostile input. */
  unsign(value: string): MaybePromise<Unsigned | undefined>;
}

/** A signer that answers at once, as writing headers needs it. */
export interface SyncSigner extends Signer {
  /** The cookie value for an id, not yet percent-encoded. */
  sign(id: string): string;
  /** The id a value proves, or `undefined`. */
  unsign(value: string): Unsigned | undefined;
}

/** 256 bits in base64 without padding. */
const MAC_LENGTH = 43;
/**
 * base64 = 42 characters of 6 bits, then one that carries 4 bits and two zero
 * bits: without this rule, four texts would name one signature.
 */
const MAC = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]$/;

/** Splits `s:<id>.<mac>` at its last dot; `undefined` when it has another shape. */
export function splitSigned(value: string): { id: string; mac: string } | undefined {
  const dot = value.length - MAC_LENGTH - 1;
  // An id of at least one character stands between the prefix and the dot.
  if (dot < 3 || value.charCodeAt(dot) !== 0x2e || !value.startsWith("s:")) return undefined;
  const mac = value.slice(dot + 1);
  return MAC.test(mac) ? { id: value.slice(2, dot), mac } : undefined;
}

const encoder = new TextEncoder();

/**
 * A signer on Web Crypto.
 *
 * Keys are imported once, when first needed, and cannot be exported; checks
 * run in constant time inside `crypto.subtle.verify`.
 *
 * @param secrets The first signs; all of them verify.
 *
 * @example
 * ```ts
 * import { webSigner } from "@websession/websession";
 *
 * const signer = webSigner(["keyboard cat"]);
 * const value = await signer.sign("apple");
 * if ((await signer.unsign(value))?.id !== "apple") throw new Error("not proven");
 * ```
 */
export function webSigner(secrets: readonly string[]): Signer {
  // A returning browser costs no crypto.
  const verified = new RecentMap<Unsigned>();
  let keys: Promise<CryptoKey[]> | undefined;
  const importKeys = () =>
    keys ??= Promise.all(secrets.map((secret) =>
      crypto.subtle.importKey(
        "raw",
        encoder.encode(secret),
        { name: "HMAC", hash: "SHA-256" },
        false,
        ["sign", "verify"],
      )
    ));

  async function sign(id: string): Promise<string> {
    const [key] = await importKeys();
    const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key!, encoder.encode(id)));
    const value = `s:${id}.${btoa(String.fromCharCode(...mac)).slice(0, MAC_LENGTH)}`;
    verified.set(value, { id, current: true, value });
    return value;
  }

  async function verify(value: string): Promise<Unsigned | undefined> {
    const parts = splitSigned(value);
    if (parts === undefined) return undefined;
    const mac = Uint8Array.from(atob(parts.mac), (char) => char.charCodeAt(0));
    const message = encoder.encode(parts.id);
    for (const [index, key] of (await importKeys()).entries()) {
      if (await crypto.subtle.verify("HMAC", key, mac, message)) {
        const unsigned = { id: parts.id, current: index === 0, value };
        verified.set(value, unsigned);
        return unsigned;
      }
    }
    return undefined;
  }

  return {
    sign,
    unsign: (value) => verified.get(value) ?? verify(value),
  };
}
