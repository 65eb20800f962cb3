/**
 * Waiting for what another request is to do.
 *
 * In Workers whoever waits for nothing of its own is ended as hung, and a request that
 * was ended itself never says that it is done: so there is always a timer, and it is
 * the one of the request that waits.
 */
import { systemClock } from "../clock.ts";
import type { StoreTimeout } from "./store_timeout.ts";

/** Where a store may take for ever there is a timer all the same. */
const LOOK = 10_000;

/**
 * Waits until `said` is so, or `isStuck` when it is asked: each time that a store would have
 * been waited for. Answers whether it was said. `said` never rejects.
 */
export function waitForOther(
  said: Promise<void>,
  { ioTimeout, clock }: StoreTimeout,
  isStuck: () => boolean,
): Promise<boolean> {
  return new Promise((resolve) => {
    let cancel = (): void => {};
    const watch = (): void => {
      const look = (): void => ioTimeout > 0 && isStuck() ? resolve(false) : watch();
      cancel = ioTimeout > 0 ? clock.after(ioTimeout, look) : systemClock.after(LOOK, look);
    };
    watch();
    said.then(() => {
      cancel();
      resolve(true);
    });
  });
}
