/** A call that a store may refuse. */
import type { MaybePromise } from "../store.ts";

/** What comes of the call; nothing where it is refused. */
export async function unlessRefused<T>(
  call: () => MaybePromise<T>,
): Promise<{ answer: T } | undefined> {
  try {
    return { answer: await call() };
  } catch {
    return undefined;
  }
}
