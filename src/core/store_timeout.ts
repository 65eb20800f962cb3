/** A store that never answers is an error after a while. */
import type { Clock } from "../clock.ts";
import { SessionError } from "../errors.ts";
import { isPromise } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";

/** How long a store may take, and the clock that says so. */
export interface StoreTimeout {
  /** Milliseconds; 0: for ever. */
  readonly ioTimeout: number;
  readonly clock: Clock;
}

export function isStoreTimeout(error: unknown): boolean {
  return error instanceof SessionError && error.code === "STORE_TIMEOUT";
}

/** The answer, or `STORE_TIMEOUT` after `ioTimeout`. */
export function withTimeout<T>(
  asked: MaybePromise<T>,
  { ioTimeout, clock }: StoreTimeout,
): MaybePromise<T> {
  if (ioTimeout === 0 || !isPromise(asked)) return asked;
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ioTimeout, () => {
      reject(new SessionError("STORE_TIMEOUT", `The store did not answer in ${ioTimeout} ms`));
    });
    asked.then(resolve, reject).finally(cancel);
  });
}
