/** The verbs of the DynamoDB store: try with what was read, and look where that was too old. */
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
import { type Calls, tooManyWriters } from "./calls.ts";
import { hasLifetime } from "../../own_lifetime.ts";
import { asMark, type Found, remembers, toFound, toStored } from "./found.ts";
import { Index } from "./index_by_subject.ts";
import type { Keys } from "./keys.ts";
import { clear, count, everySession, sweep } from "./many.ts";
import { createSchema } from "./schema.ts";
import { Sessions } from "./sessions.ts";

/** A lost condition means that another writer won: this many in a row is a fault. */
const MAX_ATTEMPTS = 100;

/** What the store is made of. */
export interface DynamodbParts {
  readonly calls: Calls;
  readonly keys: Keys;
  /** How many milliseconds a session without an end lives. */
  readonly ttl: number;
  readonly now: () => number;
}

/** Tries again whenever a condition was lost that may hold the next time. */
export class DynamodbStore implements SlidingStore, IterableStore, SweepableStore, SubjectStore {
  readonly atomic = true;
  readonly #parts: DynamodbParts;
  readonly #sessions: Sessions;
  readonly #index: Index;

  constructor(parts: DynamodbParts) {
    const { calls, keys, ttl, now } = parts;
    this.#parts = parts;
    this.#sessions = new Sessions(calls, keys, ttl, now);
    this.#index = new Index(calls, keys, now);
  }

  async createSchema(): Promise<void> {
    const { client, table } = this.#parts.calls;
    await createSchema(client, table);
  }

  async create(id: string, record: SessionRecord): Promise<boolean> {
    return await this.#sessions.insert(id, record);
  }

  async read(id: string): Promise<StoredSession | undefined> {
    return this.#stored(await this.#sessions.look(id));
  }

  async readAndTouch(id: string, maxAge: number): Promise<StoredSession | undefined> {
    const found = await this.#extend(id, this.#parts.now() + maxAge, maxAge);
    return found === true ? undefined : this.#stored(found);
  }

  async touch(id: string, expires: number | null): Promise<boolean> {
    return await this.#extend(id, expires) !== undefined;
  }

  async commit(id: string, record: SessionRecord, version: Version): Promise<CommitResult> {
    const mark = asMark(version);
    if (mark === undefined) return this.#standing(await this.#sessions.look(id));
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const result = await this.#sessions.replace(id, record, mark);
      if ("mark" in result) return { status: "committed", version: result.mark };
      const { found, marks } = result;
      // The client has sent again what was done already.
      if (found !== undefined && remembers(found, marks)) return { status: "committed" };
      if (found?.marks !== mark.marks || !this.#sessions.isLive(found)) {
        return this.#standing(found);
      }
    }
    throw tooManyWriters();
  }

  async rotate(
    from: string,
    to: string,
    record: SessionRecord,
    version: Version,
  ): Promise<CommitResult> {
    if (from === to) return await this.commit(from, record, version);
    const mark = asMark(version);
    if (mark === undefined) return this.#standing(await this.#sessions.look(from));
    const result = await this.#sessions.move(from, to, record, mark);
    if ("mark" in result) return { status: "committed", version: result.mark };
    const { found } = result;
    if (found?.marks === mark.marks && this.#sessions.isLive(found)) {
      throw new Error("The id to rotate to is taken");
    }
    return this.#standing(found);
  }

  async destroy(id: string): Promise<boolean | void> {
    return await this.#sessions.remove(id);
  }

  all(): AsyncGenerator<[id: string, stored: StoredSession]> {
    const { calls, keys, now } = this.#parts;
    return everySession(calls, keys, now);
  }

  async length(): Promise<number> {
    const { calls, keys, now } = this.#parts;
    return await count(calls, keys, now());
  }

  async clear(): Promise<void> {
    await clear(this.#parts.calls, this.#parts.keys);
  }

  async sweep(limit: number = Infinity): Promise<number> {
    const { calls, keys, now } = this.#parts;
    return await sweep(calls, keys, now(), limit);
  }

  async list(subject: string): Promise<string[]> {
    return await this.#index.list(subject);
  }

  async destroyAll(subject: string, except?: string): Promise<number> {
    return await this.#index.removeAll(subject, except);
  }

  /** Moves an end; `true` for a session that nobody has to read. */
  async #extend(
    id: string,
    expires: number | null,
    own?: number,
  ): Promise<Found | true | undefined> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const { isDone, item } = await this.#sessions.extend(id, expires, own);
      if (isDone && own === undefined) return true;
      const found = toFound(item);
      if (isDone || found === undefined || !this.#sessions.isLive(found)) {
        return isDone ? found : undefined;
      }
      if (own !== undefined && !hasLifetime(found.json, own)) return found;
      // Its entry in the index would be dropped before it.
      if (found.family === undefined) continue;
      const extended = await this.#sessions.extendIndexed(id, found, expires);
      if (extended === "gone") return undefined;
      if (extended !== "changed") return extended;
    }
    throw tooManyWriters();
  }

  #stored(found: Found | undefined): StoredSession | undefined {
    return found !== undefined && this.#sessions.isLive(found) ? toStored(found) : undefined;
  }

  #standing(found: Found | undefined): CommitResult {
    const current = this.#stored(found);
    return current === undefined ? { status: "gone" } : { status: "conflict", current };
  }
}
