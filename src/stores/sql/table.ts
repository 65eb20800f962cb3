/** One table of one database: runs its statements, tells what came of them. */
import type {
  CommitResult,
  MaybePromise,
  SessionRecord,
  StoredSession,
  Version,
} from "../../store.ts";
import type { Dialect, Driver, Place, Result, Row, Scalar, Statement, Values } from "./dialect.ts";
import { after, attempt } from "../../maybe_promise.ts";
import type { ResolvedSqlOptions } from "./options.ts";
import { freshVersion, toStored, toValues } from "./record.ts";
import { buildStatements, buildSweep, type Statements } from "./statements.ts";

/** How often a statement that the database undid is sent again. */
const TRIES = 8;

/** What a store needs to know. */
export interface SqlStoreParts extends ResolvedSqlOptions {
  readonly dialect: Dialect;
  readonly driver: Driver;
  readonly schema?: string | undefined;
}

/** The table of a store. */
export class SqlTable {
  readonly dialect: Dialect;
  readonly statements: Statements;
  readonly now: () => number;
  /** Milliseconds that a session without an end lives. */
  readonly ttl: number;
  readonly #driver: Driver;
  readonly #place: Place;
  readonly #name: string;

  constructor({ dialect, driver, table, schema, ttl, now }: SqlStoreParts) {
    const name = dialect.quote(table);
    this.dialect = dialect;
    this.now = now;
    this.ttl = ttl;
    this.#driver = driver;
    this.#place = { table, schema };
    this.#name = schema === undefined ? name : `${dialect.quote(schema)}.${name}`;
    this.statements = buildStatements(dialect, this.#name);
  }

  /** Runs a statement, again if the database undid it. */
  run(statement: Statement, values: Values, tries = 1): MaybePromise<Result> {
    const { dialect } = this;
    const bound = statement.parameters.map((name): Scalar => {
      const value = values[name] ?? null;
      const time = name === "now" || name === "expire";
      return time && typeof value === "number" ? dialect.toTime(value) : value;
    });
    return attempt(() => this.#driver(statement, bound), (error) => {
      if (tries >= TRIES || !dialect.isTransient(error)) throw error;
      return this.run(statement, values, tries + 1);
    });
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

  /** Drops at most `limit` expired rows: one statement up to a batch, else one for each batch. */
  sweep(limit: number): MaybePromise<number> {
    const now = this.now();
    const most = this.dialect.batch;
    const batch = (size: number): MaybePromise<number> => {
      const statement = buildSweep(this.dialect, this.#name, Math.max(0, Math.floor(size)));
      return after(this.run(statement, { now }), ({ affected }) => affected);
    };
    return limit <= most ? batch(limit) : inBatches(batch, most, limit);
  }

  /** Makes the table and its indexes, or adds what is missing. */
  async createSchema(): Promise<void> {
    for (const text of this.dialect.schema(this.#place)) {
      const statement = { text, parameters: [], rows: false, once: true };
      await attempt(() => this.run(statement, {}), (error) => {
        // Somebody made the same at the same moment; now it is seen to exist.
        if (!this.dialect.isDuplicate(error)) throw error;
        return this.run(statement, {});
      });
    }
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

async function inBatches(
  batch: (size: number) => MaybePromise<number>,
  most: number,
  limit: number,
): Promise<number> {
  let dropped = 0;
  while (dropped < limit) {
    const size = Math.min(most, limit - dropped);
    const count = await batch(size);
    dropped += count;
    if (count < size) break;
    // A client that answers at once has let nobody else run so far.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return dropped;
}
