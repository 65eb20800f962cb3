/** A device as browsers have one: a key that it signs with, and no other way to it. */
import { toBase64Url } from "../../src/base64url.ts";
import type { Algorithm } from "../../src/dbsc/public_key.ts";

const encoder = new TextEncoder();

export interface Forged {
  /** Instead of what the header has. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** Instead of what the payload has. */
  readonly payload?: Readonly<Record<string, unknown>>;
}

export interface TestDevice {
  readonly algorithm: Algorithm;
  readonly jwk: JsonWebKey;
  /** The proof a browser registers with. */
  registers(challenge: string, forged?: Forged): Promise<string>;
  /** The proof it refreshes with. */
  refreshes(challenge: string, forged?: Forged): Promise<string>;
  /** The signature of any text. */
  sign(text: string): Promise<string>;
}

const ALGORITHMS = {
  ES256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  RS256: {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
} as const;

export async function makeDevice(algorithm: Algorithm = "ES256"): Promise<TestDevice> {
  const settings = ALGORITHMS[algorithm];
  const pair = await crypto.subtle.generateKey(settings, true, ["sign", "verify"]) as CryptoKeyPair;
  const exported = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const { kty, crv, x, y, n, e } = exported;
  const jwk: JsonWebKey = algorithm === "ES256"
    ? { kty: kty!, crv: crv!, x: x!, y: y! }
    : { kty: kty!, n: n!, e: e! };
  async function sign(text: string): Promise<string> {
    const bytes = await crypto.subtle.sign(settings, pair.privateKey, encoder.encode(text));
    return toBase64Url(new Uint8Array(bytes));
  }
  async function prove(header: object, payload: object): Promise<string> {
    const text = `${partOf(header)}.${partOf(payload)}`;
    return `${text}.${await sign(text)}`;
  }
  return {
    algorithm,
    jwk,
    sign,
    registers: (jti, { header, payload } = {}) =>
      prove({ typ: "dbsc+jwt", alg: algorithm, jwk, ...header }, { jti, ...payload }),
    refreshes: (jti, { header, payload } = {}) =>
      prove({ typ: "dbsc+jwt", alg: algorithm, ...header }, { jti, ...payload }),
  };
}

/** A part of a JWS. */
export function partOf(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return toBase64Url(encoder.encode(text));
}
