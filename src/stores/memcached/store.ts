/** The verbs of the memcached store: read with a mark, decide, set what still has it. */
import { SessionError } from "../../errors.ts";
import { hasLifetime } from "../../own_lifetime.ts";
import type {
  CommitResult,
  SessionRecord,
  SlidingStore,
  StoredSession,
  Version,
} from "../../store.ts";
import { checkRecord } from "../shared/limits.ts";
import { toEnd } from "../shared/moment.ts";
import type { Keys } from "./key.ts";
import { lifetimeOf, OVER } from "./lifetime.ts";
import type { Item, Link } from "./link.ts";
import { type Kept, toKept, toValue } from "./record.ts";

/** A mark that has changed means that another writer won: this many in a row is a fault. */
const MAX_ATTEMPTS = 100;

/** How the store is set up. */
export interface Settings {
  /** Milliseconds that a session without an end is kept. */
  readonly ttl: number;
  readonly maxBytes: number;
  readonly now: () => number;
}

/** A live session, and the mark of its item. */
interface Found extends Kept {
  readonly cas: string;
}

/** Tries again whenever a mark was lost. */
export class MemcachedStore implements SlidingStore {
  readonly atomic = true;
  readonly #link: Link;
  readonly #keys: Keys;
  readonly #settings: Settings;

  constructor(link: Link, keys: Keys, settings: Settings) {
    this.#link = link;
    this.#keys = keys;
    this.#settings = settings;
  }

  async create(id: string, record: SessionRecord): Promise<boolean> {
    return await this.#create(await this.#keys.of(id), record);
  }

  async read(id: string): Promise<StoredSession | undefined> {
    const found = await this.#find(await this.#keys.of(id));
    return found && stored(found);
  }

  async readAndTouch(id: string, maxAge: number): Promise<StoredSession | undefined> {
    return await this.#extend(id, this.#settings.now() + maxAge, maxAge);
  }

  async touch(id: string, expires: number | null): Promise<boolean> {
    return await this.#extend(id, expires) !== undefined;
  }

  async commit(id: string, record: SessionRecord, version: Version): Promise<CommitResult> {
    const key = await this.#keys.of(id);
    return await this.#replace(key, version, (found) => this.#set(key, record, found.cas)) ??
      { status: "committed", version: record.json };
  }

  /**
   * The new session first, then the old one is ended if it still is what it was. Whoever holds
   * the old id never finds both gone, and nobody knows the new id yet. If the second step
   * finds a conflict or nothing, the first is taken back.
   */
  async rotate(
    from: string,
    to: string,
    record: SessionRecord,
    version: Version,
  ): Promise<CommitResult> {
    if (from === to) return await this.commit(from, record, version);
    const [old, next] = [await this.#keys.of(from), await this.#keys.of(to)];
    let isMade = false;
    const make = async (): Promise<void> => {
      // Also where no answer comes.
      isMade = true;
      if (await this.#create(next, record)) return;
      isMade = false;
      throw new Error("The new session id is in use already");
    };
    try {
      const lost = await this.#replace(old, version, async ({ cas }) => {
        if (!isMade) await make();
        return await this.#link.cas(old, {}, cas, OVER);
      });
      if (lost === undefined) return { status: "committed", version: record.json };
      if (isMade) await this.#link.remove(next);
      return lost;
    } catch (error) {
      // Nobody will learn the new id. If this fails too, it lies there until its end.
      if (isMade) this.#link.remove(next).catch(() => undefined);
      throw error;
    }
  }

  async destroy(id: string): Promise<boolean> {
    return await this.#link.remove(await this.#keys.of(id));
  }

  /** Takes the place of nothing, or of what is no live session. */
  async #create(key: string, record: SessionRecord): Promise<boolean> {
    const { value, seconds } = this.#item(record);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if (await this.#link.add(key, value, seconds)) return true;
      const item = await this.#link.get(key);
      if (item === undefined) continue;
      if (this.#liveIn(item) !== undefined) return false;
      if (item.cas === undefined) await this.#link.remove(key);
      else if (await this.#link.cas(key, value, item.cas, seconds)) return true;
    }
    throw tooManyWriters();
  }

  /** Does `write` where the session is the one that `version` marks; answers why it is not. */
  async #replace(
    key: string,
    version: Version,
    write: (found: Found) => Promise<boolean>,
  ): Promise<CommitResult | undefined> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const found = await this.#find(key);
      if (found === undefined) return { status: "gone" };
      if (found.json !== version) return { status: "conflict", current: stored(found) };
      // Where the mark was lost, somebody may only have moved the end.
      if (await write(found)) return undefined;
    }
    throw tooManyWriters();
  }

  /** Moves an end; where a lifetime is named, of a session that has just this one. */
  async #extend(
    id: string,
    expires: number | null,
    own?: number,
  ): Promise<StoredSession | undefined> {
    const key = await this.#keys.of(id);
    const end = toEnd(expires);
    let found = await this.#find(key);
    for (let attempt = 0; attempt < MAX_ATTEMPTS && found !== undefined; attempt++) {
      const { json, cas } = found;
      if (own !== undefined && !hasLifetime(json, own)) return stored(found);
      if (await this.#set(key, { json, expires: end }, cas)) return stored({ json, end });
      found = await this.#find(key);
      // Every write has an end of its own: whoever was first here would have been written over now.
      if (found !== undefined && this.#isAhead(end)) return stored({ json, end });
    }
    if (found !== undefined) throw tooManyWriters();
    return undefined;
  }

  async #set(
    key: string,
    record: Pick<SessionRecord, "json" | "expires">,
    cas: string,
  ): Promise<boolean> {
    const { value, seconds } = this.#item(record);
    return await this.#link.cas(key, value, cas, seconds);
  }

  async #find(key: string): Promise<Found | undefined> {
    const item = await this.#link.get(key);
    return item && this.#liveIn(item);
  }

  #liveIn({ value, cas }: Item): Found | undefined {
    const kept = toKept(value);
    if (kept === undefined || cas === undefined || !this.#isAhead(kept.end)) return undefined;
    return { ...kept, cas };
  }

  #isAhead(end: number | null): boolean {
    return end === null || end > this.#settings.now();
  }

  #item({ json, expires }: Pick<SessionRecord, "json" | "expires">) {
    const { ttl, maxBytes, now } = this.#settings;
    const end = toEnd(expires);
    const value = toValue(json, end);
    checkRecord("memcached", maxBytes, [JSON.stringify(value)]);
    return { value, seconds: lifetimeOf(end === null ? ttl : end - now()) };
  }
}

function stored({ json, end }: Kept): StoredSession {
  return { json, version: json, expires: end };
}

function tooManyWriters(): SessionError {
  return new SessionError("SESSION_CONFLICT", "Other writers changed the memcached item each time");
}
