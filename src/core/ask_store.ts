/** A question to a store: answered within its time, its failure told in our words. */
import { attempt, isPromise } from "../maybe_promise.ts";
import type { MaybePromise, SessionStore } from "../store.ts";
import { type Names, storeFailure } from "./store_failure.ts";
import { type StoreTimeout, withTimeout } from "./store_timeout.ts";

/** Which store is asked, and how. */
export interface StoreSettings extends StoreTimeout {
  readonly store: SessionStore;
  /**
   * An application's own store, asked by callbacks: it is handed the session in
   * `touch()` and stores an edited cookie there, where any other needs a commit;
   * and what it throws reaches the application as it is.
   */
  readonly touchKeepsCookie: boolean;
}

/** Asks the store; `names` are kept out of what it throws. */
export function askStore<T>(
  settings: StoreSettings,
  names: Names,
  act: () => MaybePromise<T>,
): MaybePromise<T> {
  let answer: MaybePromise<T>;
  try {
    answer = act();
  } catch (error) {
    throw failureOf(settings, names, error);
  }
  return isPromise(answer) ? inTime(settings, names, answer) : answer;
}

/** Apart, as a store that answers at once need not pay for it. */
function inTime<T>(settings: StoreSettings, names: Names, answer: Promise<T>): MaybePromise<T> {
  if (settings.touchKeepsCookie) return withTimeout(answer, settings);
  return attempt(() => withTimeout(answer, settings), (error) => {
    throw failureOf(settings, names, error);
  });
}

/** A store of the application's own is known by its errors: they reach it as they are. */
function failureOf(settings: StoreSettings, names: Names, error: unknown): unknown {
  return settings.touchKeepsCookie ? error : storeFailure(error, settings.store, names);
}
