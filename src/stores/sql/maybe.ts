/** Work with values that may be promised: a store that answers at once stays that fast. */
import type { MaybePromise } from "../../store.ts";

/**
 * Hands a value on, at once if it is there. Not named `then`: a module that
 * exports that is a thenable, and `import()` of it never ends well.
 */
export function andThen<T, U>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<U>,
): MaybePromise<U> {
  return isPromise(value) ? value.then(next) : next(value);
}

/** Calls `act`; what it throws or rejects with goes to `failed`. */
export function attempt<T>(
  act: () => MaybePromise<T>,
  failed: (error: unknown) => MaybePromise<T>,
): MaybePromise<T> {
  try {
    const value = act();
    return isPromise(value) ? value.catch(failed) : value;
  } catch (error) {
    return failed(error);
  }
}

/** Not `instanceof`: a driver may bring a Promise of another realm or its own subclass. */
function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null)?.then === "function";
}
