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
import type { DurableObjectNamespaceLike } from "./shards.ts";
import { kindOf } from "../../errors.ts";
import { type Answer, Shards } from "./shards.ts";
import { checkNow, checkTtl } from "../shared/check_time.ts";

/** Options of `durableObjectStore()`. */
export interface DurableObjectStoreOptions {
  /**
   * The binding of the `SessionObject` class. For data that must stay in the
   * EU: `env.SESSIONS.jurisdiction("eu")`.
   */
  namespace: DurableObjectNamespaceLike;
  /**
   * How many objects share the sessions. One object serves about a thousand
   * requests a second. A change of this number logs everybody out.
   *
   * @default {4}
   */
  shards?: number;
  /**
   * The beginning of the objects' names.
   *
   * @default {"sessions"}
   */
  prefix?: string;
  /**
   * Seconds that a session is kept after its last write or touch when its cookie
   * names no end. The browser still drops such a cookie when it closes.
   *
   * @default {86_400}
   */
  ttl?: number;
  /**
   * The clock: milliseconds since the epoch.
   *
   * @default {Date.now}
   */
  now?: () => number;
}

/** The store that `durableObjectStore()` makes. */
export interface DurableSessionStore
  extends SlidingStore, IterableStore, SweepableStore, SubjectStore {
  /** An object is single-threaded: it compares and swaps. */
  readonly atomic: true;
}

const PAGE = 100;

/**
 * Makes a store on Durable Objects, for every Worker that shares the namespace.
 *
 * Each verb is one request to one object. A rotation whose ids fall to two
 * objects is three: the new record is put down as pending, the old one becomes
 * a note of where it went (this is the moment of the rotation), the new one is
 * made live. Who finds a pending record asks the old object whether it was
 * rotated, so that a Worker that dies between two steps leaves the session
 * either where it was or where it goes, never in both places or in none.
 *
 * @param options The binding and how to use it; see {@linkcode DurableObjectStoreOptions}.
 * @returns A store that is atomic, iterable, sweepable and knows its subjects.
 * @throws {TypeError} If an option has the wrong type.
 *
 * @example
 * ```ts ignore
 * import { durableObjectStore } from "@websession/websession/stores/cloudflare";
 *
 * const store = durableObjectStore({ namespace: env.SESSIONS });
 * ```
 */
export function durableObjectStore(options: DurableObjectStoreOptions): DurableSessionStore {
  const { namespace, shards = 4, prefix = "sessions", ttl = 86_400, now = Date.now } = options;
  if (typeof namespace?.idFromName !== "function") {
    const kind = kindOf(namespace);
    throw new TypeError(`Option "namespace" must be a Durable Object binding, got ${kind}`);
  }
  if (!Number.isInteger(shards) || shards < 1 || shards > 1_000) {
    throw new TypeError('Option "shards" must be a whole number from 1 to 1000');
  }
  if (typeof prefix !== "string") {
    throw new TypeError(`Option "prefix" must be a string, got ${kindOf(prefix)}`);
  }
  checkTtl(ttl);
  checkNow(now);
  return new DurableObjects(new Shards(namespace, shards, prefix), ttl * 1000, now);
}

class DurableObjects implements DurableSessionStore {
  readonly atomic = true;
  readonly #shards: Shards;
  readonly #ttl: number;
  readonly #now: () => number;

  constructor(shards: Shards, ttl: number, now: () => number) {
    this.#shards = shards;
    this.#ttl = ttl;
    this.#now = now;
  }

  async create(id: string, record: SessionRecord): Promise<boolean> {
    return await this.#shards.ask(id, "create", id, plain(record), this.#now(), this.#ttl);
  }

  async read(id: string): Promise<StoredSession | undefined> {
    return await this.#shards.settled(id, () => this.#shards.ask(id, "read", id, this.#now())) ??
      undefined;
  }

  async readAndTouch(id: string, maxAge: number): Promise<StoredSession | undefined> {
    return await this.#extend(id, this.#now() + maxAge) ?? undefined;
  }

  async touch(id: string, expires: number | null): Promise<boolean> {
    return await this.#extend(id, expires) !== null;
  }

  async commit(id: string, record: SessionRecord, version: Version): Promise<CommitResult> {
    const ask = () =>
      this.#shards.ask(id, "commit", id, plain(record), version, this.#now(), this.#ttl);
    return await this.#shards.settled(id, ask) ?? { status: "gone" };
  }

  async rotate(
    from: string,
    to: string,
    record: SessionRecord,
    version: Version,
  ): Promise<CommitResult> {
    const next = plain(record);
    const [ttl, many] = [this.#ttl, this.#shards.count > 1];
    if (this.#shards.of(from) === this.#shards.of(to)) {
      const ask = () =>
        this.#shards.ask(from, "rotate", from, to, next, version, this.#now(), ttl, many);
      return await this.#shards.settled(from, ask) ?? { status: "gone" };
    }
    const prepared = await this.#shards.ask(to, "prepare", to, from, next, this.#now(), ttl);
    const swap = () =>
      this.#shards.ask(from, "swap", from, to, version, record.expires, this.#now(), ttl);
    const result = await this.#shards.settled(from, swap) ?? { status: "gone" };
    if (result.status !== "committed") {
      await this.#shards.ask(to, "cancel", to, from);
      return result;
    }
    // Fails to find the record only where somebody has destroyed it since the swap.
    await this.#shards.ask(to, "activate", to, from);
    return { status: "committed", version: prepared };
  }

  async destroy(id: string): Promise<void> {
    await this.#shards.settled(id, () => this.#shards.ask(id, "destroy", id));
  }

  async *all(): AsyncGenerator<[id: string, stored: StoredSession]> {
    for (const shard of this.#shards.every()) {
      for (let after: string | undefined | null = null; after !== undefined;) {
        const page: Answer<"page"> = await this.#shards.call(
          shard,
          "page",
          after,
          PAGE,
          this.#now(),
        );
        yield* page.live;
        for (const [id] of page.pending) {
          const stored = await this.read(id);
          if (stored !== undefined) yield [id, stored];
        }
        after = page.after;
      }
    }
  }

  async length(): Promise<number> {
    const counts = await this.#shards.callAll("length", this.#now());
    let live = 0;
    for (const count of counts) {
      live += count.live;
      for (const [id, from] of count.pending) if (await this.#shards.settle(id, from)) live++;
    }
    return live;
  }

  async clear(): Promise<void> {
    // A session that rotates meanwhile changes the object: until a whole round finds nothing.
    while ((await this.#shards.callAll("clear")).some((removed) => removed > 0));
  }

  async sweep(limit: number = Infinity): Promise<number> {
    let dropped = 0;
    for (const shard of this.#shards.every()) {
      const left = Math.min(limit - dropped, 1_000_000);
      if (left > 0) dropped += await this.#shards.call(shard, "sweep", left, this.#now());
    }
    return dropped;
  }

  async list(subject: string): Promise<string[]> {
    const found: string[] = [];
    for (const { live, pending } of await this.#shards.callAll("subject", subject, this.#now())) {
      found.push(...live);
      for (const [id, from] of pending) if (await this.#shards.settle(id, from)) found.push(id);
    }
    return found;
  }

  async destroyAll(subject: string, except?: string): Promise<number> {
    const now = this.#now();
    const answers = await this.#shards.callAll("destroySubject", subject, except ?? null, now);
    let removed = 0;
    const ids = new Set<string>();
    for (const answer of answers) {
      removed += answer.removed;
      for (const [id] of answer.pending) ids.add(id);
      // The object that it was rotated to may have answered before it came there: follow it.
      for (const [id, to] of answer.moved) if (id !== except) ids.add(to);
    }
    // The set grows while it is walked.
    for (const id of ids) {
      if (id === except) continue;
      const ask = () => this.#shards.ask(id, "destroyOf", id, subject, now);
      const answer = await this.#shards.settled(id, ask);
      if (answer === true) removed++;
      else if (answer) ids.add(answer.moved);
    }
    return removed;
  }

  async #extend(id: string, expires: number | null): Promise<StoredSession | null> {
    const ask = () => this.#shards.ask(id, "touch", id, expires, this.#now(), this.#ttl);
    return await this.#shards.settled(id, ask) ?? null;
  }
}

/** What travels: the live session object does not. */
function plain({ json, expires, subject }: SessionRecord): SessionRecord {
  return { json, expires, subject };
}
