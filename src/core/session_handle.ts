/** What names a session to those who run the application, in place of its id. */
import { urlSafe } from "../base64url.ts";
import type { Signer } from "../cookie/signer.ts";
import { after } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import type { SessionState } from "./session_state.ts";

/** Of the 43 characters of a MAC: 96 bits meet nobody twice, and are no signature. */
const LENGTH = 16;
const MAC_LENGTH = 43;

/**
 * Makes handles of ids: a part of their MAC with the cookie's secret, so that every
 * process with the same secret makes the same one.
 */
export function handlesBy(signer: () => Signer): (id: string) => MaybePromise<string> {
  // What is signed has a line break, as no id has: no cookie can be made of it.
  return (id) => after(macOf(signer(), `websession.event\n${id}`), (mac) => mac.slice(0, LENGTH));
}

/** The MAC of a text that can be no id, as it may stand in a URL. */
export function macOf(signer: Signer, text: string): MaybePromise<string> {
  return after(signer.sign(text), (signed) => urlSafe(signed.slice(-MAC_LENGTH)));
}

/** The id of the session that a request is about: of its record, be it gone by now. */
export function recordOf(
  { storedId, cookieId }: Pick<SessionState, "storedId" | "cookieId">,
): string | undefined {
  return storedId ?? cookieId;
}
