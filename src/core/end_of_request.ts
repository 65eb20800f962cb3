/** What the end of a request asks of the store. */
import { isSessionGone } from "../errors.ts";
import { attempt } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import { isRefused } from "./before_create.ts";
import type { Data } from "./session_data.ts";
import type { SessionManager } from "./session_manager.ts";
import { type Operand, renew } from "./session_operations.ts";
import { baseOf } from "./session_objects.ts";
import type { SessionState } from "./session_state.ts";
import { Snapshot } from "./snapshot.ts";

/**
 * Stores or touches a session nobody asked to be stored: where it is gone by
 * now, its changes are dropped. `text` is its data, asked for only if needed.
 */
export function saveOrTouch(
  manager: SessionManager,
  write: "save" | "touch",
  state: SessionState,
  session: Data,
  text: () => string,
): MaybePromise<void> {
  const act = () =>
    write === "save"
      ? manager.save(state, session, new Snapshot(baseOf(state, session), text(), session))
      : manager.touch(state, session, text);
  return attempt(act, (error) => {
    // A new session that nobody wrote to: nothing is lost.
    if (isRefused(error) && text() === "{}") return;
    discardIfGone(manager, session, error);
  });
}

/** The same under a new id, where the old one is due to be replaced. */
export function renewOrDiscard(operand: Operand): MaybePromise<void> {
  return attempt(
    () => renew(operand),
    (error) => discardIfGone(operand.manager, operand.session, error),
  );
}

function discardIfGone(manager: SessionManager, session: Data, error: unknown): void {
  if (!isSessionGone(error)) throw error;
  manager.settings.events.emit("discarded", { reason: "gone" }, session["id"] as string);
}
