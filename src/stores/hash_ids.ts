/**
 * Session ids that the store never sees: it keeps their SHA-256, so whoever
 * reads the store, a backup or a log of it, can take over nobody's session.
 *
 * @module
 */
import { kindOf } from "../errors.ts";
import { flag } from "../option_checks.ts";
import type { SessionStore } from "../store.ts";
import { HashingStore } from "./hash_ids/store.ts";
import { powersOf } from "./hash_ids/powers.ts";
import { checkKnown } from "./shared/known_options.ts";

/** Options of `hashIds()`. */
export interface HashIdsOptions {
  /**
   * Also finds sessions that were stored under their plain ids. The first
   * request that brings one moves it under its hash, in one step; destroying a
   * session removes both. Leave it on until the last plain session has ended.
   *
   * @default {false}
   */
  migrate?: boolean;
}

/** A store behind `hashIds()`: with the powers of the one it keeps its sessions in. */
export type HashedStore<S extends SessionStore = SessionStore> =
  & SessionStore
  & Pick<
    S,
    Extract<
      keyof S,
      | "readAndTouch"
      | "all"
      | "length"
      | "clear"
      | "sweep"
      | "list"
      | "destroyAll"
      | "watch"
      | "announce"
    >
  >;

/**
 * Keeps a store's sessions under the SHA-256 of their ids (OWASP ASVS 5.0 11.4, S08).
 *
 * An id has 192 random bits, so its hash needs neither salt nor secret: nobody can
 * try them all. What `list()` and `all()` name are keys of the store, `h.` and 43
 * characters: `destroy()`, `read()` and the `except` of `destroyAll()` take them
 * as well as ids, and no cookie leads to them.
 *
 * A store that is shared with express-session cannot be hashed: it would look for
 * the plain ids.
 *
 * @param store Any native store.
 * @throws {TypeError} If `store` is none, or an option has the wrong type.
 *
 * @example
 * ```ts
 * import { hashIds } from "@websession/websession/stores/hash-ids";
 * import { memoryStore } from "@websession/websession/stores/memory";
 *
 * const memory = memoryStore();
 * const store = hashIds(memory);
 * await store.create("an-id", { json: '{"cookie":{}}', expires: null });
 * if (memory.read("an-id") !== undefined) throw new Error("the id is in the store");
 * if (await store.read("an-id") === undefined) throw new Error("not found");
 * ```
 */
export function hashIds<S extends SessionStore>(
  store: S,
  options: HashIdsOptions = {},
): HashedStore<S> {
  if (typeof store?.create !== "function" || typeof store.commit !== "function") {
    throw new TypeError(`hashIds() needs a native session store, not ${kindOf(store)}`);
  }
  checkKnown(options, ["migrate"]);
  const hashing = new HashingStore(store, flag("migrate", options.migrate));
  return Object.assign(hashing, powersOf(store, hashing)) as unknown as HashedStore<S>;
}
