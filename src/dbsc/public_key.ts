/** The public keys of devices: which are taken, and how they are written down. */
import { fromBase64Url, toBase64Url } from "../base64url.ts";

/** How a device signs. */
export type Algorithm = "ES256" | "RS256";

export const ALGORITHMS: readonly Algorithm[] = ["ES256", "RS256"];

/** A key as it is stored: what makes it (RFC 7638 section 3.2), and nothing else. */
export type PublicKey =
  | { readonly kty: "EC"; readonly crv: "P-256"; readonly x: string; readonly y: string }
  | { readonly kty: "RSA"; readonly e: string; readonly n: string };

type Loose = Record<string, unknown>;

/** RFC 7518 section 6.2.1.2: a coordinate of P-256 has 32 bytes, zeros in front included. */
const COORDINATE = 32;
/** RFC 7518 section 3.3 asks for 2048 bits at least; nothing that signs for a browser has more than 4096. */
const MODULUS = [256, 512] as const;
/** The exponent of every hardware key: 65537. */
const EXPONENT = "AQAB";

const IMPORTS = {
  ES256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
} as const;

/** The bytes of canonical base64url: no other text stands for the same bytes. */
export function canonicalBytes(text: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (typeof text !== "string" || !/^[\w-]*$/.test(text)) return undefined;
  const bytes = fromBase64Url(text);
  return bytes !== undefined && toBase64Url(bytes) === text ? bytes : undefined;
}

/** The public key in a JWK that goes with an algorithm; private parts and other shapes are refused. */
export function publicKeyIn(jwk: unknown, algorithm: Algorithm): PublicKey | undefined {
  if (typeof jwk !== "object" || jwk === null) return undefined;
  const { kty, crv, x, y, e, n, d, use, alg } = jwk as Loose;
  if (d !== undefined || (use ?? "sig") !== "sig" || (alg ?? algorithm) !== algorithm) {
    return undefined;
  }
  if (algorithm === "ES256") {
    if (kty !== "EC" || crv !== "P-256") return undefined;
    const isPoint = [x, y].every((each) => canonicalBytes(each)?.length === COORDINATE);
    return isPoint ? { kty, crv, x: x as string, y: y as string } : undefined;
  }
  if (kty !== "RSA" || e !== EXPONENT) return undefined;
  const modulus = canonicalBytes(n);
  const [least, most] = MODULUS;
  if (modulus === undefined || modulus.length < least || modulus.length > most) return undefined;
  // RFC 7518 section 6.3.1.1: no zeros in front; the top bit makes it as long as it looks.
  return modulus[0]! >= 0x80 ? { kty, e, n: n as string } : undefined;
}

/** The algorithm a key is for. */
export function algorithmOf({ kty }: PublicKey): Algorithm {
  return kty === "EC" ? "ES256" : "RS256";
}

/** Whether a key signed these bytes; a key that is none signed nothing. */
export async function hasSigned(
  key: PublicKey,
  signature: Uint8Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const algorithm = IMPORTS[algorithmOf(key)];
  try {
    const imported = await crypto.subtle.importKey("jwk", { ...key }, algorithm, false, ["verify"]);
    return await crypto.subtle.verify(algorithm, imported, signature, bytes);
  } catch {
    // A point that is not on the curve, a modulus the platform refuses.
    return false;
  }
}

/**
 * They take the place of a key that was never registered, so that the work is the same: P-256's
 * own base point, and the number of 2048 bits that are all set.
 */
export const DECOYS: Readonly<Record<Algorithm, PublicKey>> = {
  ES256: {
    kty: "EC",
    crv: "P-256",
    x: "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",
    y: "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
  },
  RS256: { kty: "RSA", e: EXPONENT, n: `${"_".repeat(341)}w` },
};
