import type {
  CommitResult,
  IterableStore,
  SessionRecord,
  StoredSession,
  Version,
} from "../../store.ts";
import { kindOf } from "../../errors.ts";
import { checkNow, checkTtl } from "../shared/check_time.ts";

/** One page of keys. */
export interface KvListResult {
  /** The keys with what was stored beside their values. */
  readonly keys: readonly { readonly name: string; readonly metadata?: unknown }[];
  /** Whether this was the last page. */
  readonly list_complete: boolean;
  /** Where the next page begins. */
  readonly cursor?: string;
}

/** What the store needs of a `KVNamespace` binding. */
export interface KvNamespaceLike {
  /** Reads a text and what was stored beside it. */
  getWithMetadata(
    key: string,
    type: "text",
  ): Promise<{ readonly value: string | null; readonly metadata: unknown }>;
  /** Writes a text; `expirationTtl` is in seconds, 60 at least. */
  put(
    key: string,
    value: string,
    options: { expirationTtl: number; metadata: unknown },
  ): Promise<void>;
  /** Removes a key. */
  delete(key: string): Promise<void>;
  /** Lists keys, up to a thousand at once. */
  // deno-lint-ignore no-explicit-any -- the binding's page is a union that differs by version
  list(options: { prefix: string; cursor?: string | null }): Promise<any>;
}

/** Options of `kvStore()`. */
export interface KvStoreOptions {
  /** The binding of the KV namespace. */
  namespace: KvNamespaceLike;
  /**
   * What every key begins with. Not a beginning of another store's prefix.
   *
   * @default {"sess:"}
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

/** The store that `kvStore()` makes. */
export interface KvSessionStore extends IterableStore {
  /** Workers KV has no compare and swap. */
  readonly atomic: false;
}

/** Kept this much longer than it lives. Cloudflare takes no shorter life than 60 seconds. */
const GRACE = 60_000;

interface Entry extends StoredSession {
  readonly version: string;
}

/**
 * Makes a store on Workers KV: fast to read everywhere, and late to agree.
 *
 * What Workers KV cannot do, and a session feels:
 *
 * - **Late**: a write or a delete is seen elsewhere after up to 60 seconds or
 *   more, because every location keeps what it read (also that it found
 *   nothing) for a time. So a logged-out cookie still opens its session there
 *   for that long, and a fresh login may not be known yet.
 * - **Not atomic**: two requests that write one session overwrite each other,
 *   and a request that began before a logout can write the session back.
 * - **Slow to write**: one write a second for one key; more are refused (429),
 *   and the verb rejects. A rolling session writes with every request.
 *
 * Good for preferences and carts. For logins take `durableObjectStore()`.
 *
 * @param options The binding and how to use it; see {@linkcode KvStoreOptions}.
 * @returns A store that is iterable and not atomic.
 * @throws {TypeError} If an option has the wrong type.
 *
 * @example
 * ```ts ignore
 * import { kvStore } from "@websession/websession/stores/cloudflare";
 *
 * const store = kvStore({ namespace: env.SESSIONS_KV });
 * ```
 */
export function kvStore(options: KvStoreOptions): KvSessionStore {
  const { namespace, prefix = "sess:", ttl = 86_400, now = Date.now } = options;
  if (typeof namespace?.getWithMetadata !== "function") {
    throw new TypeError(`Option "namespace" must be a KV binding, got ${kindOf(namespace)}`);
  }
  if (typeof prefix !== "string" || prefix === "") {
    throw new TypeError('Option "prefix" must be a string that is not empty');
  }
  checkTtl(ttl);
  checkNow(now);
  return new WorkersKv(namespace, prefix, ttl * 1000, now);
}

class WorkersKv implements KvSessionStore {
  readonly atomic = false;
  readonly #namespace: KvNamespaceLike;
  readonly #prefix: string;
  readonly #ttl: number;
  readonly #now: () => number;

  constructor(namespace: KvNamespaceLike, prefix: string, ttl: number, now: () => number) {
    this.#namespace = namespace;
    this.#prefix = prefix;
    this.#ttl = ttl;
    this.#now = now;
  }

  async create(id: string, record: SessionRecord): Promise<boolean> {
    if (await this.read(id) !== undefined) return false;
    await this.#put(id, record);
    return true;
  }

  async read(id: string): Promise<Entry | undefined> {
    const { value, metadata } = await this.#namespace.getWithMetadata(this.#prefix + id, "text");
    const mark = parse(metadata);
    if (value === null || mark === undefined || !this.#isLive(mark.expires)) return undefined;
    return { json: value, ...mark };
  }

  async commit(id: string, record: SessionRecord, version: Version): Promise<CommitResult> {
    const current = await this.read(id);
    if (current === undefined) return { status: "gone" };
    if (current.version !== version) return { status: "conflict", current };
    return { status: "committed", version: await this.#put(id, record) };
  }

  async touch(id: string, expires: number | null): Promise<boolean> {
    const current = await this.read(id);
    if (current === undefined) return false;
    await this.#put(id, { json: current.json, expires }, current.version);
    return true;
  }

  async rotate(
    from: string,
    to: string,
    record: SessionRecord,
    version: Version,
  ): Promise<CommitResult> {
    const current = await this.read(from);
    if (current === undefined) return { status: "gone" };
    if (current.version !== version) return { status: "conflict", current };
    // The old one first: a Worker that dies in between logs out, and leaves no second way in.
    if (from !== to) await this.destroy(from);
    return { status: "committed", version: await this.#put(to, record) };
  }

  async destroy(id: string): Promise<void> {
    await this.#namespace.delete(this.#prefix + id);
  }

  async *all(): AsyncGenerator<[id: string, stored: StoredSession]> {
    for await (const { name } of this.#keys()) {
      const id = name.slice(this.#prefix.length);
      const stored = await this.read(id);
      if (stored !== undefined) yield [id, stored];
    }
  }

  async length(): Promise<number> {
    let live = 0;
    for await (const { metadata } of this.#keys()) {
      const mark = parse(metadata);
      if (mark !== undefined && this.#isLive(mark.expires)) live++;
    }
    return live;
  }

  async clear(): Promise<void> {
    for await (const { name } of this.#keys()) await this.#namespace.delete(name);
  }

  async *#keys(): AsyncGenerator<KvListResult["keys"][number]> {
    let page: KvListResult | undefined;
    do {
      page = await this.#namespace.list({
        prefix: this.#prefix,
        cursor: page?.cursor ?? null,
      }) as KvListResult;
      yield* page.keys;
    } while (!page.list_complete);
  }

  #isLive(expires: number | null): boolean {
    return expires === null || expires > this.#now();
  }

  async #put(
    id: string,
    { json, expires }: SessionRecord,
    version: string = crypto.randomUUID(),
  ): Promise<string> {
    const life = Math.max(0, expires === null ? this.#ttl : expires - this.#now());
    await this.#namespace.put(this.#prefix + id, json, {
      expirationTtl: Math.ceil((life + GRACE) / 1000),
      metadata: { version, expires },
    });
    return version;
  }
}

function parse(metadata: unknown): { version: string; expires: number | null } | undefined {
  const { version, expires } = Object(metadata) as Record<string, unknown>;
  if (typeof version !== "string") return undefined;
  if (typeof expires !== "number" && expires !== null) return undefined;
  return { version, expires };
}
