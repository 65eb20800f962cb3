/** The store in memory: every verb is synchronous, which makes it atomic. */
import type {
  CommitResult,
  IterableStore,
  SessionRecord,
  SlidingStore,
  StoredSession,
  SubjectStore,
  SweepableStore,
  Version,
} from "../../store.ts";
import { hasLifetime } from "../../own_lifetime.ts";
import { LruList, type LruNode } from "../shared/lru_list.ts";
import { toEnd } from "../shared/moment.ts";
import { Subjects } from "./subjects.ts";
import { Sweeper } from "./sweeper.ts";

interface Entry extends LruNode<Entry> {
  json: string;
  version: number;
  expires: number | null;
  subject: string | undefined;
}

function isOver({ expires }: Entry, time: number): boolean {
  return expires !== null && expires <= time;
}

function storedOf({ json, version, expires }: Entry): StoredSession {
  return { json, version, expires };
}

/** Sessions in a list in order of use, swept while there are any. */
export class MemoryStore implements SlidingStore, IterableStore, SweepableStore, SubjectStore {
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
    return entry && this.#found(entry);
  }

  /** Finds a live record without counting it as used. */
  peek(id: string): StoredSession | undefined {
    const entry = this.#live(id);
    return entry && storedOf(entry);
  }

  ids(): string[] {
    return this.#entries.keys();
  }

  /** Lets the session manager know at once, before it writes headers, that a record is gone. */
  isGone(id: string): boolean {
    return this.#live(id) === undefined;
  }

  readAndTouch(id: string, maxAge: number): StoredSession | undefined {
    const time = this.#now();
    const entry = this.#live(id, time);
    if (entry === undefined) return undefined;
    if (hasLifetime(entry.json, maxAge)) entry.expires = toEnd(time + maxAge);
    if (!isOver(entry, time)) return this.#found(entry);
    this.#remove(entry);
    return undefined;
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
    entry.expires = toEnd(expires);
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
      if (isOver(entry, time)) this.#remove(entry);
      else live++;
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

  /** What has ended is dropped on sight: no clock that is set back revives it. */
  #live(id: string, time: number = this.#now()): Entry | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined || !isOver(entry, time)) return entry;
    this.#remove(entry);
    return undefined;
  }

  #found(entry: Entry): StoredSession {
    this.#entries.use(entry);
    return storedOf(entry);
  }

  #add(key: string, { json, expires: end, subject }: SessionRecord): number {
    const [version, expires] = [++this.#writes, toEnd(end)];
    this.#entries.add({ key, json, version, expires, subject, older: undefined, newer: undefined });
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
    entry.expires = toEnd(expires);
    this.#entries.use(entry);
    return entry.version;
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry);
    this.#subjects.delete(entry.subject, entry.key);
  }
}
