/** The verbs of the Deno KV store: look, decide, change what was seen. */
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
import type { Found, Layout } from "./layout.ts";
import { SessionError } from "../../errors.ts";
import { hasLifetime } from "../../own_lifetime.ts";
import { Seen } from "./seen.ts";

/** A lost check means that another writer won: this many in a row is a fault. */
const MAX_ATTEMPTS = 100;
/** So often a list is begun anew that others have changed while it was read. */
const MAX_LOOKS = 10;

/** Tries again whenever a check was lost. */
export class DenoKvStore implements SlidingStore, IterableStore, SweepableStore, SubjectStore {
  readonly atomic = true;
  readonly #layout: Layout;
  readonly #now: () => number;

  constructor(layout: Layout, now: () => number) {
    this.#layout = layout;
    this.#now = now;
  }

  async create(id: string, record: SessionRecord): Promise<boolean> {
    let seen: Seen | undefined;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if (await this.#layout.replace(id, seen, id, record) !== undefined) return true;
      seen = await this.#layout.look(id);
      if (seen !== undefined && this.#isLive(seen)) return false;
    }
    throw tooManyWriters();
  }

  async read(id: string): Promise<StoredSession | undefined> {
    const found = await this.#find(id);
    return found === undefined ? undefined : stored(found.seen, found.json);
  }

  async readAndTouch(id: string, maxAge: number): Promise<StoredSession | undefined> {
    return await this.#extend(id, this.#now() + maxAge, maxAge);
  }

  async touch(id: string, expires: number | null): Promise<boolean> {
    return await this.#extend(id, expires) !== undefined;
  }

  async commit(id: string, record: SessionRecord, version: Version): Promise<CommitResult> {
    return await this.rotate(id, id, record, version);
  }

  async rotate(
    from: string,
    to: string,
    record: SessionRecord,
    version: Version,
  ): Promise<CommitResult> {
    const expected = version instanceof Seen ? version : undefined;
    // Most often nobody came between: try with what the caller read, without asking first.
    let seen = expected !== undefined && this.#isLive(expected) ? expected : undefined;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      seen ??= await this.#layout.look(from);
      if (seen === undefined || !this.#isLive(seen)) return { status: "gone" };
      if (seen.write === expected?.write) {
        const written = await this.#layout.replace(from, seen, to, record);
        if (written !== undefined) return { status: "committed", version: written };
      } else {
        const json = await this.#layout.text(from, seen);
        if (json !== undefined) return { status: "conflict", current: stored(seen, json) };
        if (await this.#find(from) === undefined) return { status: "gone" };
      }
      seen = undefined;
    }
    throw tooManyWriters();
  }

  async destroy(id: string): Promise<boolean> {
    return await this.#remove(id);
  }

  async *all(): AsyncGenerator<[id: string, stored: StoredSession]> {
    for await (const [id, seen] of this.#layout.heads()) {
      if (!this.#isLive(seen)) continue;
      const json = await this.#layout.text(id, seen);
      const session = json === undefined ? await this.read(id) : stored(seen, json);
      if (session !== undefined) yield [id, session];
    }
  }

  async length(): Promise<number> {
    let live = 0;
    for await (const [, seen] of this.#layout.heads()) if (this.#isLive(seen)) live++;
    return live;
  }

  async clear(): Promise<void> {
    await this.#layout.clear();
  }

  async sweep(limit: number = Infinity): Promise<number> {
    let dropped = 0;
    for await (const [id, seen] of this.#layout.heads()) {
      if (dropped >= limit) break;
      if (!this.#isLive(seen) && await this.#layout.remove(id, seen)) dropped++;
    }
    return dropped;
  }

  async list(subject: string): Promise<string[]> {
    for (let attempt = 1;; attempt++) {
      const ids: string[] = [];
      let isSteady = true;
      for await (const some of this.#layout.idsOf(subject)) {
        for (const found of await this.#layout.lookAtAll(some)) {
          const { id, seen } = found;
          if (seen?.subject === subject) {
            if (this.#isLive(seen)) ids.push(id);
            continue;
          }
          // It was moved or ended after its key was read, or lost its record long ago.
          isSteady = false;
          await this.#layout.removeOf(subject, [found]);
        }
      }
      if (isSteady || attempt === MAX_LOOKS) return ids;
    }
  }

  async destroyAll(subject: string, except?: string): Promise<number> {
    let removed = 0;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      let others = 0;
      for await (const some of this.#layout.idsOf(subject)) {
        const ids = some.filter((id) => id !== except);
        others += ids.length;
        removed += await this.#removeAll(subject, ids);
      }
      // A session that rotates moves within the index, from where it is read to where it was read
      // or will be. Where nothing stood in it there was one page of it, which is one moment.
      if (others === 0) return removed;
    }
    throw tooManyWriters();
  }

  #isLive({ expires }: Seen): boolean {
    return expires === null || expires > this.#now();
  }

  /** A live record with its text. Pieces that are missing twice running are lost: no session. */
  async #find(id: string): Promise<{ seen: Seen; json: string } | undefined> {
    let before: string | undefined;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const seen = await this.#layout.look(id);
      if (seen === undefined || !this.#isLive(seen)) return undefined;
      const json = await this.#layout.text(id, seen);
      if (json !== undefined) return { seen, json };
      if (seen.stamp === before) return undefined;
      before = seen.stamp;
    }
    throw tooManyWriters();
  }

  /** Moves an end; where a lifetime is named, of a session that has just this one. */
  async #extend(
    id: string,
    expires: number | null,
    own?: number,
  ): Promise<StoredSession | undefined> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const found = await this.#find(id);
      if (found === undefined) return undefined;
      if (own !== undefined && !hasLifetime(found.json, own)) return stored(found.seen, found.json);
      const extended = await this.#layout.extend(id, found.seen, found.json, expires);
      if (extended !== undefined) return stored(extended, found.json);
    }
    throw tooManyWriters();
  }

  /** Whether there was anything. */
  async #remove(id: string): Promise<boolean> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const seen = await this.#layout.look(id);
      if (seen === undefined) return false;
      if (await this.#layout.remove(id, seen)) return true;
    }
    throw tooManyWriters();
  }

  /** Removes what is the subject's, and says how many of it were live. */
  async #removeAll(subject: string, ids: readonly string[]): Promise<number> {
    if (ids.length === 0) return 0;
    let found = await this.#layout.lookAtAll(ids);
    // Of long texts each is an operation of its own: so many keys does one take.
    const isOne = ids.length === 1 || found.every(({ seen }) => !seen?.pieces);
    if (isOne && await this.#layout.removeOf(subject, found)) return this.#liveOf(subject, found);
    if (ids.length > 1) {
      let removed = 0;
      for (const id of ids) removed += await this.#removeAll(subject, [id]);
      return removed;
    }
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      found = await this.#layout.lookAtAll(ids);
      if (await this.#layout.removeOf(subject, found)) return this.#liveOf(subject, found);
    }
    throw tooManyWriters();
  }

  #liveOf(subject: string, found: readonly Found[]): number {
    const isLive = ({ seen }: Found) => seen?.subject === subject && this.#isLive(seen);
    return found.filter(isLive).length;
  }
}

function stored(seen: Seen, json: string): StoredSession {
  return { json, version: seen.withoutText(), expires: seen.expires };
}

function tooManyWriters(): SessionError {
  return new SessionError("SESSION_CONFLICT", "Other writers changed the Deno KV record each time");
}
