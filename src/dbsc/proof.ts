/** The proof a browser signs with its device's key: a JWS (RFC 7515), read strictly. */
import {
  type Algorithm,
  algorithmOf,
  ALGORITHMS,
  canonicalBytes,
  DECOYS,
  hasSigned,
  type PublicKey,
  publicKeyIn,
} from "./public_key.ts";

/** A proof that was read; nothing of it is verified yet. */
export interface Proof {
  readonly algorithm: Algorithm;
  /** The challenge it answers. */
  readonly challenge: string;
  /** The key it brings, at a registration alone. */
  readonly key: PublicKey | undefined;
  readonly signed: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** An RSA key of 4096 bits, its signature and their headers take less than half of it. */
export const LONGEST_PROOF = 4096;
const LONGEST_CHALLENGE = 256;

const TYPE = "dbsc+jwt";

type Loose = Record<string, unknown>;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads a proof; `undefined` for anything that is none. Never throws.
 *
 * @param registers Whether it has to bring a key. At a refresh it must not: whoever verified by the
 * key a proof brings would believe anybody.
 */
export function readProof(text: string, registers: boolean): Proof | undefined {
  if (text.length > LONGEST_PROOF) return undefined;
  const parts = text.split(".");
  if (parts.length !== 3) return undefined;
  const [head, body, end] = parts as [string, string, string];
  const header = objectIn(head);
  const payload = objectIn(body);
  const signature = canonicalBytes(end);
  if (header === undefined || payload === undefined || signature === undefined) return undefined;
  const { typ, alg, jwk, crit } = header;
  const algorithm = ALGORITHMS.find((each) => each === alg);
  // RFC 7515 section 4.1.11: an extension that is not understood makes a JWS invalid.
  if (typ !== TYPE || algorithm === undefined || crit !== undefined) return undefined;
  const { jti } = payload;
  if (typeof jti !== "string" || jti.length > LONGEST_CHALLENGE) return undefined;
  const key = jwk === undefined ? undefined : publicKeyIn(jwk, algorithm);
  if ((jwk !== undefined) !== registers || (key !== undefined) !== registers) return undefined;
  const signed = encoder.encode(`${head}.${body}`);
  return { algorithm, challenge: jti, key, signed, signature };
}

/**
 * Whether the holder of a key made the proof, by the algorithm the key is for.
 *
 * @param key `undefined`: there is none, and nobody made it.
 */
export async function isSignedBy(
  { algorithm, signature, signed }: Proof,
  key: PublicKey | undefined,
): Promise<boolean> {
  const isItsOwn = key !== undefined && algorithmOf(key) === algorithm;
  // The work is what the proof itself asks for: how long it takes tells nothing of a key.
  const isSigned = await hasSigned(isItsOwn ? key : DECOYS[algorithm], signature, signed);
  return isItsOwn && isSigned;
}

/** The JSON object that stands in a part. */
function objectIn(part: string): Loose | undefined {
  const bytes = canonicalBytes(part);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Loose
      : undefined;
  } catch {
    return undefined;
  }
}
