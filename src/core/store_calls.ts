/** How the core asks a store. */
import type { MaybePromise, SessionStore } from "../store.ts";
import { askStore, type StoreSettings } from "./ask_store.ts";
import { randomValues } from "./random_source.ts";
import type { Names } from "./store_failure.ts";
import { isStoreTimeout, withTimeout } from "./store_timeout.ts";

const LONGEST_PAUSE = 64;

export class StoreCalls {
  readonly store: SessionStore;
  readonly #settings: StoreSettings;

  constructor(settings: StoreSettings) {
    this.store = settings.store;
    this.#settings = settings;
  }

  /** Asks the store: within its time, and with what it throws in our words. */
  ask<T>(names: Names, act: () => MaybePromise<T>): MaybePromise<T> {
    return askStore(this.#settings, names, act);
  }

  /** Whether something is done while the store itself would be waited for. */
  async isInTime(result: MaybePromise<unknown>): Promise<boolean> {
    try {
      await withTimeout(result, this.#settings);
      return true;
    } catch (error) {
      // What it throws itself is in time too.
      return !isStoreTimeout(error);
    }
  }

  now(): number {
    return this.#settings.clock.now();
  }

  /** Waits a little longer, and less predictably, each time. */
  pause(times: number): Promise<void> {
    const [random] = randomValues(new Uint16Array(1));
    const ms = (random! / 0x10000) * Math.min(2 ** times, LONGEST_PAUSE);
    return new Promise((resolve) => this.#settings.clock.after(ms, resolve));
  }
}
