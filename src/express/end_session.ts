/** A logout on Express, by whichever id the browser has. */
import type { SessionManager } from "../core/session_manager.ts";
import type { SessionState } from "../core/session_state.ts";
import { after } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";

/** Ends the request's session, and what that of its cookie has moved to since it was sent. */
export function endSession(
  { manager, state }: { readonly manager: SessionManager; readonly state: SessionState },
  id: string,
): MaybePromise<void> {
  const { cookieId, foundMaxAge } = state;
  return after(manager.end(state, id), () => {
    // What was found there has not moved; without a session of that id there is a new one.
    if (foundMaxAge !== undefined || !cookieId || cookieId === id) return;
    return manager.follow(cookieId, (to) => manager.end(undefined, to));
  });
}
