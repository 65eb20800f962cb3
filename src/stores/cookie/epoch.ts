/** Epochs: what lets sealed sessions be revoked. */
import type { MaybePromise, SessionRecord, SessionStore } from "../../store.ts";
import { SessionError } from "../../errors.ts";

/**
 * A small memory on the server that lets sealed sessions be revoked.
 *
 * It keeps one moment under a key: sessions of that key which were born at this
 * moment or before are void. Keys are made of letters, digits, `-` and `_`, and
 * tell nothing about whose they are.
 */
export interface EpochStore {
  /** The epochs of these keys, in order; `undefined` where none was written. */
  read(keys: readonly string[]): MaybePromise<readonly (number | undefined)[]>;
  /**
   * Keeps `epoch` under a key at least until `until` (both in milliseconds
   * since the epoch). Of what was written under a key the latest of each stands.
   */
  write(key: string, epoch: number, until: number): MaybePromise<void>;
}

const MAX_ATTEMPTS = 16;

/**
 * Keeps epochs in any session store, as records that hold nothing else. Give it
 * a store of its own (another prefix or table).
 *
 * @param store The store; an atomic one forgets no revocation.
 * @returns The memory for the `epoch` option of `cookieStore()`.
 *
 * @example
 * ```ts
 * import { cookieStore, epochStore } from "@websession/websession/stores/cookie";
 * import { memoryStore } from "@websession/websession/stores/memory";
 *
 * const secret = "an example of a secret with 32 bytes or more";
 * const sessions = cookieStore({ secret, epoch: epochStore(memoryStore()) });
 * const token = await sessions.seal("sid", { json: '{"cookie":{}}', expires: null });
 * const opened = await sessions.open("sid", token!);
 * await sessions.revoke(opened!.version);
 * if (await sessions.open("sid", token!) !== undefined) throw new Error("not revoked");
 * ```
 */
export function epochStore(store: SessionStore): EpochStore {
  const read = async (key: string) => {
    const stored = await store.read(key);
    if (stored === undefined) return undefined;
    const { expires, version } = stored;
    const { epoch } = JSON.parse(stored.json) as { epoch?: unknown };
    return {
      epoch: typeof epoch === "number" ? epoch : Infinity,
      until: expires ?? Infinity,
      version,
    };
  };
  const record = (epoch: number, until: number): SessionRecord => ({
    json: JSON.stringify({ cookie: {}, epoch }),
    expires: until,
  });
  return {
    read: (keys) => Promise.all(keys.map(async (key) => (await read(key))?.epoch)),
    async write(key, epoch, until) {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        if (await store.create(key, record(epoch, until))) return;
        const current = await read(key);
        if (current === undefined) continue;
        if (current.epoch >= epoch && current.until >= until) return;
        const next = record(Math.max(current.epoch, epoch), Math.max(current.until, until));
        const { status } = await store.commit(key, next, current.version);
        if (status === "committed") return;
      }
      throw new SessionError("SESSION_CONFLICT", "Other writers changed the epoch each time");
    },
  };
}
