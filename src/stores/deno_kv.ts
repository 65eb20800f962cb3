/**
 * Sessions in Deno KV: local files, memory, or a database of Deno Deploy.
 *
 * Atomic: every change is one `atomic()` operation that checks the record's
 * versionstamp. A commit of what was read a moment ago is one round trip.
 *
 * @module
 */
import type { IterableStore, SlidingStore, SubjectStore, SweepableStore } from "../store.ts";
import type { DenoKv, DenoKvKeyPart } from "./deno_kv/client.ts";
import { systemClock } from "../clock.ts";
import { kindOf } from "../errors.ts";
import { Layout } from "./deno_kv/layout.ts";
import { DenoKvStore } from "./deno_kv/store.ts";
import { checkNow, checkTtl } from "./shared/option_checks.ts";
import { checkKnown } from "./shared/known_options.ts";

export type { DenoKv, DenoKvAtomic, DenoKvEntry, DenoKvKeyPart } from "./deno_kv/client.ts";

/** Options of `denoKvStore()`. */
export interface DenoKvStoreOptions {
  /** An open database, as `await Deno.openKv()` gives it. The store never closes it. */
  kv: DenoKv;
  /**
   * The key under which this store keeps everything. Nothing else may live there.
   *
   * @default {["sessions"]}
   */
  prefix?: readonly DenoKvKeyPart[];
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

/** The store that `denoKvStore()` makes. */
export interface DenoKvSessionStore
  extends SlidingStore, IterableStore, SweepableStore, SubjectStore {
  /** Every change is compared and swapped by the database. */
  readonly atomic: true;
}

/**
 * Makes a store on a Deno KV database.
 *
 * A session may hold 600,000 bytes of JSON (in UTF-8). Deno KV takes 64 KiB in
 * one value, so a larger text is cut into pieces that are written in the same
 * atomic operation as the record. A key is 2,048 bytes at most: with the default
 * prefix a subject and an id have more than 1,900 together.
 *
 * @param options The database and where to keep sessions in it.
 * @returns A store that is atomic, iterable, sweepable and knows its subjects.
 * `create()`, `commit()` and `rotate()` reject with `SESSION_TOO_LARGE` above the limit,
 * and every verb with a `RangeError` where a key would be too long.
 * @throws {TypeError} If an option does not exist or has the wrong type.
 *
 * @example
 * ```ts ignore
 * import { denoKvStore } from "@websession/websession/stores/deno-kv";
 *
 * const store = denoKvStore({ kv: await Deno.openKv() });
 * ```
 */
export function denoKvStore(options: DenoKvStoreOptions): DenoKvSessionStore {
  checkKnown(options, ["kv", "prefix", "ttl", "now"]);
  const { kv, prefix = ["sessions"], ttl = 86_400, now = systemClock.now } = options;
  if (typeof kv?.atomic !== "function") {
    throw new TypeError(`Option "kv" must be an open Deno KV database, not ${kindOf(kv)}`);
  }
  if (!Array.isArray(prefix) || prefix.length === 0) {
    throw new TypeError(`Option "prefix" must be an array of key parts, not ${kindOf(prefix)}`);
  }
  checkTtl(ttl);
  checkNow(now);
  return new DenoKvStore(new Layout(kv, [...prefix], ttl * 1000, now), now);
}
