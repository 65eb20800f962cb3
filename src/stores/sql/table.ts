/** One table of one database: what its statements say of a session. */
import type {
  CommitResult,
  MaybePromise,
  SessionRecord,
  StoredSession,
  Version,
} from "../../store.ts";
import { after, attempt } from "../../maybe_promise.ts";
import type { BatchSizes } from "./batches.ts";
import type { Dialect, Driver, Result, Row, Statement, Values } from "./dialect.ts";
import type { ResolvedSqlOptions } from "./options.ts";
import { freshVersion, toStored, toValues } from "./record.ts";
import { Runner } from "./runner.ts";
import { buildStatements, type Statements } from "./statements.ts";

/** How often an id may be taken and freed again while it is inserted. */
const TRIES = 8;

/** What a store needs to know. */
export interface SqlStoreParts extends ResolvedSqlOptions {
  readonly dialect: Dialect;
  readonly driver: Driver;
  /** Those of the dialect, unless the driver knows better. */
  readonly sizes?: BatchSizes | undefined;
  readonly schema?: string | undefined;
}

/** The table of a store. */
export class SqlTable {
  readonly dialect: Dialect;
  readonly statements: Statements;
  readonly sizes: BatchSizes;
  readonly now: () => number;
  /** Milliseconds that a session without an end lives. */
  readonly ttl: number;
  readonly runner: Runner;

  constructor({ dialect, driver, sizes, table, schema, ttl, now }: SqlStoreParts) {
    this.dialect = dialect;
    this.now = now;
    this.ttl = ttl;
    this.sizes = sizes ?? dialect.sizes;
    this.runner = new Runner(dialect, driver, { table, schema });
    this.statements = buildStatements(dialect, this.runner.name, this.sizes);
  }

  /** Runs a statement; `next`, or itself again, if the database undid it. */
  run(statement: Statement, values: Values, next?: () => Statement): MaybePromise<Result> {
    return this.runner.run(statement, values, next);
  }

  /** A row as the contract shows it. */
  stored(row: Row | undefined): StoredSession | undefined {
    return row === undefined ? undefined : toStored(row, this.dialect);
  }

  /** Finds the live session of a key. */
  read(sid: string): MaybePromise<StoredSession | undefined> {
    const found = this.run(this.statements.read, { sid, now: this.now() });
    return after(found, ({ rows }) => this.stored(rows[0]));
  }

  /** Inserts a record, or puts it in the place of an expired one. */
  insert(sid: string, record: SessionRecord): MaybePromise<boolean> {
    return this.#insert({ sid, ...this.#values(record) });
  }

  /** Replaces the record of `ids.sid` if it still is the one of `version`. */
  swap(
    statement: Statement,
    ids: { readonly sid: string; readonly to?: string },
    record: SessionRecord,
    version: Version,
  ): MaybePromise<CommitResult> {
    const { dialect } = this;
    const values = { ...this.#values(record), ...ids, ...dialect.expected(version) };
    return after(this.run(statement, values), ({ affected }): MaybePromise<CommitResult> => {
      if (affected === 0) return this.#refuse(ids.sid);
      return { status: "committed", version: dialect.versionOf(values.version, record.json) };
    });
  }

  #insert(values: Values, tries = 1): MaybePromise<boolean> {
    const { create, renew, read } = this.statements;
    const inserted = (): MaybePromise<boolean> =>
      after(this.run(create, values), ({ affected }) => affected > 0);
    return attempt(inserted, (error) => {
      if (this.dialect.upsert || !this.dialect.isDuplicate(error)) throw error;
      // Without an upsert: take the place of an expired row, else see whether a live one is there.
      return after(this.run(renew, values), ({ affected }) => {
        if (affected > 0) return true;
        return after(this.run(read, values), ({ rows }) => {
          if (rows.length > 0) return false;
          // Not the error of the driver: its text names the id.
          if (tries >= TRIES) throw new Error("The id was taken and freed again too often");
          return this.#insert(values, tries + 1);
        });
      });
    });
  }

  /** Tells a conflict from a session that is gone. */
  #refuse(sid: string): MaybePromise<CommitResult> {
    return after(
      this.read(sid),
      (current): CommitResult =>
        current === undefined ? { status: "gone" } : { status: "conflict", current },
    );
  }

  #values(record: SessionRecord): Values & { readonly version: number } {
    const now = this.now();
    const version = freshVersion();
    return { ...toValues(record, version, now + this.ttl), version, now };
  }
}
