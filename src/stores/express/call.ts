/** Callback functions as values that may be promises. */
import type { MaybePromise } from "../../store.ts";

/**
 * Calls a callback function. The first answer counts: stores call back twice,
 * or call back and return a promise that rejects as well.
 */
export function call<T>(
  invoke: (done: (error?: unknown, value?: T) => void) => unknown,
): MaybePromise<T> {
  let answer: { error: unknown; value: T } | undefined;
  let settle: (() => void) | undefined;
  const done = (error?: unknown, value?: T) => {
    if (answer !== undefined) return;
    answer = { error, value: value as T };
    settle?.();
  };
  const returned = invoke(done) as { then?: unknown; catch?: unknown } | null | undefined;
  if (typeof returned?.then === "function") {
    (returned as Promise<unknown>).then(undefined, (error) => done(error || new Error("rejected")));
  }
  if (answer !== undefined) {
    if (answer.error) throw answer.error;
    return answer.value;
  }
  return new Promise((resolve, reject) => {
    settle = () => answer!.error ? reject(answer!.error) : resolve(answer!.value);
  });
}
