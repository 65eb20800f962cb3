/** A logout ends the session wherever it is by now. */
import { after } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import type { CommitSettings } from "./commit_loop.ts";
import type { Moves } from "./moves.ts";
import type { Data } from "./session_data.ts";
import { notesIn, subjectIn, textIn } from "./session_metadata.ts";
import type { SessionState } from "./session_state.ts";
import { MOST_MOVES, sessionsOf } from "./sessions_of.ts";
import { hasSubjects, idsOf } from "./subject_sessions.ts";

/** Says `false` where there is no such session: it has ended, or moved. */
type Remove = (id: string) => MaybePromise<boolean | void>;

/** @param state What the request that ends it has read of it. */
export function endSession(
  settings: CommitSettings,
  moves: Moves,
  state: SessionState | undefined,
  id: string,
  remove: Remove,
): MaybePromise<void> {
  return after(remove(id), (was) => {
    const followed = moves.follow(id, remove);
    if (was !== false || state?.storedId !== id) return followed;
    return after(followed, () => endMovedByOthers(settings, state.baseText, remove));
  });
}

/** Another process has its own list of moves. The device that was noted at the login goes along. */
async function endMovedByOthers(
  settings: CommitSettings,
  text: string,
  remove: Remove,
): Promise<void> {
  const notes = notesIn(JSON.parse(text) as Data);
  const subject = subjectIn(notes);
  const device = textIn(notes, "device");
  if (subject === undefined || device === undefined || !hasSubjects(settings.store)) return;
  for (let moves = 0, hasMoved = true; hasMoved && moves < MOST_MOVES; moves++) {
    hasMoved = false;
    const names = await idsOf("logout", settings, subject);
    for await (const { key, name } of sessionsOf(settings, subject, names)) {
      if (key !== device) continue;
      await remove(name);
      // It has moved on, or its twin is being stored beside it.
      hasMoved = true;
    }
  }
}
