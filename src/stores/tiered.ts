/**
 * Memory in front of a store, so that most reads cost no round trip.
 *
 * Every write is still decided by the store, and a destroyed session stays
 * destroyed.
 *
 * @module
 */
import type { SessionStore } from "../store.ts";
import { systemClock } from "../clock.ts";
import { kindOf } from "../errors.ts";
import { TierCache } from "./tiered/cache.ts";
import { type Powers, powersOf } from "./tiered/powers.ts";
import { CachedStore } from "./tiered/store.ts";
import { checkMax, checkMilliseconds, checkNow } from "./shared/option_checks.ts";
import { checkKnown } from "./shared/known_options.ts";

/** Options of `tieredStore()`. */
export interface TieredStoreOptions<S extends SessionStore = SessionStore> {
  /** The store that keeps the sessions and decides every write. It must be atomic. */
  store: S;
  /**
   * The most sessions kept in memory; beyond it the least recently used one goes.
   * As many destroyed ids are remembered.
   *
   * @default {10_000}
   */
  max?: number;
  /**
   * For how many milliseconds a session may be read from memory, counted from
   * the moment the store was asked. This is the bound of staleness: a change
   * or a logout in another process shows here at most this much later.
   * `0` reads from the store every time.
   *
   * @default {1_000}
   */
  freshFor?: number;
  /**
   * For how many milliseconds an id that was destroyed or rotated away is
   * known to be gone here without asking the store, which may be a replica
   * that lags behind.
   *
   * @default {60_000}
   */
  negativeFor?: number;
  /**
   * The clock: milliseconds since the epoch.
   *
   * @default {() => Date.now()}
   */
  now?: () => number;
}

/** What `tieredStore()` makes: a store with the powers of the one behind it, `readAndTouch()` excepted. */
export type TieredStore<S extends SessionStore = SessionStore> =
  & SessionStore
  & Pick<
    S,
    Extract<
      keyof S,
      "all" | "length" | "clear" | "sweep" | "list" | "destroyAll" | "watch" | "announce"
    >
  >;

/**
 * Puts memory in front of an atomic store.
 *
 * What holds, whatever the memory says:
 *
 * - Every `create()`, `commit()`, `touch()`, `rotate()` and `destroy()` goes to
 *   the store, with the version that was read. A commit based on a stale read
 *   is a conflict or gone, so no change is lost and nothing is revived.
 * - Once `destroy()`, `rotate()` or `destroyAll()` has resolved here, this
 *   process does not serve the old session again: not from memory, not from a
 *   read that was under way, and for `negativeFor` not from the store either
 *   (`destroyAll()` and `clear()` know no ids; they empty the memory).
 * - Another process sees it within its own `freshFor`.
 *
 * What it costs: for at most `freshFor` milliseconds a process may show a
 * session as it was, also one that another process has destroyed meanwhile.
 * And an id that was destroyed here and created again by another process is
 * not found here for `negativeFor`; session ids are random and never used again.
 *
 * Reads that extend a session need the store anyway, so there is no
 * `readAndTouch()`: a read from memory and a `touch()` are one round trip.
 *
 * @param options The store and the bounds; see {@linkcode TieredStoreOptions}.
 * @returns A store with the powers of `options.store`, `readAndTouch()` excepted.
 * @throws {TypeError} If an option does not exist or has the wrong type or the store is not atomic.
 *
 * @example
 * ```ts
 * import { memoryStore } from "@websession/websession/stores/memory";
 * import { tieredStore } from "@websession/websession/stores/tiered";
 *
 * const shared = memoryStore(); // in earnest: Redis, Postgres, …
 * const store = tieredStore({ store: shared, freshFor: 500 });
 * await store.create("an-id", { json: '{"cookie":{}}', expires: null });
 * await store.read("an-id"); // asks the store
 * await store.read("an-id"); // does not
 * await store.destroy("an-id");
 * if (await store.read("an-id")) throw new Error("revived");
 * ```
 */
export function tieredStore<S extends SessionStore>(
  options: TieredStoreOptions<S>,
): TieredStore<S> {
  checkKnown(options, ["store", "max", "freshFor", "negativeFor", "now"]);
  const { store, max = 10_000, freshFor = 1_000, negativeFor = 60_000, now = systemClock.now } =
    options;
  if (typeof store !== "object" || store === null) {
    throw new TypeError(`Option "store" must be a session store, got ${kindOf(store)}`);
  }
  if (store.atomic !== true) throw new TypeError('Option "store" must be an atomic store');
  checkMax("max", max);
  checkMilliseconds("freshFor", freshFor);
  checkMilliseconds("negativeFor", negativeFor);
  checkNow(now);
  const cache = new TierCache(max, freshFor, negativeFor, now);
  const powers = powersOf(store as SessionStore & Partial<Powers>, cache);
  return Object.assign(new CachedStore(store, cache), powers) as CachedStore & TieredStore<S>;
}
