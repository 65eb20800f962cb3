/** The verbs of the unstorage store. */
import { sharedForEach } from "../../shared_by_builds.ts";
import type {
  CommitResult,
  IterableStore,
  SessionRecord,
  StoredSession,
  SweepableStore,
  Version,
} from "../../store.ts";
import { lifeUntil, toEnd } from "../shared/moment.ts";
import type { UnstorageEnvelope, UnstorageLike } from "./client.ts";
import { decodeId, encodeId } from "./key.ts";
import { KeyLocks } from "./locks.ts";
import { Tombstones } from "./tombstones.ts";

/** What a process knows about one storage, whichever store object asks. */
interface Shared {
  readonly locks: KeyLocks;
  readonly tombstones: Tombstones;
}

const sharedFor = sharedForEach("unstorage", (_storage: object): Shared => {
  return { locks: new KeyLocks(), tombstones: new Tombstones() };
});

/** Reads, decides, then writes, with the keys locked in this process. */
export class UnstorageStore implements IterableStore, SweepableStore {
  readonly atomic = false;
  readonly #storage: UnstorageLike;
  readonly #prefix: string;
  readonly #negativeFor: number;
  /** For how long a call that has begun is waited for. */
  readonly #patience: number;
  readonly #now: () => number;
  readonly #locks: KeyLocks;
  readonly #tombstones: Tombstones;

  constructor(
    storage: UnstorageLike,
    prefix: string,
    negativeFor: number,
    ioTimeout: number,
    now: () => number,
  ) {
    const { locks, tombstones } = sharedFor(storage);
    this.#storage = storage;
    this.#prefix = `${prefix}:`;
    this.#negativeFor = negativeFor;
    this.#patience = ioTimeout || Infinity;
    this.#now = now;
    this.#locks = locks;
    this.#tombstones = tombstones;
  }

  create(id: string, record: SessionRecord): Promise<boolean> {
    const key = this.#key(id);
    return this.#locks.write([key], this.#patience, async () => {
      if (await this.#find(key) !== undefined) return false;
      await this.#store(key, record);
      this.#tombstones.lift(key);
      return true;
    });
  }

  read(id: string): Promise<StoredSession | undefined> {
    const key = this.#key(id);
    return this.#locks.read(key, this.#patience, () => this.#find(key));
  }

  commit(id: string, record: SessionRecord, version: Version): Promise<CommitResult> {
    const key = this.#key(id);
    return this.#locks.write([key], this.#patience, async (): Promise<CommitResult> => {
      const lost = await this.#outrun(key, version);
      return lost ?? { status: "committed", version: await this.#store(key, record) };
    });
  }

  touch(id: string, expires: number | null): Promise<boolean> {
    const key = this.#key(id);
    return this.#locks.write([key], this.#patience, async () => {
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
    const [old, next] = [this.#key(from), this.#key(to)];
    return this.#locks.write([old, next], this.#patience, async (): Promise<CommitResult> => {
      const lost = await this.#outrun(old, version);
      if (lost !== undefined) return lost;
      // The old id first: rather no session than two, should the second step fail.
      await this.#remove(old);
      const mark = await this.#store(next, record);
      this.#tombstones.lift(next);
      return { status: "committed", version: mark };
    });
  }

  destroy(id: string): Promise<void> {
    const key = this.#key(id);
    return this.#locks.write([key], this.#patience, () => this.#remove(key));
  }

  async *all(): AsyncGenerator<[id: string, stored: StoredSession]> {
    for (const [id, key] of await this.#keys()) {
      const stored = await this.#locks.read(key, this.#patience, () => this.#find(key));
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
      await this.#locks.write([key], this.#patience, () => this.#remove(key));
    }
  }

  async sweep(limit = Infinity): Promise<number> {
    let dropped = 0;
    for (const [, key] of await this.#keys()) {
      if (dropped >= limit) break;
      await this.#locks.write([key], this.#patience, async () => {
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
    if (envelope === undefined || this.#alive(envelope)) return envelope;
    // It stays for sweep(), but a clock that is set back does not revive it here.
    this.#setGone(key);
    return undefined;
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
    const envelope = { json, version, expires: toEnd(expires) };
    if (expires === null) await this.#storage.setItem(key, envelope);
    else {
      // A minute longer than the session: the driver cleans up, the envelope decides.
      const ttl = Math.ceil(lifeUntil(expires, this.#now(), 60_000) / 1000);
      await this.#storage.setItem(key, envelope, { ttl });
    }
    return version;
  }

  async #remove(key: string): Promise<void> {
    await this.#storage.removeItem(key);
    this.#setGone(key);
  }

  #setGone(key: string): void {
    this.#tombstones.set(key, this.#now(), this.#negativeFor);
  }
}
