/** A session that could not be destroyed: listeners hear of it, whoever asked is told as well. */
import type { EventHub } from "../events.ts";
import { attempt } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import { storeFailure } from "./store_failure.ts";

/**
 * Whoever meant to log out may still be logged in: more than the caller must know.
 *
 * @param id What its error must not tell.
 */
export function reportFailedDestroy(
  events: EventHub,
  act: () => MaybePromise<void>,
  id?: string,
): MaybePromise<void> {
  return attempt(act, (error) => {
    // Also where a store of the application's own has thrown: no event holds an id.
    events.emit("error", { error: storeFailure(error, undefined, id), during: "destroy" }, id);
    throw error;
  });
}
