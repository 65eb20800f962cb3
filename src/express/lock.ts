/** A lock on a request's session, for whoever asks for one. */
import type { LockedFunction, LockOptions } from "../core/lock_options.ts";
import { promised } from "./callback_or_promise.ts";
import { opened, type ServedRequest } from "./session_functions.ts";

export type { LockedFunction, LockOptions };

/**
 * Runs `act` while no other request has the lock on the same session, and answers what it
 * answers: for what must not happen twice at once outside of the session, as a payment. Data
 * alone need no lock: `update()` loses nothing.
 *
 * `act` sees the newest data in `req.session`, and what it changes there is stored by the step
 * that gives the lock back. Others wait their turn; requests that do not ask for the lock are not
 * held up. The lock goes along where the session moves to another id, whoever moves it, and it is held
 * for `lease` milliseconds at most, so that nobody waits longer for a holder that died: `signal` aborts then.
 * On a callback store it holds within this process. A session that is not stored yet is locked
 * for nobody else: `act` runs at once. Await it: what is sent before is not held back.
 *
 * @param act Is given an AbortSignal that aborts when the lease is over: others may have the lock then.
 * @param options How long to `wait` (10,000 ms) and to hold it (`lease`, 30,000 ms).
 * @returns What `act` returned.
 * @throws {SessionError} `LOCK_TIMEOUT` if others held it for all of `wait`; `LOCK_HELD` if this very
 * request has it already by the same middleware (by another on the same store it waits for itself:
 * `LOCK_TIMEOUT`); `LOCK_LOST` if `act` took longer than its lease and somebody else had the
 * lock meanwhile: nothing of what it changed is stored by this, but what the session holds when you catch
 * it and go on is stored with the response: `reload()` drops it; `SESSION_GONE` if the session was
 * destroyed, rotated or has expired meanwhile; `SESSION_MISSING` if no session middleware ran.
 * @throws {TypeError} If `act` is no function, or an option is none.
 * @throws {RangeError} If a number is outside its range.
 *
 * @example
 * ```ts ignore
 * import { lock } from "websession";
 *
 * app.post("/pay", async (req, res) => {
 *   await lock(req, async (signal) => {
 *     if (req.session.isPaid) return;
 *     await charge(req.session.cart, { signal });
 *     req.session.isPaid = true;
 *   });
 *   res.redirect("/receipt");
 * });
 * ```
 */
export function lock<T>(
  req: ServedRequest,
  act: LockedFunction<T>,
  options: LockOptions = {},
): Promise<T> {
  return promised(() => {
    const { actions: { calls }, session } = opened(req);
    return calls.lock(session, act, options);
  });
}
