/** What a request's calls store of its session: nothing where no cookie could lead back to it. */
import { adopt } from "../core/session_copy.ts";
import type { Data } from "../core/session_data.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { UpdateFunction } from "../core/update.ts";
import { updateUnstored } from "../core/update_unstored.ts";
import { after, attempt } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import { type EndingSession, wouldBeOrphan } from "./finish_request.ts";
import { needUndestroyed } from "./refusal.ts";

/** Stores the session as it was when that was asked for. */
export function storeNow(writing: EndingSession, held: Snapshot): MaybePromise<void> {
  needUndestroyed(writing);
  if (wouldBeOrphan(writing)) return;
  const { manager, session, state } = writing;
  const { savedText } = state;
  return attempt(() => manager.save(state, session, held), (error) => {
    // What a failed save() leaves unstored is tried again with the response.
    state.savedText = savedText;
    throw error;
  });
}

/** Runs a function on the newest data, and stores what it makes of them. */
export function changeNewest<T>(
  writing: EndingSession,
  change: UpdateFunction<T>,
  held?: Snapshot,
): MaybePromise<T> {
  const { manager, session, state } = writing;
  const run = (data: Data) =>
    after(change(data), (value) => {
      needUndestroyed(writing);
      return value;
    });
  if (!wouldBeOrphan(writing)) return manager.update(state, session, run, held);
  return updateUnstored(state, session, run, (before, text) => {
    return adopt(session, state, before, text);
  });
}
