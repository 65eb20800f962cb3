/** The session id a request's signed cookies lead to. */
import type { EventHub } from "../events.ts";
import { after } from "../maybe_promise.ts";
import { isSessionId } from "../core/session_id.ts";
import type { Signer, Unsigned } from "../cookie/signer.ts";
import type { MaybePromise } from "../store.ts";

/**
 * The one id that carries a signature of ours. Junk a sibling host tossed in
 * hides nothing; of two different ids neither counts, because nobody can tell
 * which of them is the visitor's own.
 */
export function verifySessionId(
  signer: Signer,
  values: readonly string[],
  events: EventHub,
): MaybePromise<Unsigned | undefined> {
  const reject = (reason: "signature" | "unsigned" | "duplicate"): undefined => {
    events.emit("rejected", { reason });
  };
  const signed = values.filter((value) => value.startsWith("s:"));
  if (signed.length === 0) return reject("unsigned");
  const decide = (results: readonly (Unsigned | undefined)[]): Unsigned | undefined => {
    const verified = results.filter((each) => each !== undefined).filter(({ id }) =>
      isSessionId(id)
    );
    const [first] = verified;
    if (first === undefined) return reject("signature");
    if (verified.some(({ id }) => id !== first.id)) return reject("duplicate");
    return verified.find(({ current }) => current) ?? first;
  };
  if (signed.length === 1) return after(signer.unsign(signed[0]!), (one) => decide([one]));
  return Promise.all(signed.map((value) => signer.unsign(value))).then(decide);
}
