/** Sessions in Durable Objects. */
import type { IterableStore, SlidingStore, SubjectStore, SweepableStore } from "../../store.ts";
import { systemClock } from "../../clock.ts";
import { kindOf } from "../../errors.ts";
import { checkNow, checkTtl, checkWhole } from "../shared/option_checks.ts";
import { DurableObjectStore } from "./durable_object_store.ts";
import { type DurableObjectNamespaceLike, Shards } from "./shards.ts";
import { checkKnown } from "../shared/known_options.ts";

/** Options of `durableObjectStore()`. */
export interface DurableObjectStoreOptions {
  /**
   * The binding of the `SessionObject` class. For data that must stay in the
   * EU: `env.SESSIONS.jurisdiction("eu")`.
   */
  namespace: DurableObjectNamespaceLike;
  /**
   * How many objects share the sessions. One object serves about a thousand
   * requests a second. A change of this number logs everybody out.
   *
   * @default {4}
   */
  shards?: number;
  /**
   * The beginning of the objects' names.
   *
   * @default {"sessions"}
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

/** The store that `durableObjectStore()` makes. */
export interface DurableSessionStore
  extends SlidingStore, IterableStore, SweepableStore, SubjectStore {
  /** An object is single-threaded: it compares and swaps. */
  readonly atomic: true;
}

/**
 * Makes a store on Durable Objects, for every Worker that shares the namespace.
 *
 * Each verb is one request to one object. A rotation whose ids fall to two
 * objects is three: the new record is put down as pending, the old one becomes
 * a note of where it went (this is the moment of the rotation), the new one is
 * made live. Who finds a pending record asks the old object whether it was
 * rotated, so that a Worker that dies between two steps leaves the session
 * either where it was or where it goes, never in both places or in none.
 *
 * `list()`, `destroyAll()`, `length()`, `sweep()` and `clear()` ask every object once, and at
 * most a few times more where a session rotates meanwhile. A call that an object's restart cuts
 * off is made once more if it may be done twice; `create()`, `commit()` and `rotate()` reject,
 * as does a session above 2 MB, with `SESSION_TOO_LARGE`.
 *
 * @param options The binding and how to use it; see {@linkcode DurableObjectStoreOptions}.
 * @returns A store that is atomic, iterable, sweepable and knows its subjects.
 * @throws {TypeError} If an option does not exist or has the wrong type.
 *
 * @example
 * ```ts ignore
 * import { durableObjectStore } from "@websession/websession/stores/cloudflare";
 *
 * const store = durableObjectStore({ namespace: env.SESSIONS });
 * ```
 */
export function durableObjectStore(options: DurableObjectStoreOptions): DurableSessionStore {
  checkKnown(options, ["namespace", "shards", "prefix", "ttl", "now"]);
  const { namespace, shards = 4, prefix = "sessions", ttl = 86_400, now = systemClock.now } =
    options;
  if (typeof namespace?.idFromName !== "function") {
    const kind = kindOf(namespace);
    throw new TypeError(`Option "namespace" must be a Durable Object binding, not ${kind}`);
  }
  checkWhole("shards", shards, 1_000);
  if (typeof prefix !== "string") {
    throw new TypeError(`Option "prefix" must be a string, not ${kindOf(prefix)}`);
  }
  checkTtl(ttl);
  checkNow(now);
  return new DurableObjectStore(new Shards(namespace, shards, prefix), ttl * 1000, now);
}
