/** A Web session that takes its data from the store again. */
import { loadAgain } from "../core/load_again.ts";
import { SessionError } from "../errors.ts";
import type { Data } from "../core/session_data.ts";
import type { MaybePromise } from "../store.ts";
import type { EndingSession } from "./finish_request.ts";
import { sentAttributes } from "./sent_cookies.ts";
import { heldBy, refillSession, watchCookie } from "./session_contents.ts";

/** A request's session, as it is loaded again. */
interface ReloadedSession extends EndingSession {
  sentBefore: EndingSession["sentBefore"];
  /** Throws where what was found is not for this request. */
  readonly admit: ((data: Data) => MaybePromise<void>) | undefined;
}

/** What the handler writes before it is done stays, as with every call that nobody awaits. */
export function reloading(opened: ReloadedSession): () => Promise<void> {
  const { state, session } = opened;
  const before = heldBy(session, state);
  const isEdited = watchCookie(session);
  return async () => {
    const { isNew, knownId: id, manager } = opened;
    const loaded = isNew ? undefined : await loadAgain(manager, state, id);
    if (loaded === undefined) throw new SessionError("SESSION_GONE", "failed to load session");
    await opened.admit?.(loaded.data);
    state.failure = undefined;
    opened.sentBefore = sentAttributes(opened);
    const cookie = opened.freshCookie();
    refillSession(session, state, loaded, cookie, before, isEdited());
    state.stored(opened.knownId, loaded.text, cookie, loaded.stored.version);
    state.savedText = loaded.text;
    state.replaced = [opened.knownId, loaded.id];
  };
}
