/** Working with values that may be promises, without costing a tick when they are not. */
import type { MaybePromise } from "./store.ts";

export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (value as Promise<T> | undefined)?.then === "function";
}

/** Calls `next` with the value: at once when it is there, later when it is promised. */
export function after<T, U>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<U>,
): MaybePromise<U> {
  return isPromise(value) ? value.then(next) : next(value);
}

/** Runs `act`, and `rescue` with whatever it throws or rejects with. */
export function attempt<T>(
  act: () => MaybePromise<T>,
  rescue: (error: unknown) => MaybePromise<T>,
): MaybePromise<T> {
  try {
    const value = act();
    return isPromise(value) ? value.catch(rescue) : value;
  } catch (error) {
    return rescue(error);
  }
}
