/**
 * The one SQL store: six verbs and four powers on a dialect and a driver.
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
import type { Dialect, Driver, Place, Result, Row, Scalar, Statement, Values } from "./dialect.ts";
import { fromKey, toKey } from "./key.ts";
import { andThen, attempt } from "./maybe.ts";
import type { ResolvedSqlOptions } from "./options.ts";
import { endOf, freshVersion, markOf, toStored, toValues } from "./record.ts";
import { buildStatements, buildSweep, PAGE, type Statements } from "./statements.ts";

/** How often a statement that the database undid is sent again. */
const TRIES = 8;

/** A store in an SQL table. */
export interface SqlSessionStore extends IterableStore, SweepableStore, SubjectStore {
  /**
   * Makes the table and its indexes, or adds what is missing. Running it again
   * changes nothing.
   */
  createSchema(): Promise<void>;
}

/** A store in an SQL table that reads and extends with one statement. */
export interface SlidingSqlSessionStore extends SqlSessionStore, SlidingStore {}

/** What the core needs to know. */
export interface SqlStoreParts extends ResolvedSqlOptions {
  readonly dialect: Dialect;
  readonly driver: Driver;
  readonly schema?: string | undefined;
}

/** The core. */
export class SqlStore implements SqlSessionStore {
  readonly atomic = true;
  readonly #dialect: Dialect;
  readonly #driver: Driver;
  readonly #place: Place;
  readonly #table: string;
  readonly #statements: Statements;
  readonly #ttl: number;
  readonly #now: () => number;
  /** Only where the database can do it in one statement. */
  declare readonly readAndTouch?: SlidingStore["readAndTouch"];

  constructor({ dialect, driver, table, schema, ttl, now }: SqlStoreParts) {
    const name = dialect.quote(table);
    this.#dialect = dialect;
    this.#driver = driver;
    this.#place = { table, schema };
    this.#table = schema === undefined ? name : `${dialect.quote(schema)}.${name}`;
    this.#statements = buildStatements(dialect, this.#table);
    this.#ttl = ttl;
    this.#now = now;
    const { slide } = this.#statements;
    if (slide !== undefined) {
      this.readAndTouch = (id, maxAge) => {
        const time = now();
        return andThen(
          this.#run(slide, { sid: toKey(id), now: time, expire: time + maxAge, endless: 0 }),
          ({ rows }) => this.#stored(rows[0]),
        );
      };
    }
  }

  create(id: string, record: SessionRecord): MaybePromise<boolean> {
    return this.#insert({ sid: toKey(id), ...this.#values(record) });
  }

  read(id: string): MaybePromise<StoredSession | undefined> {
    const found = this.#run(this.#statements.read, { sid: toKey(id), now: this.#now() });
    return andThen(found, ({ rows }) => this.#stored(rows[0]));
  }

  commit(id: string, record: SessionRecord, version: Version): MaybePromise<CommitResult> {
    return this.#swap(this.#statements.commit, id, { sid: toKey(id) }, record, version);
  }

  rotate(
    from: string,
    to: string,
    record: SessionRecord,
    version: Version,
  ): MaybePromise<CommitResult> {
    const ids = { sid: toKey(from), to: toKey(to) };
    return attempt(
      () => this.#swap(this.#statements.rotate, from, ids, record, version),
      (error) => {
        // The driver's text may name the id.
        if (this.#dialect.isDuplicate(error)) throw new Error("The id to rotate to is taken");
        throw error;
      },
    );
  }

  touch(id: string, expires: number | null): MaybePromise<boolean> {
    const now = this.#now();
    const values = { sid: toKey(id), now, ...endOf(expires, now + this.#ttl) };
    return andThen(this.#run(this.#statements.touch, values), ({ affected }) => {
      if (affected > 0 || this.#dialect.countsMatches) return affected > 0;
      return andThen(this.#run(this.#statements.touched, values), ({ rows }) => rows.length > 0);
    });
  }

  destroy(id: string): MaybePromise<void> {
    return andThen(this.#run(this.#statements.destroy, { sid: toKey(id) }), () => {});
  }

  async *all(): AsyncGenerator<[id: string, stored: StoredSession]> {
    let after: string | undefined;
    for (;;) {
      const { first, page } = this.#statements;
      const values = { now: this.#now(), ...(after === undefined ? {} : { after }) };
      const { rows } = await this.#run(after === undefined ? first : page, values);
      for (const row of rows) {
        after = String(row.sid);
        const stored = this.#stored(row);
        if (stored !== undefined) yield [fromKey(after), stored];
      }
      if (rows.length < PAGE) return;
    }
  }

  length(): MaybePromise<number> {
    const counted = this.#run(this.#statements.length, { now: this.#now() });
    return andThen(counted, ({ rows }) => Number(rows[0]?.live));
  }

  clear(): MaybePromise<void> {
    return andThen(this.#run(this.#statements.clear, {}), () => {});
  }

  /** Without a limit, or with a high one, it goes in batches and lets others run between them. */
  sweep(limit: number = Infinity): MaybePromise<number> {
    const now = this.#now();
    const batch = (size: number): MaybePromise<number> => {
      const statement = buildSweep(this.#dialect, this.#table, Math.max(0, Math.floor(size)));
      return andThen(this.#run(statement, { now }), ({ affected }) => affected);
    };
    const most = this.#dialect.batch;
    return limit <= most ? batch(limit) : inBatches(batch, most, limit);
  }

  list(subject: string): MaybePromise<string[]> {
    const values = { subject: toKey(subject), now: this.#now() };
    return andThen(
      this.#run(this.#statements.list, values),
      ({ rows }) => rows.map(({ sid }) => fromKey(String(sid))),
    );
  }

  destroyAll(subject: string, except?: string): MaybePromise<number> {
    // No key is empty, so an empty one excepts nothing.
    const spared = except === undefined ? "" : toKey(except);
    const values = { subject: toKey(subject), except: spared, now: this.#now() };
    return andThen(this.#run(this.#statements.destroyAll, values), ({ affected }) => affected);
  }

  async createSchema(): Promise<void> {
    for (const text of this.#dialect.schema(this.#place)) {
      const statement = { text, parameters: [], rows: false, once: true };
      await attempt(() => this.#run(statement, {}), (error) => {
        // Somebody made the same at the same moment; now it is seen to exist.
        if (!this.#dialect.isDuplicate(error)) throw error;
        return this.#run(statement, {});
      });
    }
  }

  #insert(values: Values, tries = 1): MaybePromise<boolean> {
    const { create, renew, read } = this.#statements;
    const inserted = (): MaybePromise<boolean> =>
      andThen(this.#run(create, values), ({ affected }) => affected > 0);
    return attempt(inserted, (error) => {
      if (this.#dialect.upsert || !this.#dialect.isDuplicate(error)) throw error;
      // Without an upsert: take the place of an expired row, else see whether a live one is there.
      return andThen(this.#run(renew, values), ({ affected }) => {
        if (affected > 0) return true;
        return andThen(this.#run(read, values), ({ rows }) => {
          if (rows.length > 0) return false;
          if (tries >= TRIES) throw error;
          return this.#insert(values, tries + 1);
        });
      });
    });
  }

  #swap(
    statement: Statement,
    id: string,
    ids: { readonly sid: string; readonly to?: string },
    record: SessionRecord,
    version: Version,
  ): MaybePromise<CommitResult> {
    const dialect = this.#dialect;
    const expected = dialect.expected(version);
    const values = { ...this.#values(record), ...ids, ...expected };
    const committed = (): CommitResult => ({
      status: "committed",
      version: dialect.versionOf(values.version, record.json),
    });
    return andThen(this.#run(statement, values), ({ rows: [row], affected }) => {
      if (!statement.rows) return affected > 0 ? committed() : this.#refuse(id);
      if (row === undefined) return { status: "gone" };
      if (Number(row.done) === 1) return committed();
      const current = this.#stored(row);
      const stale = row.json === expected.base && markOf(row) === expected.mark;
      return stale || current === undefined
        ? this.#refuse(id)
        : { status: "conflict", current };
    });
  }

  /** Tells a conflict from a session that is gone. */
  #refuse(id: string): MaybePromise<CommitResult> {
    return andThen(
      this.read(id),
      (current): CommitResult =>
        current === undefined ? { status: "gone" } : { status: "conflict", current },
    );
  }

  #values(record: SessionRecord): Values & { readonly version: number } {
    const now = this.#now();
    const version = freshVersion();
    return { ...toValues(record, version, now + this.#ttl), version, now };
  }

  #stored(row: Row | undefined): StoredSession | undefined {
    return row === undefined ? undefined : toStored(row, this.#dialect);
  }

  #run(statement: Statement, values: Values, tries = 1): MaybePromise<Result> {
    const bound = statement.parameters.map((name): Scalar => {
      const value = values[name] ?? null;
      const time = name === "now" || name === "expire";
      return time && typeof value === "number" ? this.#dialect.toTime(value) : value;
    });
    return attempt(() => this.#driver(statement, bound), (error) => {
      if (tries >= TRIES || !this.#dialect.isTransient(error)) throw error;
      return this.#run(statement, values, tries + 1);
    });
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
