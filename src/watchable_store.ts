/**
 * The contract of a store that tells every process when sessions end.
 *
 * Nothing here runs: it is the promise a store makes, in prose, and the kit in
 * `./testing` proves it.
 *
 * @module
 */
import type { MaybePromise, SessionStore } from "./store.ts";

/**
 * What a store tells of.
 *
 * - `gone`: a session was removed.
 * - `moved`: a session has another id by now, `to`.
 * - `subject`: the sessions of a subject were removed, except one, if it names one.
 * - `missed`: notices may have been lost, so that whoever waits for one has to look himself.
 *
 * Ids and subjects are those that `list()` and the verbs of the store know.
 */
export type SessionNotice =
  | { readonly what: "gone"; readonly id: string }
  | { readonly what: "moved"; readonly id: string; readonly to: string }
  | { readonly what: "subject"; readonly subject: string; readonly except?: string | undefined }
  | { readonly what: "missed" };

/** A store that tells every process when sessions end. */
export interface WatchableStore extends SessionStore {
  /**
   * Calls `hear` for every session that is removed or moved from the moment it resolves on,
   * by whichever process, until the function that it answers is called: by `destroy()`
   * (`gone`), `rotate()` (`moved`), `destroyAll()` (`subject`, or a `gone` for each).
   *
   * A notice is sent by the step that ends the session, so that none is told of what did not
   * happen, and one that was told of is not found any more. A removal of what was not there may
   * be told of or not. `clear()`, `sweep()` and ends that come with time tell nothing: whoever
   * watches a session knows its end. Where the connection was lost and is there again,
   * `hear` is told `missed`.
   *
   * It rejects where nothing can be heard; nobody calls it where nobody watches a session, and
   * once for all that are watched.
   */
  watch(hear: (notice: SessionNotice) => void): MaybePromise<() => MaybePromise<void>>;
  /**
   * Tells of a move that is made of other verbs, as where an old id leads to the new one for
   * a while (`rotateAfter`). It is done already: a failure is nobody's.
   */
  announce(notice: SessionNotice): MaybePromise<void>;
}
