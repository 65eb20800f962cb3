/** What a store that sees every call of its process can tell without waiting. */
import type { MaybePromise, SessionStore } from "../store.ts";
import type { Data } from "./session_data.ts";
import type { SessionState } from "./session_state.ts";

export interface ForesightedStore extends SessionStore {
  /** Whether a record it handed out is gone. */
  isGone(id: string, version: unknown): boolean;
  /** Whether others have stored it with another lifetime since. */
  livesOtherwise?(version: unknown, lifetime: unknown, id: string): boolean;
  /** A touch that gives it another lifetime: whoever read it before, or stores it meanwhile, has an older one. */
  touchAnew?: SessionStore["touch"];
}

/** Touches a session, whether or not its request has given it a lifetime of its own. */
export function touchIn(
  store: ForesightedStore,
  id: string,
  end: number | null,
  session: object,
  isAnew: boolean,
): MaybePromise<boolean> {
  return isAnew && store.touchAnew !== undefined
    ? store.touchAnew(id, end, session)
    : store.touch(id, end, session);
}

/**
 * Whether a session has another lifetime by now than this request has found, and has not changed
 * itself: it began with the write of whoever gave it, and is not to be touched with the older one.
 */
export function livesOtherwise(
  store: SessionStore,
  state: SessionState,
  session: Data,
): boolean {
  if (state.lifetimeEdited(session)) return false;
  const { originalMaxAge } = state.baseCookie;
  const { storedId, version } = state;
  if (storedId === undefined) return false;
  return (store as ForesightedStore).livesOtherwise?.(version, originalMaxAge, storedId) === true;
}
