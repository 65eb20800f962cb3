/** What every case of the kit works with. */
import type {
  CommitResult,
  MaybePromise,
  SessionRecord,
  StoredSession,
  Version,
} from "../store.ts";
import type { Random } from "./random.ts";
import type { AnyStore, StoreCapabilities, StoreUnderTest } from "./types.ts";
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

export const HOUR = 3_600_000;

/** What a case has in its hands: the store, its clock, fresh ids and records. */
export class Kit {
  readonly store: AnyStore;
  /** A second way to the same data, or the same store again. */
  readonly peer: AnyStore;
  readonly resolution: number;
  readonly exact: boolean;
  /** The store's time when the case began. */
  readonly start: number;
  #serial = 0;
  readonly #advance: (ms: number) => Promise<void>;
  readonly subject: StoreUnderTest;
  readonly capabilities: StoreCapabilities;
  readonly effort: Effort;
  readonly random: Random;
  readonly now: () => MaybePromise<number>;
  readonly #unique = crypto.randomUUID().replaceAll("-", "");

  constructor(
    subject: StoreUnderTest,
    capabilities: StoreCapabilities,
    effort: Effort,
    random: Random,
    now: () => MaybePromise<number>,
    start: number,
    advance: (ms: number) => Promise<void>,
  ) {
    this.subject = subject;
    this.capabilities = capabilities;
    this.effort = effort;
    this.random = random;
    this.now = now;
    this.store = subject.store;
    this.peer = subject.peer ?? subject.store;
    this.exact = capabilities.clock === "injected";
    this.resolution = capabilities.resolution ?? (this.exact ? 0 : 1);
    this.start = start;
    this.#advance = advance;
  }

  /** An id nobody has used. */
  id(): string {
    return `${this.#unique.slice(0, 20)}-${++this.#serial}`;
  }

  /** A record that differs from every other one. */
  record(
    options: {
      expires?: number | null;
      /** Its own, as its cookie says; an hour where it has an end. */
      lifetime?: number | null;
      subject?: string;
      data?: object;
    } = {},
  ): SessionRecord {
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

  /** Stores a fresh record and reads it back. */
  async make(
    record: SessionRecord = this.record(),
  ): Promise<{ id: string; record: SessionRecord; version: Version }> {
    const id = this.id();
    same(await this.store.create(id, record), true, "create() of a new id");
    return { id, record, version: (await this.live(id, record)).version };
  }

  /** Asserts that `id` holds exactly this record. */
  async live(id: string, { json, expires }: SessionRecord, why = ""): Promise<StoredSession> {
    const stored = await this.store.read(id);
    check(stored !== undefined, `read() of a live session is undefined${why && `: ${why}`}`);
    same(stored.json, json, `json of the stored session${why && ` ${why}`}`);
    this.ends(stored.expires, expires);
    return stored;
  }

  /** Asserts that nothing is there. */
  async gone(id: string, why: string): Promise<void> {
    same((await this.store.read(id))?.json, undefined, `read() ${why}`);
  }

  /** Asserts an end, as exactly as the store's clock allows. */
  ends(actual: number | null, expected: number | null): void {
    if (expected === null) {
      // The store may put a limit of its own on a session without an end.
      check(
        actual === null || actual > this.start,
        "expires of a session without an end has passed",
      );
      return;
    }
    check(
      actual !== null && Math.abs(actual - expected) <= this.resolution,
      `expires: expected ${expected} (within ${this.resolution} ms), got ${actual}`,
    );
  }

  /** Asserts that a commit or rotate took place, and answers the new mark. */
  async committed(result: CommitResult, id: string, record: SessionRecord): Promise<Version> {
    same(result.status, "committed", "status");
    const stored = await this.live(id, record, "after a write that was acknowledged");
    return result.status === "committed" && result.version !== undefined
      ? result.version
      : stored.version;
  }

  /** Asserts a conflict that hands back `record`, and answers its mark. */
  conflict(result: CommitResult, { json, expires }: SessionRecord): Version {
    check(result.status === "conflict", `status: expected "conflict", got "${result.status}"`);
    same(result.current.json, json, "json of the conflict's current session");
    this.ends(result.current.expires, expires);
    return result.current.version;
  }
}
