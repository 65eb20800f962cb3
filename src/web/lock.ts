/**
 * A lock on a session, for whoever asks for one.
 *
 * @module
 */
import type { LockedFunction, LockOptions } from "../core/lock_options.ts";
import { lockSession } from "../core/session_lock.ts";
import { kindOf, SessionError } from "../errors.ts";
import { refusalOf } from "./refusal.ts";
import { RequestSession } from "./request_session.ts";
import type { SessionMethods } from "./session_methods.ts";
import { WebSession } from "./session.ts";

export type { LockedFunction, LockOptions };

/**
 * Runs `act` while no other request has the lock on the same session, and answers what it
 * answers: for what must not happen twice at once outside of the session, as a payment. Data
 * alone need no lock: `update()` loses nothing.
 *
 * `act` sees the newest data in the session, and what it changes there is stored by the step that
 * gives the lock back. Others wait their turn; requests that do not ask for the lock are not held
 * up. The lock goes along where the session moves to another id, whoever moves it, and it is held for
 * `lease` milliseconds at most, so that nobody waits longer for a holder that died: `signal` aborts
 * then. On a store that is not `atomic` it holds within this process. A session that is not stored yet
 * is locked for nobody else: `act` runs at once. Await it: no response waits for it, other than for
 * the session's methods.
 *
 * @param session A request's session, of this entry or of `./hono`.
 * @param act Is given an AbortSignal that aborts when the lease is over: others may have the lock then.
 * @param options How long to `wait` (10,000 ms) and to hold it (`lease`, 30,000 ms).
 * @returns What `act` returned.
 * @throws {SessionError} `LOCK_TIMEOUT` if others held it for all of `wait`; `LOCK_HELD` if this very
 * request has it already by the same `createSessions()` (by another on the same store it waits for
 * itself: `LOCK_TIMEOUT`); `LOCK_LOST` if `act` took longer than its lease and somebody else had the
 * lock meanwhile: nothing of what it changed is stored by this, but what the session holds when you catch
 * it and go on is stored with the response: `reload()` drops it; `SESSION_GONE` if the session was
 * destroyed, rotated or has expired meanwhile; `STORE_UNSUPPORTED` if the browser has the session, sealed.
 * @throws {TypeError} If it is no session, `act` is no function, or an option is none.
 * @throws {RangeError} If a number is outside its range.
 *
 * @example A payment that is made once, however often the button is pressed
 * ```ts
 * import { createSessions, lock } from "@websession/websession";
 *
 * const sessions = createSessions<{ receipt: string }>({ secret: "x".repeat(32) });
 * const pay = sessions.wrap(async (_request, session) => {
 *   const receipt = await lock(session, async (signal) => {
 *     return session.receipt ??= await charge(signal);
 *   });
 *   return new Response(receipt);
 * });
 * const charge = (_signal: AbortSignal) => Promise.resolve("receipt 7");
 * const response = await pay(new Request("https://example.com/pay"));
 * if (await response.text() !== "receipt 7") throw new Error("nobody was charged");
 * ```
 */
export async function lock<T>(
  session: Pick<SessionMethods<object>, "id" | "signal">,
  act: LockedFunction<T>,
  options: LockOptions = {},
): Promise<T> {
  const opened = WebSession.actionsOf(session);
  if (!(opened instanceof RequestSession)) {
    throw new TypeError(`lock() needs a session of the Web entries, not ${kindOf(session)}`);
  }
  if (opened.cookies.holdsSession) {
    throw new SessionError(
      "STORE_UNSUPPORTED",
      "lock() needs a store that keeps the sessions: of a sealed one each request has its own",
    );
  }
  const refusal = refusalOf("record", opened);
  if (refusal !== undefined) throw refusal;
  // What is stored of the cookie's attributes the browser must be told as well.
  opened.isOutdated ||= opened.state.cookieEdited(opened.session);
  return await lockSession(opened, act, options);
}
