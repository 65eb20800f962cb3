/**
 * Errors a caller would want to catch by `code`.
 *
 * @module
 */

/**
 * What went wrong, as a stable word.
 *
 * - `SESSION_GONE`: the session was destroyed, rotated or expired meanwhile.
 * - `SESSION_CONFLICT`: other writers won every one of the bounded retries.
 * - `SESSION_TOO_LARGE`: the data exceeds `maxBytes`.
 * - `SESSION_INVALID`: the data do not fit the application's `schema`.
 * - `SESSION_UNSERIALIZABLE`: a value cannot be written as JSON.
 * - `SESSION_COMMITTED`: the response has left; nothing more can be stored.
 * - `SESSION_ANONYMOUS`: nobody is logged in to this session.
 * - `SESSION_REFUSED`: the application's `beforeCreate` refused a new session, or a route requires
 *   the session's device and `reload()` has found that it did not show its key.
 * - `SESSION_MISSING`: no session middleware ran for this request.
 * - `LOCK_TIMEOUT`: others held the session's lock for as long as it was waited for.
 * - `LOCK_HELD`: this request has the session's lock already, or waits for it.
 * - `LOCK_LOST`: the lease was over, and somebody else had the lock, before its holder was done.
 * - `STORE_FAILED`: the store threw; `cause` is its error, without ids or data.
 * - `STORE_TIMEOUT`: the store did not answer within `ioTimeout`.
 * - `STORE_UNSUPPORTED`: this store has no such power.
 */
export type SessionErrorCode =
  | "SESSION_GONE"
  | "SESSION_CONFLICT"
  | "SESSION_TOO_LARGE"
  | "SESSION_INVALID"
  | "SESSION_UNSERIALIZABLE"
  | "SESSION_COMMITTED"
  | "SESSION_ANONYMOUS"
  | "SESSION_REFUSED"
  | "SESSION_MISSING"
  | "LOCK_TIMEOUT"
  | "LOCK_HELD"
  | "LOCK_LOST"
  | "STORE_FAILED"
  | "STORE_TIMEOUT"
  | "STORE_UNSUPPORTED";

/**
 * Why a session is over for those who are connected: it was `destroyed` (a logout); `revoked`,
 * by `revoke()`, `revokeAll()` or `maxSessions`; left behind by a `login`; or has `expired`.
 */
export type SessionEndReason = "destroyed" | "revoked" | "login" | "expired";

/**
 * An error with a stable `code`. Its text never holds an id, a secret or data.
 *
 * @example
 * ```ts
 * import { SessionError } from "@websession/websession";
 *
 * const error = new SessionError("SESSION_GONE", "The session no longer exists");
 * if (error.code !== "SESSION_GONE") throw error;
 * ```
 */
export class SessionError extends Error {
  /** Tells it from other errors where the class cannot: two builds may be loaded. */
  override readonly name = "SessionError";
  /** The stable word to test for. */
  readonly code: SessionErrorCode;
  /** Of the `reason` of a session's signal, a `SESSION_GONE`: what has ended it. */
  declare readonly why?: SessionEndReason;

  /** Makes an error of the given code; `options.cause` is kept. */
  constructor(code: SessionErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Says what kind of value was given, never the value itself. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return typeof value === "undefined" ? "undefined" : `a value of type ${typeof value}`;
}

/** What everyone is told who comes too late. */
export function goneError(): SessionError {
  return new SessionError("SESSION_GONE", "The session no longer exists");
}

const ENDED: Readonly<Record<SessionEndReason, string>> = {
  destroyed: "The session was destroyed",
  revoked: "The session was revoked",
  login: "Somebody has logged in: the session goes on under another id",
  expired: "The session has expired",
};

/** What the signal of a session says that is over. */
export function endedError(why: SessionEndReason): SessionError {
  return Object.assign(new SessionError("SESSION_GONE", ENDED[why]), { why });
}

/** Whether an error says that the session no longer exists. */
export function isSessionGone(error: unknown): boolean {
  return error instanceof SessionError && error.code === "SESSION_GONE";
}
