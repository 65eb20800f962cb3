/** A new session's record: inserted under an id nobody has, or under the one it was given. */
import { SessionError } from "../errors.ts";
import { after } from "../maybe_promise.ts";
import type { MaybePromise, SessionRecord, SessionStore } from "../store.ts";
import type { CommitLoop } from "./commit_loop.ts";
import type { Data } from "./session_data.ts";

/** A good generator never collides once; one that does three times is broken. */
const MAX_ID_COLLISIONS = 3;

/**
 * @param renewId Gives a session a fresh id when the store knows its id already.
 * Without it, the id was chosen by the application and means that very record.
 */
export function insertRecord(
  loop: CommitLoop,
  store: SessionStore,
  session: Data,
  record: SessionRecord,
  renewId: ((session: Data) => void) | undefined,
): MaybePromise<void> {
  function insert(tries: number): MaybePromise<void> {
    const id = session["id"] as string;
    return after(loop.ask(id, () => store.create(id, record)), (created) => {
      if (created) return;
      if (renewId === undefined) return replace(id, tries);
      if (tries >= MAX_ID_COLLISIONS) {
        throw new SessionError("SESSION_CONFLICT", `Every one of ${tries} generated ids exists`);
      }
      renewId(session);
      return insert(tries + 1);
    });
  }

  function replace(id: string, tries: number): MaybePromise<void> {
    const again = () => after(loop.pause(tries), () => insert(tries + 1));
    return after(loop.ask(id, () => store.read(id)), (stored) => {
      if (stored === undefined) return again();
      const committed = loop.ask(id, () => store.commit(id, record, stored.version));
      return after(committed, ({ status }) => status === "committed" ? undefined : again());
    });
  }

  return insert(1);
}
