/** A browser registers the key it has made for a session. */
import { isSessionGone } from "../errors.ts";
import { toBase64Url } from "../base64url.ts";
import { randomValues } from "../core/random_source.ts";
import { recordOf } from "../core/session_handle.ts";
import { changeNotes } from "./change_note.ts";
import type { ProofRefusal } from "./device_events.ts";
import { deviceNoteIn, loginIn, withDevice } from "./device_note.ts";
import { type Answer, answer, type Exchange } from "./exchange.ts";
import { CHALLENGE, challengeText, proofIn } from "./headers.ts";
import { instructionsText } from "./instructions.ts";
import { isSignedBy, readProof } from "./proof.ts";
import { ANSWER_TO_LOGIN, type Protocol, registrationOf } from "./protocol.ts";
import { algorithmOf } from "./public_key.ts";

const REPLAYED = Symbol("websession.dbsc.replayed");
const IDENTIFIER_BYTES = 18;

/**
 * Takes the key of a device for the session it has logged in to. Once for each login: whoever
 * has stolen the cookie later was handed no challenge, and the login's own is answered already.
 */
export async function register(protocol: Protocol, exchange: Exchange): Promise<Answer> {
  const { events, options, stamps } = protocol;
  const refuse = (reason: ProofRefusal, record?: string): Answer => {
    events.emit("rejected", { during: "registration", reason }, record);
    // One answer for everything: a stranger learns nothing from it.
    return answer(400);
  };
  const proof = readProof(proofIn(exchange.header) ?? "", true);
  if (proof === undefined || !options.algorithms.includes(proof.algorithm)) {
    return refuse("malformed");
  }
  const opened = await exchange.open();
  const record = opened && recordOf(opened.state);
  const login = opened && loginIn(opened.state.notes);
  if (login === undefined) return refuse("session", record);
  const { challenge, key } = proof;
  const stamp = await stamps.read(registrationOf(login), challenge, ANSWER_TO_LOGIN);
  if (stamp === undefined) return refuse("challenge", record);
  if (!await isSignedBy(proof, key!)) return refuse("signature", record);
  const now = protocol.now();
  const drawn = toBase64Url(randomValues(new Uint8Array(IDENTIFIER_BYTES)));
  let identifier = drawn;
  try {
    await changeNotes(opened!, (notes) => {
      const before = deviceNoteIn(notes);
      const newest = loginIn(notes);
      const isOther = newest?.device !== login.device || newest.at !== login.at;
      if (isOther || before?.login === login.at) throw REPLAYED;
      // Cookies that are on their way stay good: it is still the session's own.
      identifier = before?.id ?? drawn;
      return withDevice(notes, {
        id: identifier,
        of: login.device,
        login: login.at,
        key: key!,
        since: now,
        replaces: before === undefined ? undefined : true,
        seen: now,
        // Whoever registers the same key again has answered what it has answered.
        used: before?.used ?? [],
        floor: before?.floor ?? 0,
      });
    });
  } catch (error) {
    if (error === REPLAYED) return refuse("replayed", record);
    if (isSessionGone(error)) return refuse("session", record);
    throw error;
  }
  events.emit("registered", { algorithm: algorithmOf(key!) }, record);
  const [cookie, next] = await Promise.all([
    protocol.values.setCookie(exchange.cookie, identifier),
    protocol.challengeFor(identifier),
  ]);
  const instructions = {
    identifier,
    refreshPath: options.refreshPath,
    cookie: exchange.cookie,
    includesSite: options.includeSite && isOnSite(exchange),
  };
  return answer(
    200,
    [["set-cookie", cookie], [CHALLENGE, challengeText(next, identifier)]],
    instructionsText(instructions),
  );
}

/** Whether the browser registers on the host that the cookie's domain names. */
function isOnSite({ cookie: { domain }, host }: Exchange): boolean {
  return domain !== undefined && domain === host?.toLowerCase();
}
