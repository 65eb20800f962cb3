/** The verbs that may touch every row of a table, a batch at a time. */
import { after } from "../../maybe_promise.ts";
import type { MaybePromise, StoredSession } from "../../store.ts";
import { BatchSize, inSteps, type Pause, pauseForOthers } from "./batches.ts";
import type { Result, Statement, Values } from "./dialect.ts";
import { fromKey, toKey } from "./key.ts";
import { buildClearPage, buildDropSome, buildSweep, type PagedStatements } from "./statements.ts";
import type { SqlTable } from "./table.ts";

/** So many keys of an answer are turned into ids at once. */
const IDS = 5_000;

/** Before the first row of any table. */
const FIRST = 0;

/** Before the first key of any: none is empty. */
const BEFORE_ALL = "";

/** After the last row that there can be. */
const LAST = Number.MAX_SAFE_INTEGER;

export class ManyRows {
  readonly #table: SqlTable;

  constructor(table: SqlTable) {
    this.#table = table;
  }

  /** Every live session with its id, in the order of the ids. */
  async *all(): AsyncGenerator<[id: string, stored: StoredSession]> {
    const { statements, sizes } = this.#table;
    let last: string | undefined;
    for (;;) {
      const now = this.#table.now();
      const { rows } = last === undefined
        ? await this.#table.run(statements.first, { now })
        : await this.#table.run(statements.page, { now, after: last });
      for (const row of rows) {
        last = String(row.sid);
        const stored = isLive(row.live) ? this.#table.stored(row) : undefined;
        if (stored !== undefined) yield [fromKey(last), stored];
      }
      if (rows.length < sizes.read) return;
      await pauseForOthers();
    }
  }

  /** How many sessions are live. */
  length(): MaybePromise<number> {
    const { statements: { length, paged } } = this.#table;
    if (paged !== undefined) return this.#countPaged(paged);
    const counted = this.#table.run(length, { now: this.#table.now() });
    return after(counted, ({ rows }) => Number(rows[0]?.live));
  }

  /** Drops every row. */
  clear(): MaybePromise<void> {
    const { statements: { clear, clearPage }, sizes } = this.#table;
    if (clearPage !== undefined) {
      return after(this.#clearPages(clearPage), () => after(this.#table.run(clear, {}), () => {}));
    }
    return inSteps(() => {
      const dropped = this.#table.run(clear, {});
      return after(dropped, ({ affected }) => affected < sizes.drop ? "last" : "more");
    }, pauseForOthers);
  }

  #clearPages(clearPage: Statement): MaybePromise<void> {
    const { dialect, runner, sizes } = this.#table;
    const size = new BatchSize(sizes.drop);
    const fewer = (limit: number) => buildClearPage(dialect, runner.name, limit)!;
    let last = BEFORE_ALL;
    return inSteps(() => {
      return after(this.#runSome(size, clearPage, fewer, { after: last }), ({ rows }) => {
        size.grow();
        const found = rows[0]?.sid;
        if (found == null) return "last";
        last = String(found);
        return "more";
      });
    }, pauseForOthers);
  }

  /** Drops at most `limit` expired rows. */
  sweep(limit: number, pause: Pause = pauseForOthers): MaybePromise<number> {
    const { dialect, runner, statements, sizes } = this.#table;
    const now = this.#table.now();
    let dropped = 0;
    const swept = inSteps(() => {
      const size = Math.max(0, Math.floor(Math.min(sizes.drop, limit - dropped)));
      const batch = size === sizes.drop ? statements.sweep : buildSweep(dialect, runner.name, size);
      return after(this.#table.run(batch, { now }), ({ affected }) => {
        dropped += affected;
        return affected < size || dropped >= limit ? "last" : "more";
      });
    }, pause);
    return after(swept, () => dropped);
  }

  /** The ids of a subject's live sessions. */
  list(subject: string): MaybePromise<string[]> {
    const { dialect, statements: { list, paged }, sizes } = this.#table;
    const values = { subject: toKey(subject), now: this.#table.now() };
    const ids: string[] = [];
    if (list !== undefined) {
      return after(this.#table.run(list, values), ({ rows }) => {
        let next = 0;
        const listed = inSteps(() => {
          const enough = ids.length + IDS;
          while (next < rows.length && ids.length < enough) {
            for (const key of dialect.keysIn(rows[next++]!.sid)) ids.push(fromKey(key));
          }
          return next === rows.length ? "last" : "more";
        }, pauseForOthers);
        return after(listed, () => ids);
      });
    }
    let at = FIRST;
    const listed = inSteps(() => {
      return after(this.#table.run(paged!.list, { ...values, at }), ({ rows }) => {
        for (const row of rows) {
          at = Number(row.at);
          if (isLive(row.live)) ids.push(fromKey(String(row.sid)));
        }
        return rows.length < sizes.read ? "last" : "more";
      });
    }, pauseForOthers);
    return after(listed, () => ids);
  }

  /**
   * Drops the sessions of a subject. It is done when a look at one moment finds none left: a
   * statement that goes from row to row may miss one that changes its id, and so its place,
   * meanwhile. At READ COMMITTED it does in MySQL.
   */
  destroyAll(subject: string, except?: string): MaybePromise<number> {
    const { dialect, runner, statements, sizes } = this.#table;
    const size = new BatchSize(sizes.drop);
    const fewer = (limit: number) => buildDropSome(dialect, runner.name, limit);
    // No key is empty, so an empty one excepts nothing.
    const spared = except === undefined ? "" : toKey(except);
    const values = { subject: toKey(subject), except: spared, now: this.#table.now() };
    let live = 0;
    const done = inSteps(() => {
      return after(this.#runSome(size, statements.dropSome, fewer, values), (result) => {
        const { found, dropped } = countOf(result, dialect.dropsExpired);
        live += dropped;
        if (found >= size.grow()) return "more";
        const left = this.#table.run(statements.left, values);
        return after(left, ({ rows }) => rows.length === 0 ? "last" : "more");
      });
    }, pauseForOthers);
    return after(done, () => live);
  }

  /**
   * Runs the statement for as many rows as `size` says, for fewer if the database undid it: for as
   * many where that was for a lock on all.
   */
  #runSome(
    size: BatchSize,
    most: Statement,
    fewer: (limit: number) => Statement,
    values: Values,
  ): MaybePromise<Result> {
    const { dialect, sizes } = this.#table;
    if (dialect.locksAll) return this.#table.run(most, values);
    const take = (limit: number): Statement =>
      limit === sizes.drop ? most : { ...fewer(limit), once: true };
    return this.#table.run(take(size.rows), values, () => take(size.shrink()));
  }

  #countPaged({ count, counted }: PagedStatements): MaybePromise<number> {
    const { sizes } = this.#table;
    let from = { expire: this.#table.now(), at: LAST };
    let live = 0;
    let isFull = false;
    const done = inSteps(() => {
      if (!isFull) {
        return after(this.#table.run(count, from), ({ rows }) => {
          const some = Number(rows[0]?.live);
          live += some;
          isFull = some >= sizes.count;
          return isFull ? "more" : "last";
        });
      }
      return after(this.#table.run(counted, from), ({ rows: [last] }) => {
        if (last === undefined) return "last";
        from = { expire: Number(last.expire), at: Number(last.at) };
        isFull = false;
        return "more";
      });
    }, pauseForOthers);
    return after(done, () => live);
  }
}

function countOf({ rows, affected }: Result, isAnswered: boolean): {
  readonly found: number;
  readonly dropped: number;
} {
  if (!isAnswered) return { found: affected, dropped: affected };
  return { found: rows.length, dropped: rows.filter(({ live }) => isLive(live)).length };
}

/** The answer of a comparison: a boolean or a number. */
function isLive(value: unknown): boolean {
  return Number(value) === 1;
}
