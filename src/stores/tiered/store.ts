/** The six verbs of a tiered store. */
import type {
  CommitResult,
  SessionRecord,
  SessionStore,
  StoredSession,
  Version,
} from "../../store.ts";
import type { Ticket, TierCache } from "./cache.ts";
import { toEnd } from "../shared/moment.ts";

/** Asks the store for every write, the cache first for a read. */
export class CachedStore implements SessionStore {
  readonly atomic = true;
  readonly #store: SessionStore;
  readonly #cache: TierCache;

  constructor(store: SessionStore, cache: TierCache) {
    this.#store = store;
    this.#cache = cache;
  }

  async create(id: string, record: SessionRecord): Promise<boolean> {
    const ticket = this.#cache.write(id, "create");
    try {
      const created = await this.#store.create(id, record);
      if (created) this.#cache.setCreated(ticket);
      else this.#isThere(ticket);
      return created;
    } finally {
      this.#cache.close(ticket);
    }
  }

  read(id: string): StoredSession | undefined | Promise<StoredSession | undefined> {
    if (this.#cache.isGoneId(id)) return undefined;
    return this.#cache.get(id) ?? this.#load(id);
  }

  async #load(id: string): Promise<StoredSession | undefined> {
    const ticket = this.#cache.look(id);
    try {
      const stored = await this.#store.read(id);
      // A destroy() may have been acknowledged here while a lagging store still answered.
      if (stored === undefined || this.#cache.isGoneId(id)) return undefined;
      this.#cache.put(ticket, stored);
      return stored;
    } finally {
      this.#cache.close(ticket);
    }
  }

  async commit(id: string, record: SessionRecord, version: Version): Promise<CommitResult> {
    const ticket = this.#cache.write(id);
    try {
      const result = await this.#store.commit(id, record, version);
      this.#learn(ticket, record, result);
      return result;
    } finally {
      this.#cache.close(ticket);
    }
  }

  async touch(id: string, expires: number | null): Promise<boolean> {
    const ticket = this.#cache.write(id);
    try {
      const touched = await this.#store.touch(id, expires);
      if (touched) this.#isThere(ticket);
      if (touched) this.#cache.keep(ticket, toEnd(expires));
      else this.#cache.setGone(ticket);
      return touched;
    } finally {
      this.#cache.close(ticket);
    }
  }

  async rotate(
    from: string,
    to: string,
    record: SessionRecord,
    version: Version,
  ): Promise<CommitResult> {
    if (from === to) return await this.commit(from, record, version);
    const old = this.#cache.write(from);
    const next = this.#cache.write(to, "create");
    try {
      const result = await this.#store.rotate(from, to, record, version);
      if (result.status === "committed") {
        this.#cache.setGone(old);
        this.#cache.setCreated(next);
        this.#learn(next, record, result);
      } else {
        this.#learn(old, record, result);
      }
      return result;
    } finally {
      this.#cache.close(old);
      this.#cache.close(next);
    }
  }

  async destroy(id: string): Promise<boolean | void> {
    const ticket = this.#cache.write(id);
    try {
      const was = await this.#store.destroy(id);
      this.#cache.setGone(ticket);
      return was;
    } finally {
      this.#cache.close(ticket);
    }
  }

  /**
   * Somebody has created it, though that may not have been answered yet. A store that lags
   * may only not know yet that it is gone.
   */
  #isThere(ticket: Ticket): void {
    if (this.#store.atomic) this.#cache.setCreated(ticket);
  }

  #learn(ticket: Ticket, { json, expires }: SessionRecord, result: CommitResult): void {
    if (result.status === "gone") return this.#cache.setGone(ticket);
    this.#isThere(ticket);
    if (result.status === "conflict") return this.#cache.put(ticket, result.current);
    // Without its mark the text is of no use: the next read asks for both.
    if (result.version === undefined) return;
    // A store may put an end of its own on a session without one: only a read tells.
    if (expires === null) return;
    this.#cache.put(ticket, { json, version: result.version, expires: toEnd(expires) });
  }
}
