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
import type { ObjectVerb } from "./session_object.ts";
import type { Pending, SessionTable } from "./session_table.ts";
import { kindOf } from "../../errors.ts";

/** What the store needs of a `DurableObjectNamespace` binding. */
export interface DurableObjectNamespaceLike {
  /** The id of the object of this name. */
  idFromName(name: string): unknown;
  /** A stub of the object. */
  // deno-lint-ignore no-explicit-any -- the binding takes its own id type only
  get(id: any): {
    fetch(url: string, init: { method: string; body: string }): Promise<{
      readonly ok: boolean;
      readonly status: number;
      json(): Promise<unknown>;
    }>;
  };
}

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

type Answer<Verb extends ObjectVerb> = ReturnType<SessionTable[Verb]>;

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
  if (typeof ttl !== "number" || !(ttl > 0 && ttl < Infinity)) {
    const kind = kindOf(ttl);
    throw new TypeError(`Option "ttl" must be a number of seconds above 0, got ${kind}`);
  }
  if (typeof now !== "function") throw new TypeError('Option "now" must be a function');
  return new DurableObjects(namespace, shards, prefix, ttl * 1000, now);
}

class DurableObjects implements DurableSessionStore {
  readonly atomic = true;
  readonly #namespace: DurableObjectNamespaceLike;
  readonly #shards: number;
  readonly #prefix: string;
  readonly #ttl: number;
  readonly #now: () => number;

  constructor(
    namespace: DurableObjectNamespaceLike,
    shards: number,
    prefix: string,
    ttl: number,
    now: () => number,
  ) {
    this.#namespace = namespace;
    this.#shards = shards;
    this.#prefix = prefix;
    this.#ttl = ttl;
    this.#now = now;
  }

  async create(id: string, record: SessionRecord): Promise<boolean> {
    return await this.#ask(id, "create", id, plain(record), this.#now(), this.#ttl);
  }

  async read(id: string): Promise<StoredSession | undefined> {
    return await this.#settled(id, () => this.#ask(id, "read", id, this.#now())) ?? undefined;
  }

  async readAndTouch(id: string, maxAge: number): Promise<StoredSession | undefined> {
    return await this.#extend(id, this.#now() + maxAge) ?? undefined;
  }

  async touch(id: string, expires: number | null): Promise<boolean> {
    return await this.#extend(id, expires) !== null;
  }

  async commit(id: string, record: SessionRecord, version: Version): Promise<CommitResult> {
    const ask = () => this.#ask(id, "commit", id, plain(record), version, this.#now(), this.#ttl);
    return await this.#settled(id, ask) ?? { status: "gone" };
  }

  async rotate(
    from: string,
    to: string,
    record: SessionRecord,
    version: Version,
  ): Promise<CommitResult> {
    const next = plain(record);
    const [ttl, many] = [this.#ttl, this.#shards > 1];
    if (this.#shard(from) === this.#shard(to)) {
      const ask = () => this.#ask(from, "rotate", from, to, next, version, this.#now(), ttl, many);
      return await this.#settled(from, ask) ?? { status: "gone" };
    }
    const prepared = await this.#ask(to, "prepare", to, from, next, this.#now(), ttl);
    const swap = () => this.#ask(from, "swap", from, to, version, record.expires, this.#now(), ttl);
    const result = await this.#settled(from, swap) ?? { status: "gone" };
    if (result.status !== "committed") {
      await this.#ask(to, "cancel", to, from);
      return result;
    }
    // Fails to find the record only where somebody has destroyed it since the swap.
    await this.#ask(to, "activate", to, from);
    return { status: "committed", version: prepared };
  }

  async destroy(id: string): Promise<void> {
    await this.#settled(id, () => this.#ask(id, "destroy", id));
  }

  async *all(): AsyncGenerator<[id: string, stored: StoredSession]> {
    for (const shard of this.#everyShard()) {
      for (let after: string | undefined | null = null; after !== undefined;) {
        const page: Answer<"page"> = await this.#call(shard, "page", after, PAGE, this.#now());
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
    const counts = await this.#callAll("length", this.#now());
    let live = 0;
    for (const count of counts) {
      live += count.live;
      for (const [id, from] of count.pending) if (await this.#settle(id, from)) live++;
    }
    return live;
  }

  async clear(): Promise<void> {
    // A session that rotates meanwhile changes the object: until a whole round finds nothing.
    while ((await this.#callAll("clear")).some((removed) => removed > 0));
  }

  async sweep(limit: number = Infinity): Promise<number> {
    let dropped = 0;
    for (const shard of this.#everyShard()) {
      const left = Math.min(limit - dropped, 1_000_000);
      if (left > 0) dropped += await this.#call(shard, "sweep", left, this.#now());
    }
    return dropped;
  }

  async list(subject: string): Promise<string[]> {
    const found: string[] = [];
    for (const { live, pending } of await this.#callAll("subject", subject, this.#now())) {
      found.push(...live);
      for (const [id, from] of pending) if (await this.#settle(id, from)) found.push(id);
    }
    return found;
  }

  async destroyAll(subject: string, except?: string): Promise<number> {
    const now = this.#now();
    const answers = await this.#callAll("destroySubject", subject, except ?? null, now);
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
      const ask = () => this.#ask(id, "destroyOf", id, subject, now);
      const answer = await this.#settled(id, ask);
      if (answer === true) removed++;
      else if (answer) ids.add(answer.moved);
    }
    return removed;
  }

  async #extend(id: string, expires: number | null): Promise<StoredSession | null> {
    const ask = () => this.#ask(id, "touch", id, expires, this.#now(), this.#ttl);
    return await this.#settled(id, ask) ?? null;
  }

  /** Asks again once the record is known to be live; `undefined`: it is not. */
  async #settled<T>(id: string, ask: () => Promise<T | Pending>): Promise<T | undefined> {
    let answer = await ask();
    // Settled once, a record is pending no more, unless another rotation takes the id.
    while (isPending(answer)) {
      if (!await this.#settle(id, answer.pending)) return undefined;
      answer = await ask();
    }
    return answer;
  }

  /** Whether the rotation `from` → `id` took place; if so, finishes it. */
  async #settle(id: string, from: string): Promise<boolean> {
    if (!await this.#ask(from, "moved", from, id)) return false;
    return await this.#ask(id, "activate", id, from);
  }

  /** Spreads ids evenly (FNV-1a). */
  #shard(id: string): number {
    let hash = 0x811c9dc5;
    for (let at = 0; at < id.length; at++) {
      hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
    }
    return (hash >>> 0) % this.#shards;
  }

  #everyShard(): number[] {
    return Array.from({ length: this.#shards }, (_, shard) => shard);
  }

  #ask<V extends ObjectVerb>(id: string, verb: V, ...args: unknown[]): Promise<Answer<V>> {
    return this.#call(this.#shard(id), verb, ...args);
  }

  #callAll<V extends ObjectVerb>(verb: V, ...args: unknown[]): Promise<Answer<V>[]> {
    return Promise.all(this.#everyShard().map((shard) => this.#call(shard, verb, ...args)));
  }

  async #call<V extends ObjectVerb>(
    shard: number,
    verb: V,
    ...args: unknown[]
  ): Promise<Answer<V>> {
    const stub = this.#namespace.get(this.#namespace.idFromName(`${this.#prefix}-${shard}`));
    const body = JSON.stringify([verb, ...args]);
    const response = await stub.fetch("https://session.object/", { method: "POST", body });
    if (!response.ok) throw new Error(`The session object answered with status ${response.status}`);
    return await response.json() as Answer<V>;
  }
}

/** What travels: the live session object does not. */
function plain({ json, expires, subject }: SessionRecord): SessionRecord {
  return { json, expires, subject };
}

function isPending(answer: unknown): answer is Pending {
  return typeof answer === "object" && answer !== null && "pending" in answer;
}
