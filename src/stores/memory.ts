/**
 * Sessions in the memory of this process: the default store.
 *
 * Bounded, swept, atomic, and gone when the process ends.
 *
 * @module
 */
import type {
  CommitResult,
  IterableStore,
  MaybePromise,
  SessionRecord,
  SlidingStore,
  StoredSession,
  SubjectStore,
  SweepableStore,
  Version,
} from "../store.ts";
import { MemoryStore } from "./memory/store.ts";
import { refuseUnknown } from "./shared/known_options.ts";
import { checkMax, checkMilliseconds, checkNow } from "./shared/option_checks.ts";

/** Options of `memoryStore()`. */
export interface MemoryStoreOptions {
  /**
   * The most sessions kept at once; beyond it the least recently used one goes.
   *
   * @default {100_000}
   */
  max?: number;
  /**
   * Milliseconds between two sweeps of expired sessions; `0` and `Infinity` never sweep.
   * The timer runs only while there are sessions, and keeps no process alive. In Workers,
   * where it ends with its request, a later request goes on with what was due.
   *
   * @default {60_000}
   */
  sweepInterval?: number;
  /**
   * The clock: milliseconds since the epoch.
   *
   * @default {() => Date.now()}
   */
  now?: () => number;
}

/** The store that `memoryStore()` makes: but for two, every verb answers at once. */
export interface MemorySessionStore
  extends SlidingStore, IterableStore, SweepableStore, SubjectStore {
  /** Inserts a record; `false` when a live one has this id. */
  create(id: string, record: SessionRecord): boolean;
  /** Finds a live record. */
  read(id: string): StoredSession | undefined;
  /** Finds a live record, and starts its lifetime again if that is `maxAge`. */
  readAndTouch(id: string, maxAge: number): StoredSession | undefined;
  /** Replaces a record that is still the one `version` marks. */
  commit(id: string, record: SessionRecord, version: Version): CommitResult;
  /** Moves the end of a live record. */
  touch(id: string, expires: number | null): boolean;
  /** Replaces `from` by `record` under the id `to`, in one step. */
  rotate(from: string, to: string, record: SessionRecord, version: Version): CommitResult;
  /** Removes a record, if there is one. */
  destroy(id: string): boolean;
  /** The number of live sessions; of more than 2,000 it is promised, and others run meanwhile. */
  length(): MaybePromise<number>;
  /** Removes every session. */
  clear(): void;
  /** Drops at most `limit` expired sessions and says how many; of more than 2,000 as `length()`. */
  sweep(limit?: number): MaybePromise<number>;
  /** Finds a live record without counting it as used. */
  peek(id: string): StoredSession | undefined;
  /** The ids of all sessions, the least recently used first. */
  ids(): string[];
  /** The ids of a subject's live sessions. */
  list(subject: string): string[];
  /** Removes a subject's sessions except one, and says how many. */
  destroyAll(subject: string, except?: string): number;
}

/**
 * Makes a store in the memory of this process.
 *
 * @param options Its bounds; see {@linkcode MemoryStoreOptions}.
 * @returns A store that is atomic, iterable and knows its subjects.
 * @throws {TypeError} If an option is unknown, or has the wrong type.
 *
 * @example
 * ```ts
 * import { memoryStore } from "@websession/websession/stores/memory";
 *
 * const store = memoryStore({ max: 1_000 });
 * store.create("an-id", { json: '{"cookie":{}}', expires: null });
 * if (store.length() !== 1) throw new Error("not stored");
 * ```
 */
export function memoryStore(options: MemoryStoreOptions = {}): MemorySessionStore {
  refuseUnknown(options, ["max", "sweepInterval", "now"]);
  const { max, sweepInterval, now } = options;
  if (max !== undefined) checkMax("max", max);
  if (sweepInterval !== undefined) checkMilliseconds("sweepInterval", sweepInterval);
  if (now !== undefined) checkNow(now);
  return new MemoryStore(max, sweepInterval, now);
}
