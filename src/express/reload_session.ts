/** A session that its request takes from the store again. */
import { loadAgain } from "../core/load_again.ts";
import type { Data } from "../core/session_data.ts";
import { currentOf, reloadedAs } from "../core/session_objects.ts";
import { mergeNotes, type Notes } from "../core/session_metadata.ts";
import type { SessionState } from "../core/session_state.ts";
import type { MaybePromise } from "../store.ts";
import { createSession, type OpeningRequest } from "./open_session.ts";
import { dataOf, type Session } from "./session.ts";

/** A request, as far as this needs it. */
interface ReloadingRequest extends OpeningRequest {
  readonly state: SessionState;
  /** `req.session` is another middleware's. */
  readonly isAside: boolean;
  /** Throws where what was found is not for this request. */
  readonly admit: ((data: Data) => MaybePromise<void>) | undefined;
}

/**
 * Puts a new object in the place of the request's session.
 *
 * @param last The object it was given last, whichever one's method was called.
 * @param notes Ours, when that was asked for: what was noted since stays.
 */
export async function reloadSession(
  request: ReloadingRequest,
  { id }: Session,
  last: Session,
  notes: Notes,
): Promise<void> {
  const { admit, isAside, manager, req, state } = request;
  const before = currentOf(state, dataOf(last));
  const loaded = await loadAgain(manager, state, id);
  if (loaded !== undefined) await admit?.(loaded.data);
  if (loaded === undefined || state.isGone(id)) throw new Error("failed to load session");
  const { notes: now } = state;
  state.failure = undefined;
  state.replaced = [id, loaded.id];
  const { sessionID } = req;
  if (isAside) req.sessionID = id;
  const session = createSession(request, loaded);
  req.sessionID = sessionID;
  // Whoever has the one before has this session still, wherever that moves.
  Object.defineProperty(before, "id", { get: () => session.id, configurable: true });
  reloadedAs(state, dataOf(session), before);
  state.notes = mergeNotes(notes, now, state.notes);
  state.stored(id, loaded.text, session.cookie, loaded.stored.version);
}
