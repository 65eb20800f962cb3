/**
 * Sessions in any of unstorage's drivers: files, Redis, Cloudflare KV, Netlify
 * Blobs, many more. Not atomic across processes; see {@linkcode unstorageStore}.
 *
 * @module
 */
import type { IterableStore, SweepableStore } from "../store.ts";
import type { UnstorageLike } from "./unstorage/client.ts";
import { systemClock } from "../clock.ts";
import { checkMilliseconds, checkNow } from "./shared/option_checks.ts";
import { UnstorageStore } from "./unstorage/store.ts";
import { checkKnown } from "./shared/known_options.ts";

export type { UnstorageEnvelope, UnstorageLike } from "./unstorage/client.ts";

/** Options of `unstorageStore()`. */
export interface UnstorageStoreOptions {
  /**
   * What every key begins with: letters, digits, `_` and `-`, in parts joined by `:`.
   *
   * @default {"sess"}
   */
  prefix?: string;
  /**
   * For how many milliseconds this process remembers that an id was destroyed
   * or rotated away, and lets no late write and no lagging read bring it back.
   * At least as long as your longest request; at most 10,000 ids are remembered.
   *
   * @default {120_000}
   */
  negativeFor?: number;
  /**
   * The most milliseconds that the calls of a session wait for one before them that the
   * driver has not answered; `0` waits for ever. Give it what your `createSessions()` or
   * `session()` has as `ioTimeout`.
   *
   * @default {10_000}
   */
  ioTimeout?: number;
  /**
   * The clock: milliseconds since the epoch.
   *
   * @default {() => Date.now()}
   */
  now?: () => number;
}

/** The store that `unstorageStore()` makes. */
export interface UnstorageSessionStore extends IterableStore, SweepableStore {
  /** `false`: see {@linkcode unstorageStore} for what that costs. */
  readonly atomic: false;
}

/**
 * Keeps sessions in a storage of the `unstorage` package.
 *
 * unstorage has no compare-and-swap, so the store declares `atomic: false`:
 *
 * - Within one process the verbs of a session wait for each other. Nothing is
 *   lost, and what was destroyed is not revived. A call that the driver does not
 *   answer holds up its session for `ioTimeout` at most; what comes of it late
 *   may then overwrite what was written meanwhile.
 * - Between processes, two writes of one session at the same moment are last
 *   write wins: changes of the other one are lost, a `touch()` can undo a
 *   change, `update()` and `take()` are not exact, and a write under way in one
 *   process can bring back a session that another one destroys at that moment.
 * - `rotate()` removes the old id and then stores the new one. Should the
 *   process end in between, the session is lost rather than alive twice.
 * - A driver that reads late (Cloudflare KV: a minute or more) shows other
 *   processes a destroyed session for as long.
 *
 * Where logout has to be certain and several processes run, take a store that
 * is atomic. `length()`, `all()` and `sweep()` read every session once.
 *
 * Keys are `<prefix>:<id in base32>`, because unstorage treats `/`, `:`, `?`
 * and `..` in keys as its own, and some file systems know no case.
 *
 * @param storage What `createStorage()` of unstorage answers.
 * @param options Its prefix and clock; see {@linkcode UnstorageStoreOptions}.
 * @returns A store that can be iterated and swept, and is not atomic.
 * @throws {TypeError} If an option has the wrong type.
 *
 * @example
 * ```ts
 * import { createStorage } from "unstorage";
 * import { unstorageStore } from "@websession/websession/stores/unstorage";
 *
 * const store = unstorageStore(createStorage()); // or with a driver
 * await store.create("an-id", { json: '{"cookie":{}}', expires: null });
 * if (await store.length() !== 1) throw new Error("not stored");
 * ```
 */
export function unstorageStore(
  storage: UnstorageLike,
  options: UnstorageStoreOptions = {},
): UnstorageSessionStore {
  checkKnown(options, ["prefix", "negativeFor", "ioTimeout", "now"]);
  const { prefix = "sess", negativeFor = 120_000, ioTimeout = 10_000, now = systemClock.now } =
    options;
  for (const verb of ["getItem", "setItem", "removeItem", "getKeys"] as const) {
    if (typeof storage?.[verb] !== "function") {
      throw new TypeError(`Argument "storage" must be an unstorage storage with ${verb}()`);
    }
  }
  if (typeof prefix !== "string" || !/^[\w-]+(?::[\w-]+)*$/.test(prefix)) {
    throw new TypeError('Option "prefix" must be letters, digits, "_" and "-", joined by ":"');
  }
  checkMilliseconds("negativeFor", negativeFor);
  checkMilliseconds("ioTimeout", ioTimeout);
  checkNow(now);
  return new UnstorageStore(storage, prefix, negativeFor, ioTimeout, now);
}
