/** The verbs of the store on Workers KV. */
import type {
  CommitResult,
  IterableStore,
  SessionRecord,
  StoredSession,
  Version,
} from "../../store.ts";
import { bytesIn, checkKey, checkRecord } from "../shared/limits.ts";
import { lifeUntil, toEnd } from "../shared/moment.ts";
import type { KvListResult, KvNamespaceLike } from "./kv_namespace.ts";

/** Kept this much longer than it lives. Cloudflare takes no shorter life than 60 seconds. */
const GRACE = 60_000;
/** What Workers KV takes as a value, and as a key. */
const MOST_BYTES = 25 * 1024 * 1024;
const MOST_KEY_BYTES = 512;

interface Entry extends StoredSession {
  readonly version: string;
}

/** Reads, decides, then writes: nothing holds the three together. */
export class WorkersKvStore implements IterableStore {
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
    checkRecord("Workers KV", MOST_BYTES, [record.json]);
    if (await this.read(id) !== undefined) return false;
    await this.#put(id, record);
    return true;
  }

  async read(id: string): Promise<Entry | undefined> {
    const { value, metadata } = await this.#namespace.getWithMetadata(this.#key(id), "text");
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
    await this.#namespace.delete(this.#key(id));
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

  #key(id: string): string {
    const key = this.#prefix + id;
    checkKey("id", "Workers KV", bytesIn(key), MOST_KEY_BYTES);
    return key;
  }

  #isLive(expires: number | null): boolean {
    return expires === null || expires > this.#now();
  }

  async #put(
    id: string,
    { json, expires }: SessionRecord,
    version: string = crypto.randomUUID(),
  ): Promise<string> {
    const now = this.#now();
    const key = this.#key(id);
    checkRecord("Workers KV", MOST_BYTES, [json]);
    await this.#namespace.put(key, json, {
      expirationTtl: Math.ceil(lifeUntil(expires ?? now + this.#ttl, now, GRACE) / 1000),
      metadata: { version, expires: toEnd(expires) },
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
