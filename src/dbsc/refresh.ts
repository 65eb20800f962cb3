/** A browser shows that it still has the key, and is given a new cookie. */
import { recordOf } from "../core/session_handle.ts";
import type { Notes } from "../core/session_metadata.ts";
import { isSessionGone } from "../errors.ts";
import { attempt } from "../maybe_promise.ts";
import { ON_ITS_WAY } from "./bound_cookie.ts";
import { changeNotes } from "./change_note.ts";
import type { ProofRefusal } from "./device_events.ts";
import { algorithmIn, answered, deviceNoteIn, isUsed, withDevice } from "./device_note.ts";
import { type Answer, answer, type Exchange } from "./exchange.ts";
import {
  CHALLENGE,
  challengeText,
  IDENTIFIER,
  identifierIn,
  proofIn,
  RESPONSE,
} from "./headers.ts";
import { THE_END } from "./instructions.ts";
import { isSignedBy, readProof } from "./proof.ts";
import { lastRefreshOf, type Protocol } from "./protocol.ts";

const REPLAYED = Symbol("websession.dbsc.replayed");
const CHANGED = Symbol("websession.dbsc.changed");

/**
 * Renews the cookie of a device that answers a challenge. Without an answer it gets one, and the
 * store is not asked; with one, the session is read and written once.
 */
export async function refresh(protocol: Protocol, exchange: Exchange): Promise<Answer> {
  const { events, options, stamps } = protocol;
  const { header } = exchange;
  const identifier = identifierIn(header);
  const refuse = (reason: ProofRefusal, record?: string): Answer => {
    events.emit("rejected", { during: "refresh", reason }, record);
    return answer(400);
  };
  const askAgain = (reason: ProofRefusal, record: string | undefined): Promise<Answer> => {
    events.emit("rejected", { during: "refresh", reason }, record);
    return ask(protocol, identifier!);
  };
  if (identifier === undefined) return header(IDENTIFIER) ? refuse("malformed") : answer(400);
  if (!header(RESPONSE)) {
    events.emit("challenged", {});
    return await ask(protocol, identifier);
  }
  const proof = readProof(proofIn(header) ?? "", false);
  if (proof === undefined || !options.algorithms.includes(proof.algorithm)) {
    return refuse("malformed");
  }
  // A browser renews ahead of time, beside requests of which one may move the session.
  const opened = await exchange.open() ?? await exchange.follow();
  const record = opened && recordOf(opened.state);
  const noted = opened && deviceNoteIn(opened.state.notes);
  const device = noted?.id === identifier ? noted : undefined;
  // The same work for whoever asks, so that it tells nothing.
  const [stamp, isSigned] = await Promise.all([
    protocol.answeredBy(identifier, proof.challenge),
    isSignedBy(proof, device?.key),
  ]);
  const now = protocol.now();
  const over = async (): Promise<Answer> => {
    // Where another process has moved the session, its new cookie is on its way to the browser.
    if (!exchange.isNamed || stamp === undefined || stamp.isLast) return end(protocol, record);
    events.emit("rejected", { during: "refresh", reason: "session" }, record);
    return challenged(await stamps.make(lastRefreshOf(identifier)), identifier);
  };
  if (opened === undefined) return await over();
  if (device === undefined) return end(protocol, record);
  if (!isSigned) {
    // One by the key of before was on its way: it must not end what another one has begun.
    const wasReplaced = device.replaces && Math.abs(now - device.since) <= ON_ITS_WAY;
    return wasReplaced ? await askAgain("signature", record) : refuse("signature", record);
  }
  if (stamp === undefined) return await askAgain("challenge", record);
  const note = (notes: Notes): Notes => {
    const newest = deviceNoteIn(notes);
    if (newest?.id !== identifier || newest.since !== device.since) throw CHANGED;
    if (isUsed(newest, stamp, now)) throw REPLAYED;
    return withDevice(notes, answered(newest, stamp, now));
  };
  try {
    await attempt(() => changeNotes(opened, note), async (error) => {
      const moved = isSessionGone(error) ? await exchange.follow() : undefined;
      if (moved === undefined) throw error;
      await changeNotes(moved, note);
    });
  } catch (error) {
    if (error === REPLAYED) return await askAgain("replayed", record);
    // Another key has been registered meanwhile: the browser is asked once more.
    if (error === CHANGED) return await ask(protocol, identifier);
    if (isSessionGone(error)) return await over();
    throw error;
  }
  events.emit("refreshed", { algorithm: algorithmIn(device) }, record);
  const [cookie, next] = await Promise.all([
    protocol.values.setCookie(exchange.cookie, identifier),
    protocol.challengeFor(identifier),
  ]);
  // Without a body the instructions stay what they are.
  return answer(200, [["set-cookie", cookie], [CHALLENGE, challengeText(next, identifier)]]);
}

/** Asks for a proof: anybody who names a session, whether there is one or not. */
async function ask(protocol: Protocol, identifier: string): Promise<Answer> {
  return challenged(await protocol.challengeFor(identifier), identifier);
}

function challenged(challenge: string, identifier: string): Answer {
  return answer(403, [[CHALLENGE, challengeText(challenge, identifier)]]);
}

function end({ events }: Protocol, record: string | undefined): Answer {
  events.emit("ended", {}, record);
  return answer(200, [], THE_END);
}
