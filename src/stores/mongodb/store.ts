/** The verbs of the MongoDB store: each is a write with a condition, and a look where it did not hold. */
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
import { Calls } from "./calls.ts";
import type { MongodbCollection } from "./client.ts";
import {
  ended,
  endOf,
  extendOwn,
  type Filter,
  isLive,
  living,
  named,
  readable,
  type SessionDocument,
  toDocument,
  toStored,
} from "./document.ts";
import { clear, everySession, list, removeAll, sweep } from "./many.ts";
import { checkSchema, createSchema } from "./schema.ts";

/** What the store is made of. */
export interface MongodbParts {
  readonly collection: MongodbCollection;
  /** How many milliseconds a session without an end lives. */
  readonly ttl: number;
  readonly now: () => number;
}

/** Every change is one write of one document. */
export class MongodbStore implements SlidingStore, IterableStore, SweepableStore, SubjectStore {
  readonly atomic = true;
  readonly #collection: MongodbCollection;
  readonly #calls: Calls;
  readonly #ttl: number;
  readonly #now: () => number;
  #checked: Promise<void> | undefined;

  constructor({ collection, ttl, now }: MongodbParts) {
    this.#collection = collection;
    this.#calls = new Calls(collection);
    this.#ttl = ttl;
    this.#now = now;
  }

  async createSchema(): Promise<void> {
    await createSchema(this.#collection);
  }

  async create(id: string, record: SessionRecord): Promise<boolean> {
    const now = this.#now();
    const document = this.#document(id, record, now);
    await this.#ready();
    // It takes the place of one that has ended, or else makes its own, which a live one refuses.
    const free = { ...named(id), ...ended(now) };
    return await this.#calls.replace(free, document, { upsert: true }) === "done";
  }

  async read(id: string): Promise<StoredSession | undefined> {
    const document = await this.#calls.findOne(named(id));
    return await this.#stored(document, id, this.#now());
  }

  async readAndTouch(id: string, maxAge: number): Promise<StoredSession | undefined> {
    const now = this.#now();
    const document = await this.#calls.updated(readable(id), extendOwn(maxAge, now));
    return await this.#stored(document, id, now);
  }

  async commit(id: string, record: SessionRecord, version: Version): Promise<CommitResult> {
    const now = this.#now();
    const document = this.#document(id, record, now);
    const result = await this.#calls.replace(this.#same(id, version, now), document);
    return result === "done" ? committed(document) : await this.#standing(id);
  }

  async touch(id: string, expires: number | null): Promise<boolean> {
    const now = this.#now();
    const live = { ...named(id), ...living(now) };
    const isDone = await this.#calls.update(live, { $set: endOf(expires, now, this.#ttl) });
    if (!isDone) await this.#drop(id, now);
    return isDone;
  }

  async rotate(
    from: string,
    to: string,
    record: SessionRecord,
    version: Version,
  ): Promise<CommitResult> {
    const now = this.#now();
    const document = this.#document(to, record, now);
    await this.#ready();
    const same = this.#same(from, version, now);
    let result = await this.#calls.replace(same, document);
    if (result === "taken" && await this.#drop(to, now)) {
      result = await this.#calls.replace(same, document);
    }
    // The server's own error names the id.
    if (result === "taken") throw new Error("The id to rotate to is taken");
    return result === "done" ? committed(document) : await this.#standing(from);
  }

  async destroy(id: string): Promise<boolean> {
    return await this.#calls.remove(named(id));
  }

  all(): AsyncGenerator<[id: string, stored: StoredSession]> {
    return everySession(this.#calls, this.#now);
  }

  async length(): Promise<number> {
    return await this.#calls.count(living(this.#now()));
  }

  async clear(): Promise<void> {
    await clear(this.#calls);
  }

  async sweep(limit: number = Infinity): Promise<number> {
    await this.#ready();
    return await sweep(this.#calls, this.#now(), limit);
  }

  async list(subject: string): Promise<string[]> {
    await this.#ready();
    return await list(this.#calls, subject, this.#now());
  }

  async destroyAll(subject: string, except?: string): Promise<number> {
    await this.#ready();
    return await removeAll(this.#calls, subject, except, this.#now);
  }

  /**
   * Waits until somebody has seen the indexes: without the one of ids two sessions could have one.
   * What was not seen is looked for again.
   */
  async #ready(): Promise<void> {
    this.#checked ??= checkSchema(this.#collection);
    const checked = this.#checked;
    try {
      await checked;
    } catch (error) {
      if (this.#checked === checked) this.#checked = undefined;
      throw error;
    }
  }

  #document(id: string, record: SessionRecord, now: number): SessionDocument {
    return toDocument(id, record, now, this.#ttl);
  }

  /** Finds the session as it was read; a mark of another kind is nobody's. */
  #same(id: string, version: Version, now: number): Filter {
    return { ...named(id), version: typeof version === "string" ? version : "", ...living(now) };
  }

  /** What was found, if it lives; what has ended is dropped, so that no clock revives it. */
  async #stored(
    document: SessionDocument | undefined,
    id: string,
    now: number,
  ): Promise<StoredSession | undefined> {
    if (document === undefined || isLive(document, now)) return document && toStored(document);
    await this.#drop(id, now);
    return undefined;
  }

  /** Drops what has ended under an id; `false`: nothing has. */
  async #drop(id: string, now: number): Promise<boolean> {
    return await this.#calls.remove({ ...named(id), ...ended(now) });
  }

  async #standing(id: string): Promise<CommitResult> {
    const current = await this.read(id);
    return current === undefined ? { status: "gone" } : { status: "conflict", current };
  }
}

function committed({ version }: SessionDocument): CommitResult {
  return { status: "committed", version };
}
