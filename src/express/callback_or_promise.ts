/** One act, answered as the caller asked: by callback or by promise. */
import { isCall } from "../core/calls.ts";
import { isPromise } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";

export type Callback = (error?: unknown) => void;

/**
 * Runs `act` for whoever awaits it. A promise nobody awaits crashes nothing: it
 * is marked as handled, and whoever does await it still sees the error. One of a call on a
 * session is handed on as it is: it knows whether anybody does.
 */
export function promised<T>(act: () => MaybePromise<T>): Promise<T> {
  const made = madeBy(act);
  if (isCall(made)) return made;
  const promise = (async () => await made)();
  promise.catch(() => {});
  return promise;
}

function madeBy<T>(act: () => MaybePromise<T>): MaybePromise<T> {
  try {
    return act();
  } catch (error) {
    return Promise.reject(error);
  }
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
