/** One act, answered as the caller asked: by callback or by promise. */
import { isPromise } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";

export type Callback = (error?: unknown) => void;

/**
 * Runs `act` for whoever awaits it. A promise nobody awaits crashes nothing: it
 * is marked as handled, and whoever does await it still sees the error.
 */
export function promised<T>(act: () => MaybePromise<T>): Promise<T> {
  const promise = (async () => await act())();
  promise.catch(() => {});
  return promise;
}

/**
 * Runs `act`. With a callback the answer goes there and `self` is returned;
 * without one a promise is.
 */
export function callbackOrPromise<Self>(
  self: Self,
  callback: Callback | undefined,
  act: () => MaybePromise<void>,
): Self | Promise<void> {
  if (typeof callback !== "function") return promised(act);
  settle(act, callback);
  return self;
}

/** Runs `act` and calls `done` outside any promise: what `done` throws is not swallowed. */
export function settle(act: () => MaybePromise<void>, done: Callback): void {
  let result: MaybePromise<void>;
  try {
    result = act();
  } catch (error) {
    done(error);
    return;
  }
  if (!isPromise(result)) {
    done();
    return;
  }
  result.then(() => done(), (error) => done(error ?? new Error("rejected"))).catch((error) => {
    setImmediate(() => {
      throw error;
    });
  });
}
