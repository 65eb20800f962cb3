/** A session's move to another id, as those who wait for its end learn of it. */
import type { MaybePromise } from "../store.ts";
import type { Change } from "./change.ts";
import { changingLive } from "./live_sessions.ts";
import { replaceSignal } from "./session_signal.ts";

/**
 * Runs what moves a session. Beyond a login it is another one: whoever was connected before does
 * not see who is there now. By any other move it lives on.
 */
export function movingLive(
  store: object,
  { state, isLogin }: Change,
  act: () => MaybePromise<void>,
): MaybePromise<void> {
  const from = state.storedId!;
  return changingLive(store, from, isLogin ? "login" : "moved", act, (live) => {
    if (!isLogin) return live.move(from, state.storedId!);
    const ended = live.end(from, "login");
    replaceSignal(state, "login");
    return ended;
  });
}
