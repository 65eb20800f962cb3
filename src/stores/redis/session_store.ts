/** What the Redis store can do. */
import type {
  CommitResult,
  IterableStore,
  SessionRecord,
  SlidingStore,
  StoredSession,
  SubjectStore,
  Version,
} from "../../store.ts";

/** The store that `redisStore()` makes. */
export interface RedisSessionStore extends SlidingStore, IterableStore, SubjectStore {
  /** Inserts a record; `false` when a live one has this id. */
  create(id: string, record: SessionRecord): Promise<boolean>;
  /** Finds a live record. */
  read(id: string): Promise<StoredSession | undefined>;
  /** Finds a live record, and starts its lifetime again if that is `maxAge`: one round trip. */
  readAndTouch(id: string, maxAge: number): Promise<StoredSession | undefined>;
  /** Replaces a record that is still the one `version` marks. */
  commit(id: string, record: SessionRecord, version: Version): Promise<CommitResult>;
  /** Moves the end of a live record. */
  touch(id: string, expires: number | null): Promise<boolean>;
  /** Replaces `from` by `record` under the id `to`; rejects if `to` is in use. */
  rotate(from: string, to: string, record: SessionRecord, version: Version): Promise<CommitResult>;
  /** Removes a record, if there is one. */
  destroy(id: string): Promise<boolean>;
  /** Every live session, page by page: one that comes or goes meanwhile may be missed. */
  all(): AsyncGenerator<[id: string, stored: StoredSession]>;
  /** Counts the live sessions by walking over all keys. */
  length(): Promise<number>;
  /** Removes every key that begins with the prefix, and the indexes; other stores' keys stay. */
  clear(): Promise<void>;
  /** The ids of a subject's live sessions, a hundred in each step. */
  list(subject: string): Promise<string[]>;
  /** Ends a subject's sessions except one, in one step, and says how many; removes them in more. */
  destroyAll(subject: string, except?: string): Promise<number>;
}
