/** The option `secret` of the Express entry: what it may be, and what is said of a short one. */
import { kindOf } from "../errors.ts";
import type { Warn } from "../warnings.ts";
import { deprecate } from "./deprecate.ts";
import { isProduction } from "./environment.ts";
import type { Secret } from "./node_signer.ts";

/** The secrets as they are read at each request; `undefined`: those of an older middleware. */
export function resolveSecrets(
  secret: unknown,
  isV1: boolean,
  warn: Warn<"express">,
): readonly Secret[] | undefined {
  if (Array.isArray(secret)) {
    if (secret.length === 0) {
      throw new TypeError("secret option array must contain one or more strings");
    }
    secret.forEach((each) => checkSecret(each, warn));
    return secret;
  }
  if (!secret) {
    if (!isV1) throw new TypeError("secret option required for sessions");
    deprecate("req.secret; provide secret option");
    return undefined;
  }
  checkSecret(secret, warn);
  return [secret as Secret];
}

const SHORT = 32;

function checkSecret(secret: unknown, warn: Warn<"express">): void {
  const isBytes = ArrayBuffer.isView(secret) || secret instanceof ArrayBuffer;
  const isKey = typeof secret === "object" && secret !== null &&
    (secret as { type?: unknown }).type === "secret";
  if (typeof secret !== "string" && !isBytes && !isKey) {
    throw new TypeError(
      `secret option must be a string, bytes or a KeyObject, not ${kindOf(secret)}`,
    );
  }
  const length = typeof secret === "string"
    ? Buffer.byteLength(secret)
    : isBytes
    ? (secret as ArrayBuffer).byteLength
    : Infinity;
  if (length < SHORT && isProduction) warn("secret");
}
