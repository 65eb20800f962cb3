/**
 * Sessions in any of unstorage's drivers: files, Redis, Cloudflare KV, Netlify
 * Blobs and many more. Not atomic across processes; see {@linkcode unstorageStore}.
 *
 * @module
 */
import type {
  CommitResult,
  IterableStore,
  SessionRecord,
  StoredSession,
  SweepableStore,
  Version,
} from "../store.ts";
import { kindOf } from "../errors.ts";
import { decodeId, encodeId } from "./unstorage/key.ts";
import { KeyLocks } from "./unstorage/locks.ts";
import { Tombstones } from "./unstorage/tombstones.ts";
import { checkNow } from "./shared/check_time.ts";

/** The part of unstorage's `Storage` that is used. */
export interface UnstorageLike {
  /** The parsed value of a key, or `null`. */
  getItem(key: string): Promise<unknown>;
  /** Stores a value as JSON; drivers that can will drop it after `ttl` seconds. */
  setItem(key: string, value: UnstorageEnvelope, options?: { ttl?: number }): Promise<void>;
  /** Removes a key, if it is there. */
  removeItem(key: string): Promise<void>;
  /** The keys that begin with `base`. */
  getKeys(base?: string): Promise<string[]>;
}

/** What is stored under a key. */
export type UnstorageEnvelope = {
  /** The session's JSON, as a string: unstorage would parse it, and drop keys from it. */
  json: string;
  /** A random mark of this write. */
  version: string;
  /** When the session ends, in milliseconds since the epoch, or `null`. */
  expires: number | null;
};

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
   * The clock: milliseconds since the epoch.
   *
   * @default {Date.now}
   */
  now?: () => number;
}

/** The store that `unstorageStore()` makes. */
export interface UnstorageSessionStore extends IterableStore, SweepableStore {
  /** `false`: see {@linkcode unstorageStore} for what that costs. */
  readonly atomic: false;
}

/** What a process knows about one storage, whichever store object asks. */
interface Shared {
  readonly locks: KeyLocks;
  readonly tombstones: Tombstones;
}

const sharedBy = new WeakMap<object, Shared>();

/**
 * Keeps sessions in a storage of the `unstorage` package.
 *
 * unstorage has no compare-and-swap, so the store declares `atomic: false`:
 *
 * - Within one process the verbs of a session wait for each other. Nothing is
 *   lost, and what was destroyed is not revived.
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
  const { prefix = "sess", negativeFor = 120_000, now = Date.now } = options;
  for (const verb of ["getItem", "setItem", "removeItem", "getKeys"] as const) {
    if (typeof storage?.[verb] !== "function") {
      throw new TypeError(`Argument "storage" must be an unstorage storage with ${verb}()`);
    }
  }
  if (typeof prefix !== "string" || !/^[\w-]+(?::[\w-]+)*$/.test(prefix)) {
    throw new TypeError('Option "prefix" must be letters, digits, "_" and "-", joined by ":"');
  }
  if (typeof negativeFor !== "number" || !(negativeFor >= 0)) {
    throw new TypeError(
      `Option "negativeFor" must be a number of milliseconds, 0 or more, got ${
        kindOf(negativeFor)
      }`,
    );
  }
  checkNow(now);
  let shared = sharedBy.get(storage);
  if (shared === undefined) {
    shared = { locks: new KeyLocks(), tombstones: new Tombstones() };
    sharedBy.set(storage, shared);
  }
  return new Unstorage(storage, prefix, negativeFor, now, shared);
}

class Unstorage implements UnstorageSessionStore {
  readonly atomic = false;
  readonly #storage: UnstorageLike;
  readonly #prefix: string;
  readonly #negativeFor: number;
  readonly #now: () => number;
  readonly #locks: KeyLocks;
  readonly #tombstones: Tombstones;

  constructor(
    storage: UnstorageLike,
    prefix: string,
    negativeFor: number,
    now: () => number,
    { locks, tombstones }: Shared,
  ) {
    this.#storage = storage;
    this.#prefix = `${prefix}:`;
    this.#negativeFor = negativeFor;
    this.#now = now;
    this.#locks = locks;
    this.#tombstones = tombstones;
  }

  create(id: string, record: SessionRecord): Promise<boolean> {
    const key = this.#key(id);
    return this.#locks.write(key, async () => {
      if (await this.#find(key) !== undefined) return false;
      await this.#store(key, record);
      this.#tombstones.lift(key);
      return true;
    });
  }

  read(id: string): Promise<StoredSession | undefined> {
    const key = this.#key(id);
    return this.#locks.read(key, () => this.#find(key));
  }

  commit(id: string, record: SessionRecord, version: Version): Promise<CommitResult> {
    const key = this.#key(id);
    return this.#locks.write(key, async (): Promise<CommitResult> => {
      const lost = await this.#outrun(key, version);
      return lost ?? { status: "committed", version: await this.#store(key, record) };
    });
  }

  touch(id: string, expires: number | null): Promise<boolean> {
    const key = this.#key(id);
    return this.#locks.write(key, async () => {
      const current = await this.#find(key);
      if (current === undefined) return false;
      await this.#store(key, { json: current.json, expires }, current.version);
      return true;
    });
  }

  rotate(
    from: string,
    to: string,
    record: SessionRecord,
    version: Version,
  ): Promise<CommitResult> {
    if (from === to) return this.commit(from, record, version);
    const [old, born] = [this.#key(from), this.#key(to)];
    return this.#locks.writeBoth(old, born, async (): Promise<CommitResult> => {
      const lost = await this.#outrun(old, version);
      if (lost !== undefined) return lost;
      // The old id first: rather no session than two, should the second step fail.
      await this.#remove(old);
      const mark = await this.#store(born, record);
      this.#tombstones.lift(born);
      return { status: "committed", version: mark };
    });
  }

  destroy(id: string): Promise<void> {
    const key = this.#key(id);
    return this.#locks.write(key, () => this.#remove(key));
  }

  async *all(): AsyncGenerator<[id: string, stored: StoredSession]> {
    for (const [id, key] of await this.#keys()) {
      const stored = await this.#locks.read(key, () => this.#find(key));
      if (stored !== undefined) yield [id, stored];
    }
  }

  async length(): Promise<number> {
    let live = 0;
    for await (const _ of this.all()) live++;
    return live;
  }

  async clear(): Promise<void> {
    for (const [, key] of await this.#keys()) {
      await this.#locks.write(key, () => this.#remove(key));
    }
  }

  async sweep(limit = Infinity): Promise<number> {
    let dropped = 0;
    for (const [, key] of await this.#keys()) {
      if (dropped >= limit) break;
      await this.#locks.write(key, async () => {
        const envelope = await this.#envelope(key);
        if (envelope === undefined || this.#alive(envelope)) return;
        await this.#storage.removeItem(key);
        dropped++;
      });
    }
    return dropped;
  }

  #key(id: string): string {
    return this.#prefix + encodeId(id);
  }

  /** The sessions of this store: what else lies under the prefix is left alone. */
  async #keys(): Promise<[id: string, key: string][]> {
    const found: [string, string][] = [];
    for (const key of await this.#storage.getKeys(this.#prefix)) {
      if (!key.startsWith(this.#prefix)) continue;
      const id = decodeId(key.slice(this.#prefix.length));
      if (id !== undefined) found.push([id, key]);
    }
    return found;
  }

  async #envelope(key: string): Promise<UnstorageEnvelope | undefined> {
    const value = await this.#storage.getItem(key);
    if (typeof value !== "object" || value === null) return undefined;
    const { json, version, expires } = value as Partial<UnstorageEnvelope>;
    if (typeof json !== "string" || typeof version !== "string") return undefined;
    if (expires !== null && typeof expires !== "number") return undefined;
    return { json, version, expires };
  }

  #alive({ expires }: UnstorageEnvelope): boolean {
    return expires === null || expires > this.#now();
  }

  async #find(key: string): Promise<UnstorageEnvelope | undefined> {
    if (this.#tombstones.has(key, this.#now())) return undefined;
    const envelope = await this.#envelope(key);
    return envelope !== undefined && this.#alive(envelope) ? envelope : undefined;
  }

  /** Why a write based on `version` must not happen, or `undefined`. */
  async #outrun(key: string, version: Version): Promise<CommitResult | undefined> {
    const current = await this.#find(key);
    if (current === undefined) return { status: "gone" };
    return current.version === version ? undefined : { status: "conflict", current };
  }

  async #store(
    key: string,
    { json, expires }: Pick<SessionRecord, "json" | "expires">,
    version: string = crypto.randomUUID(),
  ): Promise<string> {
    const envelope = { json, version, expires };
    if (expires === null) await this.#storage.setItem(key, envelope);
    else {
      // A minute longer than the session: the driver cleans up, the envelope decides.
      const ttl = Math.max(1, Math.ceil((expires - this.#now()) / 1000) + 60);
      await this.#storage.setItem(key, envelope, { ttl });
    }
    return version;
  }

  async #remove(key: string): Promise<void> {
    await this.#storage.removeItem(key);
    this.#tombstones.set(key, this.#now(), this.#negativeFor);
  }
}
