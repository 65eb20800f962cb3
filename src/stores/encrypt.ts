/**
 * Session data that the store cannot read: sealed with AES-GCM before they leave
 * the process, under keys that can be changed while the application runs.
 *
 * @module
 */
import { kindOf } from "../errors.ts";
import { flag } from "../option_checks.ts";
import type { SessionStore } from "../store.ts";
import { type EncryptionKey, KeyRing } from "./encrypt/keys.ts";
import { powersOf } from "./encrypt/powers.ts";
import { EncryptingStore } from "./encrypt/store.ts";
import { checkKnown } from "./shared/known_options.ts";

export type { EncryptionKey };

/** Options of `encrypt()`. */
export interface EncryptOptions {
  /**
   * The keys. The first one seals; all of them open, so a new key is put in front
   * and an old one taken out when the last session it sealed has ended.
   */
  keys: readonly EncryptionKey[];
  /**
   * Also reads sessions that were stored before encryption: each is sealed when it
   * is next stored. Leave it on until the last of them has ended.
   *
   * @default {false}
   */
  migrate?: boolean;
}

/** A store behind `encrypt()`: with the powers of the one it keeps its sessions in. */
export type EncryptedStore<S extends SessionStore = SessionStore> =
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
 * Seals a store's session data with AES-256-GCM (NIST SP 800-38D, S64).
 *
 * Each record has a random nonce of 96 bits, and names its key. The id of the session,
 * the key and the version of the format are authenticated with it: a record that is
 * changed, cut, or copied under another id opens as nothing, and its visitor is
 * anonymous. The cookie's lifetime stays readable, because stores work with it; so
 * does the subject, where the store keeps an index by it.
 *
 * What it does not hide: how long the data are, when they change, and that somebody
 * who can write to the store has put an older record of the same session back.
 *
 * @param store Any native store, `hashIds()` among them.
 * @throws {TypeError} If `store` is none, or a key is not as {@linkcode EncryptionKey} says.
 *
 * @example
 * ```ts
 * import { encrypt } from "@websession/websession/stores/encrypt";
 * import { memoryStore } from "@websession/websession/stores/memory";
 *
 * const memory = memoryStore();
 * const key = crypto.getRandomValues(new Uint8Array(32));
 * const store = encrypt(memory, { keys: [{ id: "2026-11", key }] });
 * await store.create("an-id", { json: '{"cookie":{},"iban":"DE00"}', expires: null });
 * if (memory.read("an-id")!.json.includes("DE00")) throw new Error("not sealed");
 * ```
 */
export function encrypt<S extends SessionStore>(
  store: S,
  options: EncryptOptions,
): EncryptedStore<S> {
  if (typeof store?.create !== "function" || typeof store.commit !== "function") {
    throw new TypeError(`encrypt() needs a native session store, not ${kindOf(store)}`);
  }
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Options of encrypt() must be an object, not ${kindOf(options)}`);
  }
  checkKnown(options, ["keys", "migrate"]);
  const ring = new KeyRing(options.keys);
  const encrypting = new EncryptingStore(store, ring, flag("migrate", options.migrate));
  return Object.assign(encrypting, powersOf(store, encrypting)) as unknown as EncryptedStore<S>;
}
