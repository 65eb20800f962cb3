/** A change of what is known of a device: of parallel ones each sees what the others have stored. */
import { snapshotOf } from "../core/snapshot.ts";
import { CommitLoop } from "../core/commit_loop.ts";
import { withNotes } from "../core/merge.ts";
import type { Data } from "../core/session_data.ts";
import type { SessionManager } from "../core/session_manager.ts";
import { type Notes, notesIn } from "../core/session_metadata.ts";
import type { SessionState } from "../core/session_state.ts";
import type { MaybePromise } from "../store.ts";

/** A session that is stored, as a request has it. */
export interface StoredSession {
  readonly manager: SessionManager;
  readonly state: SessionState;
  readonly session: Data;
}

/**
 * Changes the notes that stand in the store, in one step. `change` runs on what the others
 * have left there, more than once where somebody else comes first; what it throws is thrown,
 * and nothing is stored then.
 *
 * @throws {SessionError} `SESSION_GONE` if the session was destroyed, rotated or has expired meanwhile.
 */
export function changeNotes(
  { manager, state, session }: StoredSession,
  change: (notes: Notes) => Notes,
): MaybePromise<void> {
  const held = snapshotOf(state, session);
  const onto = (theirs: string) => {
    const data = JSON.parse(held.onto(theirs)) as Data;
    return withNotes(data, change(notesIn(data)));
  };
  const loop = new CommitLoop(manager.settings);
  return state.snapshots.during(held, () => loop.exchange({ state, session, held, onto }));
}
