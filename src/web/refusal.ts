/** Calls that come too late, for the session or for its response. */
import type { Calls } from "../core/calls.ts";
import { SessionError } from "../errors.ts";
import type { MaybePromise } from "../store.ts";
import { recordOf } from "../core/session_handle.ts";
import type { SessionState } from "../core/session_state.ts";
import type { RequestCookies } from "./cookie_transport.ts";
import type { WebAdapter } from "./web_adapter.ts";

/** What a call needs: a response still to come, a record that can be stored, or neither. */
export type Needs = "response" | "record" | "nothing";

/** How far a request's session has come. */
interface Progress {
  readonly adapter: WebAdapter;
  readonly cookies: RequestCookies;
  readonly state: SessionState;
  readonly isNew: boolean;
  readonly isDestroyed: boolean;
  readonly isCommitted: boolean;
}

/**
 * A call counts when it is made: whether it may be made is asked then, and it
 * runs when the calls before it are done.
 */
export function callOrRefuse<T>(
  progress: Progress,
  calls: Calls,
  needs: Needs,
  act: (letOthersBegin: () => void) => MaybePromise<T>,
): Promise<T> {
  const refusal = refusalOf(needs, progress);
  if (refusal === undefined) return calls.take(act);
  const isTold = progress.isCommitted || needs === "record" && progress.isDestroyed;
  return isTold ? refused(refusal) : calls.take(() => Promise.reject(refusal));
}

/** Why a call that is made now cannot count, if it cannot; listeners hear what is lost. */
export function refusalOf(needs: Needs, progress: Progress): unknown {
  if (needs === "nothing") return undefined;
  const { adapter, adapter: { events }, isDestroyed, state } = progress;
  if (isDestroyed && needs === "record") {
    events.emit("discarded", { reason: "destroyed" }, recordOf(state));
    return destroyed();
  }
  if (progress.isCommitted) {
    if (needs === "response" || progress.isNew || progress.cookies.holdsSession) {
      adapter.diagnose(({ saw }) => saw("late"));
      events.emit("discarded", { reason: "committed" }, recordOf(state));
      return committed();
    }
  }
  return isDestroyed ? destroyed() : state.failure;
}

/** Whoever awaits it sees it; whoever does not is told by the event. */
function refused(refusal: unknown): Promise<never> {
  const promise = Promise.reject(refusal);
  promise.catch(() => {});
  return promise;
}

/** The same when its turn has come: it was made before the session was destroyed, and is overtaken. */
export function needUndestroyed({ isDestroyed }: Pick<Progress, "isDestroyed">): void {
  if (isDestroyed) throw destroyed();
}

export function committed(): SessionError {
  return new SessionError("SESSION_COMMITTED", "The session was committed: its response has left");
}

function destroyed(): SessionError {
  return new SessionError("SESSION_GONE", "The session was destroyed");
}
