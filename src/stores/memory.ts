/**
 * Sessions in the memory of this process: the default store of every door.
 *
 * Bounded, swept, atomic, and gone when the process ends.
 *
 * @module
 */
import type {
  CommitResult,
  IterableStore,
  SessionRecord,
  SlidingStore,
  StoredSession,
  SubjectStore,
  SweepableStore,
  Version,
} from "../store.ts";
import { Sweeper } from "./memory/sweeper.ts";
import { Subjects } from "./memory/subjects.ts";
import { LruList, type LruNode } from "./shared/lru_list.ts";
import { checkNow } from "./shared/check_time.ts";

/** Options of `memoryStore()`. */
export interface MemoryStoreOptions {
  /**
   * The most sessions kept at once; the least recently used one makes room.
   *
   * @default {100_000}
   */
  max?: number;
  /**
   * Milliseconds between two sweeps of expired sessions; `0` never sweeps.
   * The timer runs only while there are sessions, and keeps no process alive.
   *
   * @default {60_000}
   */
  sweepInterval?: number;
  /**
   * The clock: milliseconds since the epoch.
   *
   * @default {Date.now}
   */
  now?: () => number;
}

/** The store that `memoryStore()` makes: every verb answers at once. */
export interface MemorySessionStore
  extends SlidingStore, IterableStore, SweepableStore, SubjectStore {
  /** Inserts a record; `false` when a live one has this id. */
  create(id: string, record: SessionRecord): boolean;
  /** Finds a live record. */
  read(id: string): StoredSession | undefined;
  /** Finds a live record and moves its end to `maxAge` milliseconds from now. */
  readAndTouch(id: string, maxAge: number): StoredSession | undefined;
  /** Replaces a record that is still the one `version` marks. */
  commit(id: string, record: SessionRecord, version: Version): CommitResult;
  /** Moves the end of a live record. */
  touch(id: string, expires: number | null): boolean;
  /** Replaces `from` by `record` under the id `to`, in one step. */
  rotate(from: string, to: string, record: SessionRecord, version: Version): CommitResult;
  /** Removes a record, if there is one. */
  destroy(id: string): void;
  /** The number of live sessions. */
  length(): number;
  /** Removes every session. */
  clear(): void;
  /** Drops at most `limit` expired sessions and says how many. */
  sweep(limit?: number): number;
  /** Finds a live record without counting it as used. */
  peek(id: string): StoredSession | undefined;
  /** The ids of all sessions, the least recently used first. */
  ids(): string[];
  /** The ids of a subject's live sessions. */
  list(subject: string): string[];
  /** Removes a subject's sessions except one, and says how many. */
  destroyAll(subject: string, except?: string): number;
}

interface Entry extends LruNode<Entry> {
  json: string;
  version: number;
  expires: number | null;
  subject: string | undefined;
}

/**
 * Makes a store in the memory of this process.
 *
 * @param options Its bounds; see {@linkcode MemoryStoreOptions}.
 * @returns A store that is atomic, iterable and knows its subjects.
 * @throws {TypeError} If an option has the wrong type.
 *
 * @example
 * ```ts
 * import { memoryStore } from "@websession/websession/stores/memory";
 *
 * const store = memoryStore({ max: 1_000 });
 * store.create("an-id", { json: '{"cookie":{}}', expires: null });
 * if (store.length() !== 1) throw new Error("not stored");
 * ```
 */
export function memoryStore(options: MemoryStoreOptions = {}): MemorySessionStore {
  const { max = 100_000, sweepInterval = 60_000, now = Date.now } = options;
  if (typeof max !== "number" || !(max >= 1)) {
    throw new TypeError('Option "max" must be a number of at least 1');
  }
  if (typeof sweepInterval !== "number" || !(sweepInterval >= 0)) {
    throw new TypeError('Option "sweepInterval" must be a number of milliseconds, 0 or more');
  }
  checkNow(now);
  return new Memory(max, sweepInterval, now);
}

function isOver({ expires }: Entry, time: number): boolean {
  return expires !== null && expires <= time;
}

function storedOf({ json, version, expires }: Entry): StoredSession {
  return { json, version, expires };
}

class Memory implements MemorySessionStore {
  readonly atomic = true;
  readonly #entries = new LruList<Entry>();
  readonly #subjects = new Subjects();
  readonly #sweeper: Sweeper<Entry>;
  readonly #max: number;
  readonly #now: () => number;
  #writes = 0;

  constructor(max: number, sweepInterval: number, now: () => number) {
    this.#max = max;
    this.#now = now;
    this.#sweeper = new Sweeper(this.#entries, sweepInterval, (entry) => {
      if (isOver(entry, now())) this.#remove(entry);
    });
  }

  create(id: string, record: SessionRecord): boolean {
    if (this.#live(id) !== undefined) return false;
    this.#add(id, record);
    const oldest = this.#entries.size > this.#max ? this.#entries.oldest : undefined;
    if (oldest !== undefined) this.#remove(oldest);
    this.#sweeper.schedule();
    return true;
  }

  read(id: string): StoredSession | undefined {
    const entry = this.#live(id);
    if (entry === undefined) return undefined;
    this.#entries.use(entry);
    return storedOf(entry);
  }

  /** Finds a live record without counting it as used. */
  peek(id: string): StoredSession | undefined {
    const entry = this.#live(id);
    return entry && storedOf(entry);
  }

  ids(): string[] {
    return this.#entries.keys();
  }

  /** Lets a door know at once, before it writes headers, that a record is gone. */
  isGone(id: string): boolean {
    return this.#live(id) === undefined;
  }

  readAndTouch(id: string, maxAge: number): StoredSession | undefined {
    return this.touch(id, this.#now() + maxAge) ? this.read(id) : undefined;
  }

  commit(id: string, record: SessionRecord, version: Version): CommitResult {
    const entry = this.#live(id);
    if (entry === undefined) return { status: "gone" };
    if (entry.version !== version) {
      return {
        status: "conflict",
        current: storedOf(entry),
      };
    }
    return { status: "committed", version: this.#replace(entry, record) };
  }

  touch(id: string, expires: number | null): boolean {
    const entry = this.#live(id);
    if (entry === undefined) return false;
    entry.expires = expires;
    return true;
  }

  rotate(from: string, to: string, record: SessionRecord, version: Version): CommitResult {
    const result = this.commit(from, record, version);
    if (result.status !== "committed" || from === to) return result;
    this.destroy(from);
    const there = this.#live(to);
    const written = there === undefined ? this.#add(to, record) : this.#replace(there, record);
    return { status: "committed", version: written };
  }

  destroy(id: string): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.#remove(entry);
  }

  async *all(): AsyncGenerator<[id: string, stored: StoredSession]> {
    for (const id of this.#entries.keys()) {
      const entry = this.#live(id);
      if (entry !== undefined) {
        yield [id, storedOf(entry)];
      }
    }
  }

  length(): number {
    const time = this.#now();
    let live = 0;
    for (const entry of this.#entries.values()) {
      if (!isOver(entry, time)) live++;
    }
    return live;
  }

  clear(): void {
    this.#entries.clear();
    this.#subjects.clear();
  }

  sweep(limit = Infinity): number {
    const time = this.#now();
    let dropped = 0;
    for (const entry of this.#entries.values()) {
      if (dropped >= limit) break;
      if (!isOver(entry, time)) continue;
      this.#remove(entry);
      dropped++;
    }
    return dropped;
  }

  list(subject: string): string[] {
    return this.#subjects.of(subject).filter((id) => this.#live(id) !== undefined);
  }

  destroyAll(subject: string, except?: string): number {
    const ids = this.list(subject).filter((id) => id !== except);
    for (const id of ids) this.destroy(id);
    return ids.length;
  }

  #live(id: string): Entry | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined || !isOver(entry, this.#now())) return entry;
    this.#remove(entry);
    return undefined;
  }

  #add(key: string, { json, expires, subject }: SessionRecord): number {
    const version = ++this.#writes;
    const added = { key, json, version, expires, subject, older: undefined, newer: undefined };
    this.#entries.add(added);
    this.#subjects.add(subject, key);
    return version;
  }

  #replace(entry: Entry, { json, expires, subject }: SessionRecord): number {
    if (entry.subject !== subject) {
      this.#subjects.delete(entry.subject, entry.key);
      this.#subjects.add(subject, entry.key);
      entry.subject = subject;
    }
    entry.json = json;
    entry.version = ++this.#writes;
    entry.expires = expires;
    this.#entries.use(entry);
    return entry.version;
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry);
    this.#subjects.delete(entry.subject, entry.key);
  }
}
