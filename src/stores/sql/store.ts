/**
 * The one SQL store: the verbs of the contract on a table.
 *
 * Every change is one statement, so the database alone decides who was first.
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
} from "../../store.ts";
import { toKey } from "./key.ts";
import { ManyRows } from "./many.ts";
import { after, attempt } from "../../maybe_promise.ts";
import { lifetimePrefix } from "../../own_lifetime.ts";
import { endOf } from "./record.ts";
import { TimedSweep } from "./timed_sweep.ts";
import { type SqlStoreParts, SqlTable } from "./table.ts";

/** A store in an SQL table. */
export interface SqlSessionStore extends IterableStore, SweepableStore, SubjectStore {
  /**
   * Makes the table and its indexes, or adds what is missing. What is there is
   * only looked at, which takes no lock and no right but to read.
   *
   * Rejects when the table is another library's, when it is none (a view), and when it could not
   * hold sessions: without a key on `sid` alone, with another over columns of the store's, with a
   * column of another type, or one that wants a value; and when this user may not make what is
   * missing.
   */
  createSchema(): Promise<void>;
}

/** A store in an SQL table that reads and extends with one statement. */
export interface SlidingSqlSessionStore extends SqlSessionStore, SlidingStore {}

/** The six verbs, with four powers. */
export class SqlStore implements SqlSessionStore {
  readonly atomic = true;
  readonly #table: SqlTable;
  readonly #many: ManyRows;
  readonly #sweeps: TimedSweep;
  /** Only where the database can do it in one statement. */
  declare readonly readAndTouch?: SlidingStore["readAndTouch"];

  constructor(parts: SqlStoreParts) {
    const table = this.#table = new SqlTable(parts);
    const many = this.#many = new ManyRows(table);
    this.#sweeps = new TimedSweep(many, parts.sweepInterval);
    const { slide } = table.statements;
    if (slide === undefined) return;
    this.readAndTouch = (id, maxAge) => {
      const now = table.now();
      const end = endOf(now + maxAge, now);
      const values = { sid: toKey(id), now, own: lifetimePrefix(maxAge), ...end };
      return after(table.run(slide, values), ({ rows }) => table.stored(rows[0]));
    };
  }

  create(id: string, record: SessionRecord): MaybePromise<boolean> {
    this.#sweeps.schedule();
    return this.#table.insert(toKey(id), record);
  }

  read(id: string): MaybePromise<StoredSession | undefined> {
    return this.#table.read(toKey(id));
  }

  commit(id: string, record: SessionRecord, version: Version): MaybePromise<CommitResult> {
    const { commit } = this.#table.statements;
    return this.#table.swap(commit, { sid: toKey(id) }, record, version);
  }

  rotate(
    from: string,
    to: string,
    record: SessionRecord,
    version: Version,
  ): MaybePromise<CommitResult> {
    const { dialect, statements } = this.#table;
    const ids = { sid: toKey(from), to: toKey(to) };
    return attempt(
      () => this.#table.swap(statements.rotate, ids, record, version),
      (error) => {
        // The driver's text may name the id.
        if (dialect.isDuplicate(error)) throw new Error("The id to rotate to is taken");
        throw error;
      },
    );
  }

  touch(id: string, expires: number | null): MaybePromise<boolean> {
    const { dialect, statements, ttl } = this.#table;
    const now = this.#table.now();
    const values = { sid: toKey(id), now, ...endOf(expires, now + ttl) };
    return after(this.#table.run(statements.touch, values), ({ affected }) => {
      if (affected > 0 || dialect.countsMatches) return affected > 0;
      return after(this.#table.run(statements.touched, values), ({ rows }) => rows.length > 0);
    });
  }

  destroy(id: string): MaybePromise<boolean> {
    const { destroy } = this.#table.statements;
    return after(this.#table.run(destroy, { sid: toKey(id) }), ({ affected }) => affected > 0);
  }

  all(): AsyncGenerator<[id: string, stored: StoredSession]> {
    return this.#many.all();
  }

  length(): MaybePromise<number> {
    return this.#many.length();
  }

  clear(): MaybePromise<void> {
    return this.#many.clear();
  }

  /** Without a limit, or with a high one, it goes in batches and lets others run between them. */
  sweep(limit: number = Infinity): MaybePromise<number> {
    return this.#many.sweep(limit);
  }

  list(subject: string): MaybePromise<string[]> {
    return this.#many.list(subject);
  }

  destroyAll(subject: string, except?: string): MaybePromise<number> {
    return this.#many.destroyAll(subject, except);
  }

  createSchema(): Promise<void> {
    return this.#table.runner.createSchema();
  }
}
