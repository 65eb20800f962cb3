/**
 * The contract of whatever keeps the sessions.
 *
 * Nothing here runs: it is the promise a store makes, in prose, and the kit in
 * `./testing` proves it.
 *
 * @module
 */

/** A value, or the promise of one: a store that answers at once costs no tick. */
export type MaybePromise<T> = T | Promise<T>;

/**
 * An opaque mark that changes with every write of a record. Only the store
 * that made it may look inside. `undefined` is a mark that never matches.
 *
 * A mark never stands for two texts of one id: not within one millisecond, and not
 * after a destroy, an end or a rotation, when a record of that id is made anew. A
 * counter that begins again, a time or a length will not do; random bits, one counter
 * for the whole store, the text itself or its digest will.
 */
export type Version = unknown;

/**
 * What the core hands a store to keep: no plain object. `json` may be a getter of its
 * prototype, so that a copy (`{ ...record }`, `structuredClone()`, `JSON.stringify()`) has no
 * text; and it may have members that are not named here, which no store reads or keeps.
 */
export interface SessionRecord {
  /**
   * The session as express-session writes it:
   * `{"cookie":{"originalMaxAge":…,"expires":…,…},…data}`.
   *
   * It comes back byte for byte: a column that sorts keys or knows less than Unicode
   * has to hold it as a string. Texts of 64 KiB in UTF-8 are kept (the core's `maxBytes`
   * where nobody set another); what a store cannot keep it refuses with an error, and
   * never cuts. `JSON.stringify()` wrote it: a lone surrogate or a control character in
   * the data is an escape here.
   */
  readonly json: string;
  /**
   * When the session ends: milliseconds since the epoch, or `null` when the
   * cookie names no end (the store may then apply a limit of its own). 0 is 1970, an
   * end that is over. An end that no `Date` can name, as it is later than 8.64e15, is kept
   * as that moment.
   */
  readonly expires: number | null;
  /**
   * Who is logged in, for stores that keep an index by subject: any text, compared exactly
   * ("007" is not "7"). `login()` takes each but the empty one, which is nobody's. Texts of up
   * to 128 characters are kept; a longer one, or one with control characters, is kept whole or
   * refused with an error, and never means another subject. Another subject, or none, takes the session out of the index it was in, also where
   * the text is the same; a write that stores nothing changes no index.
   */
  readonly subject?: string | undefined;
  /**
   * The live session object, for stores written against express-session,
   * which read and mark that very object. A native store ignores it.
   */
  readonly session?: object | undefined;
}

/** What a store hands back. */
export interface StoredSession {
  /** The text that was stored last, unchanged. */
  readonly json: string;
  /** The mark to give to `commit()` or `rotate()`. */
  readonly version: Version;
  /**
   * When the session ends, with every `touch()` counted: milliseconds since
   * the epoch or `null`. It outranks the `cookie.expires` inside `json`.
   */
  readonly expires: number | null;
  /**
   * Where `expires` is `null`, when the store drops the record by a limit of its own, if nobody
   * comes: milliseconds since the epoch. For whoever shows sessions; a store that has to ask for
   * it leaves it out.
   */
  readonly keptUntil?: number | undefined;
  /** The object a callback store handed back, when it had one at hand. */
  readonly session?: object | undefined;
}

/**
 * What came of a `commit()` or `rotate()`.
 *
 * - `committed`: the record is stored; `version` is its new mark, where the
 *   store knows it without asking again.
 * - `conflict`: somebody else wrote since `version`; `current` is what stands
 *   there now, and nothing was changed.
 * - `gone`: there is no such record (destroyed, rotated away, expired), and
 *   nothing was created.
 */
export type CommitResult =
  | { readonly status: "committed"; readonly version?: Version }
  | { readonly status: "conflict"; readonly current: StoredSession }
  | { readonly status: "gone" };

/**
 * A session store: six verbs.
 *
 * **Ids** are texts of 1 to 128 characters, compared exactly: case, accents and spaces
 * at the end tell them apart. Ours are 32 of `A–Z a–z 0–9 - _`, but an application
 * may draw its own, and those of express-session are any text: quotes, slashes,
 * wildcards, `__proto__` and emoji are ids like any other. One with control characters,
 * or a longer one, is kept whole or refused with an error; it never means another session.
 *
 * Every verb rejects (or throws) when the store could not be asked or did not
 * answer; the state of a session is never reported by an error, nor is a text
 * whose cookie holds values that are none.
 *
 * **Time.** A store asks its clock at each call and keeps no hold of `Date.now`,
 * so that whoever replaces it (fake timers do) rules the store as well. An
 * expired record is absent to every verb. A store that meets one drops it where
 * that takes no further call, so that a clock that is set back later does not
 * revive it; elsewhere it stays for `sweep()`, and lives again until its end if
 * the clock says so. No clock moves an end: only a verb does.
 *
 * @example A wrapper that counts reads
 * ```ts
 * import type { SessionStore } from "@websession/websession";
 *
 * function counting(store: SessionStore, count: () => void): SessionStore {
 *   return {
 *     atomic: store.atomic,
 *     create: (id, record) => store.create(id, record),
 *     read: (id) => (count(), store.read(id)),
 *     commit: (id, record, version) => store.commit(id, record, version),
 *     touch: (id, expires) => store.touch(id, expires),
 *     rotate: (from, to, record, version) => store.rotate(from, to, record, version),
 *     destroy: (id) => store.destroy(id),
 *   };
 * }
 * ```
 */
export interface SessionStore {
  /**
   * Whether every verb is one step for every process that shares the data, as if they
   * came one after the other: `commit()` and `rotate()` compare and swap, of two
   * `create()` of one id one wins, nothing that was under way when `destroy()` or
   * `destroyAll()` took effect brings a session back, and what one process was told
   * is done the next to ask finds done.
   *
   * A lock or a queue in this process is not that, however many connections it has:
   * only whoever owns the data can compare and swap for all. Data that no other process
   * can reach (a `Map`) are shared by one, so that `true` is easy.
   *
   * Where this is `false` two processes may still overwrite each other, and the
   * store's documentation says so; it says as well whether its own process is in order.
   */
  readonly atomic: boolean;

  /**
   * Inserts a record. `false`: a live record has this id already, and it was
   * left as it is. An expired record counts as absent. This is the only verb
   * that makes a record.
   */
  create(id: string, record: SessionRecord): MaybePromise<boolean>;

  /**
   * Finds a record. Missing, expired and malformed are all `undefined`, never
   * an error.
   */
  read(id: string): MaybePromise<StoredSession | undefined>;

  /**
   * Replaces a record if it still is the one `version` marks: its text, its end and its
   * subject, also where the text is the same. Never creates. An expired record is `gone`.
   */
  commit(id: string, record: SessionRecord, version: Version): MaybePromise<CommitResult>;

  /**
   * Moves the end of a record and nothing else, to one that is later or nearer, or to
   * none: its `version` stays valid for `commit()`. Never creates. `false`: there is no
   * such record.
   *
   * A limit that the server keeps besides (an EXPIRE, an item's lifetime) moves along,
   * here and wherever else an end is written: `commit()`, `rotate()`, `readAndTouch()`.
   *
   * `session` is the live object, for stores written against express-session.
   */
  touch(id: string, expires: number | null, session?: object): MaybePromise<boolean>;

  /**
   * Replaces the record `from` by `record` under the id `to`, in one step: at
   * no moment are both alive or both dead. Outcomes as of `commit()`. `to` is an
   * id nobody has; a store that finds it taken may replace it or reject.
   */
  rotate(
    from: string,
    to: string,
    record: SessionRecord,
    version: Version,
  ): MaybePromise<CommitResult>;

  /**
   * Removes a record. Removing what is not there is fine.
   *
   * A store that knows it for nothing answers `false` where there was no such record, so that
   * a logout looks where another process has moved the session meanwhile. Who cannot know it
   * answers nothing, and never `false` for a record that was live.
   */
  destroy(id: string): MaybePromise<boolean | void>;
}

/**
 * A store that can read and extend in the same step, so that a request that
 * changes nothing costs one round trip.
 */
export interface SlidingStore extends SessionStore {
  /**
   * As `read()`, and moves the end of the record to `maxAge` milliseconds from
   * now, if the record's own lifetime is exactly `maxAge`. A session's lifetime
   * is its own: one that lives for thirty days, or for five minutes, is only
   * read where the application's default is an hour. Either way it is one step
   * and one round trip, and the answer's `expires` is the end that then stands.
   *
   * The lifetime is the `originalMaxAge` of the cookie, with which every text
   * begins: `{"cookie":{"originalMaxAge":<maxAge>,`. To compare that beginning,
   * digit by digit and with the comma, is to compare the lifetime; a text that
   * begins in another way has another lifetime.
   */
  readAndTouch(id: string, maxAge: number): MaybePromise<StoredSession | undefined>;
}

/** A store whose sessions can be counted, listed and cleared. */
export interface IterableStore extends SessionStore {
  /**
   * Every live session with its id, once: each that stays while it runs, whatever else comes,
   * ends or moves meanwhile, which may be yielded or not. It may be left half-way. Where the
   * store cannot be asked in the middle it rejects: its end says that all were yielded.
   */
  all(): AsyncIterable<[id: string, stored: StoredSession]>;
  /** How many sessions are live. */
  length(): MaybePromise<number>;
  /**
   * Removes every session of this store, and nothing else. One that comes, or changes its id in
   * another process, meanwhile may be missed where a store goes from page to page.
   */
  clear(): MaybePromise<void>;
}

/** A store that keeps expired records until it is told to drop them. */
export interface SweepableStore extends SessionStore {
  /**
   * Drops at most `limit` expired records and says how many it dropped. Never a live
   * one: the end that stands counts, whichever verb wrote it, and a record that was made
   * meanwhile under an expired one's id stays.
   */
  sweep(limit?: number): MaybePromise<number>;
}

/** A store that knows whose sessions it holds (`SessionRecord.subject`). */
export interface SubjectStore extends SessionStore {
  /** The ids of a subject's live sessions: all of them, each once, in no particular order. */
  list(subject: string): MaybePromise<string[]>;
  /**
   * Removes every session of a subject except the id `except`, compared exactly, and says
   * how many. Includes each one created before this call took effect.
   */
  destroyAll(subject: string, except?: string): MaybePromise<number>;
}
