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
export function promised<T>(act: () => MaybePromise<T>, line?: Line): Promise<T> {
  const made = madeBy(act, line);
  if (isCall(made)) return made;
  const promise = (async () => await made)();
  promise.catch(() => {});
  return promise;
}

/** Where calls wait for one another: what fails there and is awaited by nobody is the response's failure. */
interface Line {
  inLine<T>(act: () => MaybePromise<T>): Promise<T>;
}

function madeBy<T>(act: () => MaybePromise<T>, line: Line | undefined): MaybePromise<T> {
  try {
    return act();
  } catch (error) {
    const refuse = () => Promise.reject<T>(error);
    return line === undefined ? refuse() : line.inLine(refuse);
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
  line?: Line,
): Self | Promise<void> {
  if (typeof callback !== "function") return promised(act, line);
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
