/** A session that could not be destroyed: listeners hear of it, whoever asked is told as well. */
import type { EventHub } from "../events.ts";
import { attempt } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";

/** Whoever meant to log out may still be logged in: more than the caller must know. */
export function reportFailedDestroy(
  events: EventHub,
  act: () => MaybePromise<void>,
): MaybePromise<void> {
  return attempt(act, (error) => {
    events.emit("error", { error, during: "destroy" });
    throw error;
  });
}
