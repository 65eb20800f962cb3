/** Sessions in Workers KV. */
import type { IterableStore } from "../../store.ts";
import type { KvNamespaceLike } from "./kv_namespace.ts";
import { systemClock } from "../../clock.ts";
import { kindOf } from "../../errors.ts";
import { checkNow, checkTtl } from "../shared/option_checks.ts";
import { WorkersKvStore } from "./workers_kv_store.ts";
import { checkKnown } from "../shared/known_options.ts";

/** Options of `kvStore()`. */
export interface KvStoreOptions {
  /** The binding of the KV namespace. */
  namespace: KvNamespaceLike;
  /**
   * What every key begins with. Not a beginning of another store's prefix.
   *
   * @default {"sess:"}
   */
  prefix?: string;
  /**
   * Seconds that a session is kept after its last write or touch when its cookie
   * names no end. The browser still drops such a cookie when it closes.
   *
   * @default {86_400}
   */
  ttl?: number;
  /**
   * The clock: milliseconds since the epoch.
   *
   * @default {() => Date.now()}
   */
  now?: () => number;
}

/** The store that `kvStore()` makes. */
export interface KvSessionStore extends IterableStore {
  /** Workers KV has no compare and swap. */
  readonly atomic: false;
}

/**
 * Makes a store on Workers KV: fast to read everywhere, and late to agree.
 *
 * What Workers KV cannot do, and a session feels:
 *
 * - **Late**: a write or a delete is seen elsewhere after up to 60 seconds or
 *   more, because every location keeps what it read (also that it found
 *   nothing) for a time. So a logged-out cookie still opens its session there
 *   for that long, and a fresh login may not be known yet.
 * - **Not atomic**: two requests that write one session overwrite each other,
 *   and a request that began before a logout can write the session back.
 * - **Slow to write**: one write a second for one key; more are refused (429),
 *   and the verb rejects. A rolling session writes with every request.
 *
 * A value holds 25 MiB (`SESSION_TOO_LARGE` above), a key 512 bytes with its prefix
 * (`RangeError`).
 *
 * Good for preferences and carts. For logins take `durableObjectStore()`.
 *
 * @param options The binding and how to use it; see {@linkcode KvStoreOptions}.
 * @returns A store that is iterable and not atomic.
 * @throws {TypeError} If an option does not exist or has the wrong type.
 *
 * @example
 * ```ts ignore
 * import { kvStore } from "@websession/websession/stores/cloudflare";
 *
 * const store = kvStore({ namespace: env.SESSIONS_KV });
 * ```
 */
export function kvStore(options: KvStoreOptions): KvSessionStore {
  checkKnown(options, ["namespace", "prefix", "ttl", "now"]);
  const { namespace, prefix = "sess:", ttl = 86_400, now = systemClock.now } = options;
  if (typeof namespace?.getWithMetadata !== "function") {
    throw new TypeError(`Option "namespace" must be a KV binding, not ${kindOf(namespace)}`);
  }
  if (typeof prefix !== "string" || prefix === "") {
    throw new TypeError('Option "prefix" must be a string that is not empty');
  }
  checkTtl(ttl);
  checkNow(now);
  return new WorkersKvStore(namespace, prefix, ttl * 1000, now);
}
