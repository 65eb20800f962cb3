/** The headers of Device Bound Session Credentials, as they are read and written. */
import { LONGEST_PROOF } from "./proof.ts";
import type { Algorithm } from "./public_key.ts";
import { parseList, quoted, quotedOrBare } from "./structured_fields.ts";

export const REGISTRATION = "secure-session-registration";
export const CHALLENGE = "secure-session-challenge";
export const RESPONSE = "secure-session-response";
export const IDENTIFIER = "sec-secure-session-id";
export const SKIPPED = "secure-session-skipped";

/** Why a browser sends a request although it could not refresh the cookie before. */
export type SkippedReason = "unreachable" | "server_error" | "quota_exceeded";

const REASONS: ReadonlySet<string> = new Set<SkippedReason>([
  "unreachable",
  "server_error",
  "quota_exceeded",
]);

/** Reads a header; `null` or `undefined` where it is not there. */
export type HeaderReader = (name: string) => string | null | undefined;

const LONGEST_IDENTIFIER = 64;

/** The proof, as text. */
export function proofIn(header: HeaderReader): string | undefined {
  return valueIn(header, RESPONSE, LONGEST_PROOF);
}

/** The session the browser means, as we have named it. */
export function identifierIn(header: HeaderReader): string | undefined {
  return valueIn(header, IDENTIFIER, LONGEST_IDENTIFIER);
}

function valueIn(header: HeaderReader, name: string, most: number): string | undefined {
  const text = header(name);
  return text ? quotedOrBare(text, most) : undefined;
}

/** Why the browser did not refresh this session, if it says so. */
export function skippedReasonIn(
  header: HeaderReader,
  identifier: string,
): SkippedReason | undefined {
  const text = header(SKIPPED);
  const items = text ? parseList(text) : undefined;
  const own = items?.find(({ value, params }) => {
    return REASONS.has(value) && params.get("session_identifier") === identifier;
  });
  return own?.value as SkippedReason | undefined;
}

/** Asks the browser to make a key and to prove that it has it. */
export function registrationText(
  algorithms: readonly Algorithm[],
  path: string,
  challenge: string,
): string {
  return `(${algorithms.join(" ")});path=${quoted(path)};challenge=${quoted(challenge)}`;
}

/** Hands out what is to be signed at the next refresh. */
export function challengeText(challenge: string, identifier: string): string {
  return `${quoted(challenge)};id=${quoted(identifier)}`;
}
