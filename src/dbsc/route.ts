/** What the policy of a route makes of a session's device. */
import { recordOf } from "../core/session_handle.ts";
import { type Notes, notesIn, subjectIn } from "../core/session_metadata.ts";
import type { SessionState } from "../core/session_state.ts";
import { SessionError } from "../errors.ts";
import { after } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import { ON_ITS_WAY, secondsOf } from "./bound_cookie.ts";
import { type DeviceNote, deviceNoteIn, loginIn } from "./device_note.ts";
import type { DevicePolicy } from "./device_options.ts";
import { type HeaderReader, registrationText, skippedReasonIn } from "./headers.ts";
import { type Protocol, registrationOf } from "./protocol.ts";

/** What is known of a request's session. */
export interface SessionFacts {
  readonly notes: Notes;
  /** Names its record to listeners. */
  readonly record: string | undefined;
  /** What it held when the request began. */
  readonly original: string | undefined;
}

/** The facts of a session, as a request has it. */
export function factsOf(state: SessionState): SessionFacts {
  const { notes, originalText: original } = state;
  return { notes, record: recordOf(state), original };
}

/** What a request has shown of its session's device. */
export interface Shown {
  readonly fresh: boolean;
  /** The route requires a fresh cookie, and this is none. */
  readonly refused: boolean;
}

const NOTHING: Shown = { fresh: false, refused: false };

/**
 * Looks at the bound cookie of a session that has registered a key; of any other session nothing
 * is looked at.
 */
export async function lookAt(
  { events, now, options, values }: Protocol,
  policy: DevicePolicy,
  { notes, record }: SessionFacts,
  header: HeaderReader,
): Promise<Shown> {
  const device = deviceNoteIn(notes);
  if (device === undefined) return NOTHING;
  if (await values.isFresh(header("cookie"), options.cookieName, device.id)) {
    return { fresh: true, refused: false };
  }
  // Its cookie is on its way to the browser, and so are requests that were sent before.
  if (Math.abs(now() - device.since) <= ON_ITS_WAY) return NOTHING;
  const reason = skippedReasonIn(header, device.id);
  if (reason !== undefined && isBelieved(device, now(), options)) {
    events.emit("skipped", { reason }, record);
    return NOTHING;
  }
  const refused = policy === "require";
  events.emit("stale", { refused }, record);
  return { fresh: false, refused };
}

/** What a `reload()` says where the route refuses the session it has found. */
export function notShown(): SessionError {
  return new SessionError(
    "SESSION_REFUSED",
    "This session is bound to a device, which did not show its key",
  );
}

/**
 * Whoever could not refresh has no cookie any more, and not for long. While the device itself
 * refreshes, it has one: who says then that it has none is somebody else.
 */
function isBelieved(
  { seen }: DeviceNote,
  now: number,
  { maxAge, grace }: { readonly maxAge: number; readonly grace: number },
): boolean {
  const end = seen + secondsOf(maxAge) * 1000;
  return grace > 0 && now >= end && now <= end + grace;
}

/** What is known of a request when its response is made. */
export interface Answered {
  /** When it came: most sessions have logged in long before. */
  readonly since: number;
  /** It came with a fresh cookie. */
  readonly isFresh: boolean;
}

/** Whether somebody has logged in by this very request. */
export function hasLoggedIn({ notes, original }: SessionFacts): boolean {
  const login = loginIn(notes);
  if (login === undefined || subjectIn(notes) === undefined) return false;
  // One of another request, a moment before.
  return loginIn(notesIn(JSON.parse(original ?? "{}")))?.at !== login.at;
}

/** The header that asks for a key, where the request has seen a login. */
export function offerAfterLogin(
  { events, options, stamps }: Protocol,
  facts: SessionFacts,
  { since, isFresh }: Answered,
): MaybePromise<string | undefined> {
  const { notes, record } = facts;
  const login = loginIn(notes);
  if (login === undefined || login.at < since || !hasLoggedIn(facts)) return undefined;
  // Whoever has just shown a key needs no other one.
  if (isFresh && deviceNoteIn(notes) !== undefined) return undefined;
  events.emit("offered", {}, record);
  return after(stamps.make(registrationOf(login)), (challenge) => {
    return registrationText(options.algorithms, options.registerPath, challenge);
  });
}
