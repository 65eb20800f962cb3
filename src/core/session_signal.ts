/** The signal that says when a request's session is over. */
import { endedError, kindOf, type SessionEndReason } from "../errors.ts";
import { sharedByBuilds } from "../shared_by_builds.ts";
import { loginOf } from "./live_look.ts";
import { LiveSession, type LiveSettings } from "./live_session.ts";
import type { SessionState } from "./session_state.ts";

/** A signal that was asked for: whoever has it, or the session, keeps what aborts it. */
interface Asked {
  readonly controller: AbortController;
  readonly live: LiveSession;
}

const byState = new WeakMap<SessionState, Asked>();
const bySignal = sharedByBuilds("signals", () => new WeakMap<AbortSignal, Asked>());

/** The signal of a request's session as it is now. `isOver`: the request itself has ended it. */
export function signalOf(
  settings: LiveSettings,
  state: SessionState,
  isOver = false,
): AbortSignal {
  const known = byState.get(state);
  if (known !== undefined) return known.controller.signal;
  const controller = new AbortController();
  const { signal } = controller;
  const { storedId } = state;
  if (isOver || (storedId !== undefined && state.isGone(storedId))) {
    controller.abort(endedError("destroyed"));
    return signal;
  }
  const asked = { controller, live: new LiveSession(settings, controller) };
  byState.set(state, asked);
  bySignal.set(signal, asked);
  if (storedId !== undefined) asked.live.begin(storedId, loginOf(state.notes));
  return signal;
}

/** A new session was stored: from now on it has an end. */
export function beginSignal(state: SessionState, id: string): void {
  byState.get(state)?.live.begin(id, loginOf(state.notes));
}

/** The request itself has ended its session, which nobody else may know. */
export function endSignal(state: SessionState, why: SessionEndReason): void {
  byState.get(state)?.live.end(why);
}

/** The same where the request goes on with another session, which has a signal of its own. */
export function replaceSignal(state: SessionState, why: SessionEndReason): void {
  endSignal(state, why);
  byState.delete(state);
}

/** Whether somebody has asked for a session's signal. */
export function hasSignal(state: SessionState): boolean {
  return byState.has(state);
}

/** The connection of a request is over. */
export function loosenSignal(state: SessionState): void {
  byState.get(state)?.live.loosen();
}

/**
 * Frees what is kept for a session's signal, which aborts no more: for connections whose end
 * nobody else can see, as that of a WebSocket. What has a body frees it by the end of that.
 *
 * @param signal What `session.signal` was. Any other signal is left alone.
 * @throws {TypeError} If it is no signal.
 *
 * @example
 * ```ts
 * import { createSessions, releaseSignal } from "@websession/websession";
 *
 * const sessions = createSessions({ secret: "x".repeat(32) });
 * const handler = sessions.wrap((request, session) => {
 *   const { signal } = session;
 *   const socket = new EventTarget() as WebSocket; // in earnest: of Deno.upgradeWebSocket(request)
 *   signal.addEventListener("abort", () => socket.close(4401, "The session is over"));
 *   socket.addEventListener("close", () => releaseSignal(signal));
 *   return new Response();
 * });
 * await handler(new Request("https://example.com/"));
 * ```
 */
export function releaseSignal(signal: AbortSignal): void {
  if (!(signal instanceof AbortSignal)) {
    throw new TypeError(`releaseSignal() needs a session's signal, not ${kindOf(signal)}`);
  }
  bySignal.get(signal)?.live.release();
}
