/** What every case of the kit works with. */
import type { Clock } from "../clock.ts";
import type {
  CommitResult,
  MaybePromise,
  SessionRecord,
  StoredSession,
  Version,
} from "../store.ts";
import type { Random } from "./random.ts";
import type {
  AnyStore,
  RecordOptions,
  StoreCapabilities,
  StoreCaseContext,
  StoreUnderTest,
} from "./types.ts";
import { check, same } from "./assert.ts";

/** How often the race cases try. */
export interface Effort {
  readonly seed: number;
  readonly interleavings: number;
  readonly workers: number;
  readonly increments: number;
  readonly takes: number;
  readonly revivals: number;
}

/** One sentence of the contract, and how it is shown. */
export interface StoreCase {
  readonly name: string;
  /** Whether a store of these capabilities makes the promise at all; by default it does. */
  readonly when?: (capabilities: StoreCapabilities) => boolean;
  run(kit: Kit): MaybePromise<void>;
}

/** What a case is built from. */
export interface KitParts {
  readonly subject: StoreUnderTest;
  /** The subject's store and peer, watched. */
  readonly store: AnyStore;
  readonly peer: AnyStore;
  readonly capabilities: StoreCapabilities;
  readonly effort: Effort;
  readonly random: Random;
  readonly now: () => MaybePromise<number>;
  /** The store's time when the case begins. */
  readonly start: number;
  readonly advance: (ms: number) => Promise<void>;
  /** The longest that a notice of `watch()` may be on its way. */
  readonly patience: number;
  /** A clock for an application on the store. */
  readonly clock: Clock;
}

export const HOUR = 3_600_000;

/** Whether the calls of one process answer as if they came one after the other. */
export const isOrdered: NonNullable<StoreCase["when"]> = ({ atomic, ordered }) =>
  atomic !== false || ordered !== false;

/** What a case has in its hands: the store, its clock, fresh ids and records. */
export class Kit {
  readonly store: AnyStore;
  /** A second way to the same data, or the same store again. */
  readonly peer: AnyStore;
  readonly resolution: number;
  readonly exact: boolean;
  readonly start: number;
  readonly subject: StoreUnderTest;
  readonly capabilities: StoreCapabilities;
  readonly effort: Effort;
  readonly random: Random;
  readonly now: () => MaybePromise<number>;
  readonly clock: Clock;
  readonly patience: number;
  readonly #advance: (ms: number) => Promise<void>;
  readonly #unique = crypto.randomUUID().replaceAll("-", "");
  #serial = 0;

  constructor(parts: KitParts) {
    this.subject = parts.subject;
    this.capabilities = parts.capabilities;
    this.effort = parts.effort;
    this.random = parts.random;
    this.now = parts.now;
    this.clock = parts.clock;
    this.patience = parts.patience;
    this.store = parts.store;
    this.peer = parts.peer;
    this.exact = parts.capabilities.clock === "injected";
    this.resolution = parts.capabilities.resolution ?? (this.exact ? 0 : 1);
    this.start = parts.start;
    this.#advance = parts.advance;
  }

  /** An id nobody has used; with `length` one of that many characters. */
  id(length?: number): string {
    const id = `${this.#unique.slice(0, 20)}-${++this.#serial}`;
    return length === undefined ? id : `${id}-`.padEnd(length, "x").slice(0, length);
  }

  /** A record that differs from every other one. */
  record(options: RecordOptions = {}): SessionRecord {
    const { expires = this.start + HOUR, subject, data = {} } = options;
    const { lifetime = expires === null ? null : HOUR } = options;
    const cookie = {
      originalMaxAge: lifetime,
      expires: expires === null ? null : new Date(expires).toISOString(),
      httpOnly: true,
      path: "/",
    };
    const json = JSON.stringify({ cookie, serial: ++this.#serial, ...data });
    return subject === undefined ? { json, expires } : { json, expires, subject };
  }

  /** Lets `ms` milliseconds pass on the store's clock. */
  pass(ms: number): Promise<void> {
    return this.#advance(ms);
  }

  /** What a case of the author's own is handed; its functions may be taken out of it. */
  context(): StoreCaseContext {
    const { store, peer, subject, start, now } = this;
    return {
      ...{ store, peer, subject, start, now },
      pass: (ms) => this.pass(ms),
      id: () => this.id(),
      record: (options) => this.record(options),
    };
  }

  /** Stores a fresh record and reads it back. */
  async make(
    record: SessionRecord = this.record(),
    id: string = this.id(),
  ): Promise<{ id: string; record: SessionRecord; version: Version }> {
    same(await this.store.create(id, record), true, `create(${JSON.stringify(id)}), a new id,`);
    return { id, record, version: (await this.live(id, record)).version };
  }

  /** Asserts that `id` holds exactly this record. */
  async live(id: string, { json, expires }: SessionRecord, why = ""): Promise<StoredSession> {
    const stored = await this.store.read(id);
    const read = `read(${JSON.stringify(id)})`;
    check(stored !== undefined, `${read} of a live session is undefined${why && `: ${why}`}`);
    same(stored.json, json, `json that ${read} answers${why && ` ${why}`}`);
    this.ends(stored.expires, expires, `expires that ${read} answers${why && ` ${why}`}`);
    this.limit(stored, `keptUntil that ${read} answers${why && ` ${why}`}`);
    return stored;
  }

  /** Asserts that nothing is there. */
  async gone(id: string, why: string): Promise<void> {
    same((await this.store.read(id))?.json, undefined, `read(${JSON.stringify(id)}) ${why}`);
  }

  /** Asserts an end, as exactly as the store's clock allows. */
  ends(actual: number | null, expected: number | null, what = "expires"): void {
    if (expected === null) {
      // The store may put a limit of its own on a session without an end.
      check(
        actual === null || Number.isFinite(actual) && actual > this.start,
        `${what} of a session without an end is no moment to come: ${actual}`,
      );
      return;
    }
    check(
      actual !== null && Math.abs(actual - expected) <= this.resolution,
      `${what}: expected ${expected} (within ${this.resolution} ms), got ${actual}`,
    );
  }

  /** Asserts that a limit of the store's own, where it tells one, is the end of a session without. */
  limit({ expires, keptUntil }: StoredSession, what = "keptUntil"): void {
    if (keptUntil === undefined) return;
    same(expires, null, `expires beside ${what}`);
    check(
      Number.isFinite(keptUntil) && keptUntil > this.start,
      `${what} is no moment to come: ${keptUntil}`,
    );
  }

  /** Asserts that a commit or rotate took place, and answers the new mark. */
  async committed(result: CommitResult, id: string, record: SessionRecord): Promise<Version> {
    same(result.status, "committed", `status of the write that ends at ${JSON.stringify(id)}`);
    const stored = await this.live(id, record, "after a write that was acknowledged");
    return result.status === "committed" && result.version !== undefined
      ? result.version
      : stored.version;
  }

  /** Asserts a conflict that hands back `record`, and answers its mark. */
  conflict(result: CommitResult, { json, expires }: SessionRecord): Version {
    check(result.status === "conflict", `status: expected "conflict", got "${result.status}"`);
    same(result.current.json, json, "json of the conflict's current session");
    this.ends(result.current.expires, expires, "expires of the conflict's current session");
    return result.current.version;
  }
}
