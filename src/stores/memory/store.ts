/** The store in memory: every verb is synchronous, which makes it atomic. */
import type {
  CommitResult,
  IterableStore,
  MaybePromise,
  SessionRecord,
  SlidingStore,
  StoredSession,
  SubjectStore,
  SweepableStore,
  Version,
} from "../../store.ts";
import { afterQuietly, systemClock } from "../../clock.ts";
import { after } from "../../maybe_promise.ts";
import { hasLifetime } from "../../own_lifetime.ts";
import { LruList } from "../shared/lru_list.ts";
import { toEnd } from "../shared/moment.ts";
import { type Entry, hasExpired, isOver, newEntry, storedOf } from "./entry.ts";
import { inSlices, pause, SLICE } from "./slices.ts";
import { type Group, Subjects } from "./subjects.ts";
import { Sweeper } from "./sweeper.ts";

/** So many that ended with all their subject's are cleared away by whoever makes a new one. */
const CLEARED = 8;

/** Sessions in a list in order of use, swept while there are any. */
export class MemoryStore implements SlidingStore, IterableStore, SweepableStore, SubjectStore {
  readonly atomic = true;
  /** Tells those who warn of it in production, of whichever build of the library they are. */
  readonly isInMemory = true;
  readonly #entries = new LruList<Entry>();
  readonly #subjects = new Subjects<Entry>();
  /** Subjects all of whose sessions have ended, and still have to be cleared away. */
  readonly #over: Group<Entry>[] = [];
  readonly #sweeper: Sweeper<Entry>;
  readonly #max: number;
  readonly #now: () => number;
  #writes = 0;

  constructor(max = 100_000, sweepInterval = 60_000, now = systemClock.now) {
    this.#max = max;
    this.#now = now;
    this.#sweeper = new Sweeper(this.#entries, sweepInterval, (entry) => {
      if (isOver(entry, now())) this.#remove(entry);
    });
  }

  create(id: string, record: SessionRecord): boolean {
    if (this.#live(id) !== undefined) return false;
    this.#add(id, record);
    if (this.#over.length > 0) this.#clearAway(CLEARED);
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
    const ids: string[] = [];
    for (let entry = this.#entries.oldest; entry !== undefined; entry = entry.newer) {
      if (entry.group?.isOver !== true) ids.push(entry.key);
    }
    return ids;
  }

  /** Lets the session manager know at once, before it writes headers, that a record is gone. */
  isGone(id: string): boolean {
    return this.#live(id) === undefined;
  }

  /**
   * Whether others have stored it with another lifetime since it was read: a visit leaves them theirs.
   * Whoever wraps this store may call it as his own.
   */
  readonly livesOtherwise = (version: Version, lifetime: number | null, id: string): boolean => {
    const entry = this.#live(id);
    return entry !== undefined && entry.version !== version && !hasLifetime(entry.json, lifetime);
  };

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

  destroy(id: string): boolean {
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.#remove(entry);
    return entry !== undefined;
  }

  async *all(): AsyncGenerator<[id: string, stored: StoredSession]> {
    let looked = 0;
    for (const { key } of this.#entries.values()) {
      if (++looked % SLICE === 0) await pause();
      const entry = this.#live(key);
      if (entry !== undefined) yield [key, storedOf(entry)];
    }
  }

  length(): MaybePromise<number> {
    let live = 0;
    const counted = inSlices(this.#entries.values(), (entry) => {
      if (isOver(entry, this.#now())) this.#remove(entry);
      else live++;
      return true;
    });
    return after(counted, () => live);
  }

  clear(): void {
    this.#entries.clear();
    this.#subjects.clear();
    this.#over.length = 0;
  }

  sweep(limit = Infinity): MaybePromise<number> {
    let dropped = 0;
    if (limit <= 0) return dropped;
    const swept = inSlices(this.#entries.values(), (entry) => {
      if (!isOver(entry, this.#now())) return true;
      if (entry.group?.isOver !== true) dropped++;
      this.#remove(entry);
      return dropped < limit;
    });
    return after(swept, () => dropped);
  }

  list(subject: string): string[] {
    const time = this.#now();
    const ids: string[] = [];
    let ended = 0;
    for (let one = this.#subjects.first(subject), next; one !== undefined; one = next) {
      next = one.behind;
      if (!hasExpired(one, time)) ids.push(one.key);
      else if (++ended <= SLICE) this.#remove(one);
    }
    return ids;
  }

  /** Ends them in one step; what was theirs is cleared away little by little. */
  destroyAll(subject: string, except?: string): number {
    const time = this.#now();
    const kept = except === undefined ? undefined : this.#live(except, time);
    const group = this.#subjects.end(subject, kept);
    if (group === undefined) return 0;
    let live = 0;
    for (let one = group.first; one !== undefined; one = one.behind) {
      if (!hasExpired(one, time)) live++;
    }
    this.#over.push(group);
    this.#clearAwaySoon();
    return live;
  }

  #clearAwaySoon(): void {
    this.#clearAway(SLICE);
    if (this.#over.length > 0) afterQuietly(0, () => this.#clearAwaySoon());
  }

  #clearAway(most: number): void {
    for (let cleared = 0; cleared < most && this.#over.length > 0; cleared++) {
      const { first } = this.#over[0]!;
      if (first === undefined) this.#over.shift();
      else this.#remove(first);
    }
    if (this.#over[0]?.first === undefined) this.#over.shift();
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
    this.#sweeper.schedule();
    return storedOf(entry);
  }

  #add(key: string, { json, expires: end, subject }: SessionRecord): number {
    const entry = newEntry(key, json, ++this.#writes, toEnd(end));
    this.#entries.add(entry);
    this.#subjects.add(subject, entry);
    return entry.version;
  }

  #replace(entry: Entry, { json, expires, subject }: SessionRecord): number {
    if (entry.group?.subject !== subject) {
      this.#subjects.delete(entry);
      this.#subjects.add(subject, entry);
    }
    entry.json = json;
    entry.version = ++this.#writes;
    entry.expires = toEnd(expires);
    this.#entries.use(entry);
    return entry.version;
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry);
    this.#subjects.delete(entry);
  }
}
