/**
 * The verbs of a Durable Object that may touch all its rows.
 *
 * Its thread serves every session of the object: they go a slice at a time, and
 * between two slices other requests have their turn.
 */
import type { StoredSession } from "../../store.ts";
import { isLive, KEPT_LONGER, type Row, type SqlStorageLike, stored } from "./session_rows.ts";

/** How many rows one statement changes, with all their places in indexes; and reads. */
const CHANGED = 250;
const READ = 1_000;

/** One page of rows in order of their ids. */
export interface Page {
  readonly live: [id: string, stored: StoredSession][];
  readonly pending: [id: string, from: string][];
  /** The id to go on after; absent on the last page. */
  readonly after?: string;
}

/** A subject's rows: who lives, who may live, who went where. */
export interface SubjectRows {
  readonly live: string[];
  readonly pending: [id: string, from: string][];
  readonly moved: [id: string, to: string][];
}

/** What is left to be asked elsewhere, when a subject's sessions are removed. */
export interface Removed {
  removed: number;
  readonly pending: [id: string, from: string][];
  readonly moved: [id: string, to: string][];
}

type NamedRow = Row & { id: string; at: number };

export class ManyRows {
  readonly #sql: SqlStorageLike;

  constructor(sql: SqlStorageLike) {
    this.#sql = sql;
  }

  async subject(subject: string, now: number): Promise<SubjectRows> {
    const sql = `SELECT rowid AS at, id, state, expires, link FROM sessions
      WHERE subject = ? AND rowid > ? ORDER BY rowid LIMIT ${READ}`;
    const live = new Set<string>();
    const pending: [string, string][] = [];
    const moved: [string, string][] = [];
    for (let after = -1, isLast = false; !isLast;) {
      const rows = this.#rows(sql, subject, after);
      for (const row of rows) {
        after = row.at;
        if (!isLive(row, now)) continue;
        if (row.state === "live") live.add(row.id);
        else (row.state === "moved" ? moved : pending).push([row.id, row.link]);
      }
      isLast = rows.length < READ;
      if (!isLast) await pause();
    }
    return { live: [...live], pending, moved };
  }

  /** The same of some rows alone. */
  subjectEach(ids: [id: string][], subject: string, now: number): SubjectRows {
    const answer: SubjectRows = { live: [], pending: [], moved: [] };
    const find = "SELECT id, state, expires, link FROM sessions WHERE id = ? AND subject = ?";
    for (const [id] of ids) {
      const [row] = this.#rows(find, id, subject);
      if (row === undefined || !isLive(row, now)) continue;
      if (row.state === "live") answer.live.push(id);
      else answer[row.state].push([id, row.link]);
    }
    return answer;
  }

  /** Removes what is live of a subject, except one. What it was at is answered of one moment. */
  async destroySubject(subject: string, except: string | null, now: number): Promise<Removed> {
    const sql = `DELETE FROM sessions WHERE id IN (SELECT id FROM sessions
      WHERE subject = ? AND state = 'live' AND id IS NOT ? LIMIT ${CHANGED}) RETURNING expires`;
    const answer: Removed = { removed: 0, pending: [], moved: [] };
    for (;;) {
      const rows = this.#rows(sql, subject, except);
      answer.removed += rows.filter((row) => isLive(row, now)).length;
      if (rows.length < CHANGED) break;
      await pause();
    }
    const rest = `SELECT id, state, expires, keep, link FROM sessions
      WHERE subject = ? AND state <> 'live'`;
    for (const row of this.#rows(rest, subject) as (NamedRow & { keep: number })[]) {
      if (row.state === "pending" && isLive(row, now)) answer.pending.push([row.id, row.link]);
      if (row.state === "moved" && row.keep > now) answer.moved.push([row.id, row.link]);
    }
    return answer;
  }

  /**
   * Removes those of some sessions that are the subject's, or says where they went. A row
   * that is pending goes too where its rotation is known to have taken place: `[id, from]`.
   */
  destroyEach(ids: [id: string, from: string | null][], subject: string, now: number): Removed {
    const answer: Removed = { removed: 0, pending: [], moved: [] };
    const find = "SELECT id, state, expires, link, subject FROM sessions WHERE id = ?";
    for (const [id, from] of ids) {
      const [row] = this.#rows(find, id) as (NamedRow & { subject: string | null })[];
      if (row === undefined) continue;
      if (row.state === "moved") answer.moved.push([id, row.link]);
      else if (row.subject !== subject) continue;
      else if (row.state === "pending" && row.link !== from) answer.pending.push([id, row.link]);
      else {
        this.#sql.exec("DELETE FROM sessions WHERE id = ?", id);
        if (isLive(row, now)) answer.removed++;
      }
    }
    return answer;
  }

  /** Which of some rotations took place. */
  movedEach(pairs: [id: string, from: string][]): [id: string, from: string][] {
    const sql = "SELECT 1 FROM sessions WHERE id = ? AND state = 'moved' AND link = ?";
    return pairs.filter(([id, from]) => this.#rows(sql, from, id).length === 1);
  }

  page(after: string | null, limit: number, now: number): Page {
    const sql = `SELECT id, state, json, version, expires, link FROM sessions
      WHERE id > ? ORDER BY id LIMIT ?`;
    const rows = this.#rows(sql, after ?? "", limit);
    const live = rows.filter((row) => row.state !== "moved" && isLive(row, now));
    const page: Page = {
      live: live.filter(({ state }) => state === "live").map((row) => [row.id, stored(row)]),
      pending: live.filter(({ state }) => state === "pending").map(({ id, link }) => [id, link]),
    };
    return rows.length < limit ? page : { ...page, after: rows[rows.length - 1]!.id };
  }

  async length(now: number): Promise<{ live: number; pending: [id: string, from: string][] }> {
    const sql = `SELECT count(*) AS rows, max(at) AS at,
        sum(state = 'live' AND (expires IS NULL OR expires > ?)) AS live
      FROM (SELECT rowid AS at, state, expires FROM sessions
        WHERE rowid > ? ORDER BY rowid LIMIT ${READ})`;
    let live = 0;
    for (let after = -1, isLast = false; !isLast;) {
      const [row] = this.#sql.exec(sql, now, after).toArray() as Record<string, number>[];
      live += row!["live"] ?? 0;
      after = row!["at"] ?? after;
      isLast = row!["rows"]! < READ;
      if (!isLast) await pause();
    }
    const waiting = `SELECT id, link FROM sessions
      WHERE state = 'pending' AND (expires IS NULL OR expires > ?)`;
    return { live, pending: this.#rows(waiting, now).map(({ id, link }) => [id, link]) };
  }

  /** Removes every row and says how many were there. */
  clear(): Promise<number> {
    return this.#removeWhere("TRUE", Infinity);
  }

  /** Removes expired sessions and says how many; what was rotated away does not count. */
  sweep(limit: number, now: number): Promise<number> {
    // The index is that of `keep`, which follows the end of a session that has one.
    const which = `keep <= ${KEPT_LONGER} + ?1 AND expires <= ?1 AND state <> 'moved'`;
    return this.#removeWhere(which, limit, now);
  }

  /** Removes rows of any state that nobody will ask for, and says how many. */
  drop(limit: number, now: number): Promise<number> {
    return this.#removeWhere("keep <= ?1", limit, now);
  }

  isEmpty(): boolean {
    return this.#rows("SELECT 1 FROM sessions LIMIT 1").length === 0;
  }

  async #removeWhere(which: string, limit: number, ...values: number[]): Promise<number> {
    let removed = 0;
    for (;;) {
      const most = Math.min(CHANGED, limit - removed);
      const sql = `DELETE FROM sessions WHERE rowid IN
        (SELECT rowid FROM sessions WHERE ${which} LIMIT ${most}) RETURNING 1 AS one`;
      const { length } = this.#rows(sql, ...values);
      removed += length;
      if (length < CHANGED || removed >= limit) return removed;
      await pause();
    }
  }

  #rows(sql: string, ...values: (string | number | null)[]): NamedRow[] {
    return this.#sql.exec(sql, ...values).toArray() as unknown as NamedRow[];
  }
}

/** Lets the object answer whoever waits. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
