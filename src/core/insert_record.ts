/** A new session's record: inserted under an id nobody has, or under the one it was given. */
import { goneError, SessionError } from "../errors.ts";
import { after } from "../maybe_promise.ts";
import type { MaybePromise, SessionRecord, SessionStore } from "../store.ts";
import type { CommitLoop } from "./commit_loop.ts";
import type { Data } from "./session_data.ts";

/** A good generator never collides once; one that does three times is broken. */
const MAX_ID_COLLISIONS = 3;
/** Others who write under an id at the same time are few. */
const MAX_REPLACEMENTS = 100;

/**
 * Answers the id that was used.
 *
 * @param renewId Gives a session a fresh id when the store knows its id already.
 * Without it, the id was chosen by the application and means that very record.
 */
export function insertRecord(
  loop: CommitLoop,
  store: SessionStore,
  session: Data,
  record: SessionRecord,
  renewId: ((session: Data) => void) | undefined,
): MaybePromise<string> {
  function insert(tries: number): MaybePromise<string> {
    const id = session["id"] as string;
    // It was destroyed while it waited to be stored.
    if (id === "") throw goneError();
    return after(loop.calls.ask(id, () => store.create(id, record)), (created) => {
      if (created) return id;
      if (renewId === undefined) return replace(id, tries);
      if (tries >= MAX_ID_COLLISIONS) {
        throw new SessionError("SESSION_CONFLICT", `Every one of ${tries} generated ids exists`);
      }
      renewId(session);
      return insert(tries + 1);
    });
  }

  function replace(id: string, tries: number): MaybePromise<string> {
    const again = () => {
      if (tries >= MAX_REPLACEMENTS) {
        throw new SessionError("SESSION_CONFLICT", `Other writers won ${tries} times in a row`);
      }
      return after(loop.calls.pause(tries), () => insert(tries + 1));
    };
    return after(loop.calls.ask(id, () => store.read(id)), (stored) => {
      // Not to be made, and not there: whoever ended it has closed the id as well.
      if (stored === undefined) {
        if (tries >= MAX_ID_COLLISIONS) throw goneError();
        return again();
      }
      const committed = loop.calls.ask(id, () => store.commit(id, record, stored.version));
      return after(committed, ({ status }) => status === "committed" ? id : again());
    });
  }

  return insert(1);
}
