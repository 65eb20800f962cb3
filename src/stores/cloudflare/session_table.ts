/**
 * The sessions of one Durable Object, in its SQLite.
 *
 * Every method is synchronous, so nothing comes between its statements.
 */
import type { CommitResult, SessionRecord, StoredSession } from "../../store.ts";
import {
  isLive,
  keepUntil,
  type Pending,
  type Row,
  SessionRows,
  type SqlStorageLike,
  stored,
} from "./session_rows.ts";

/** One page of rows in order of their ids. */
export interface Page {
  readonly live: [id: string, stored: StoredSession][];
  readonly pending: [id: string, from: string][];
  /** The id to go on after; absent on the last page. */
  readonly after?: string;
}

/** A subject's rows: who lives, who may live, and where those went that were rotated away. */
export interface SubjectRows {
  readonly live: string[];
  readonly pending: [id: string, from: string][];
  readonly moved: [id: string, to: string][];
}

const GONE = { status: "gone" } as const;

/** The verbs that a request may name. */
export class SessionTable {
  readonly #sql: SqlStorageLike;
  readonly #rows: SessionRows;

  constructor(sql: SqlStorageLike) {
    this.#sql = sql;
    this.#rows = new SessionRows(sql);
  }

  create(id: string, record: SessionRecord, now: number, ttl: number): boolean {
    const row = this.#rows.find(id);
    if (row !== undefined && row.state !== "moved" && isLive(row, now)) return false;
    this.#rows.put(id, "live", record, "", now, ttl);
    return true;
  }

  read(id: string, now: number): StoredSession | Pending | undefined {
    const row = this.#rows.standing(id, now);
    return row === undefined || "pending" in row ? row : stored(row);
  }

  commit(
    id: string,
    record: SessionRecord,
    version: unknown,
    now: number,
    ttl: number,
  ): CommitResult | Pending {
    const row = this.#rows.standing(id, now);
    if (row === undefined) return GONE;
    if ("pending" in row) return row;
    if (row.version !== version) return { status: "conflict", current: stored(row) };
    return { status: "committed", version: this.#rows.put(id, "live", record, "", now, ttl) };
  }

  /** Moves an end; where a beginning is named, of a session whose text has it. */
  touch(
    id: string,
    expires: number | null,
    now: number,
    ttl: number,
    own: string | null,
  ): StoredSession | Pending | undefined {
    const row = this.#rows.standing(id, now);
    if (row === undefined || "pending" in row) return row;
    if (own !== null && !row.json.startsWith(own)) return stored(row);
    const keep = keepUntil(expires, now, ttl);
    this.#sql.exec("UPDATE sessions SET expires = ?, keep = ? WHERE id = ?", expires, keep, id);
    return stored({ ...row, expires });
  }

  /** Both ids live in this object: one step. Among several objects it leaves a trace. */
  rotate(
    from: string,
    to: string,
    record: SessionRecord,
    version: unknown,
    now: number,
    ttl: number,
    trace: boolean,
  ): CommitResult | Pending {
    const swapped = this.swap(from, to, version, record.expires, now, ttl);
    if (!("status" in swapped) || swapped.status !== "committed") return swapped;
    if (!trace) this.#sql.exec("DELETE FROM sessions WHERE id = ?", from);
    return { status: "committed", version: this.#rows.put(to, "live", record, "", now, ttl) };
  }

  /** First step of a rotation from another object. */
  prepare(to: string, from: string, record: SessionRecord, now: number, ttl: number): string {
    return this.#rows.put(to, "pending", record, from, now, ttl);
  }

  /** Second step, and the moment of the rotation: the old row says where it went. */
  swap(
    from: string,
    to: string,
    version: unknown,
    expires: number | null,
    now: number,
    ttl: number,
  ): CommitResult | Pending {
    const row = this.#rows.standing(from, now);
    if (row === undefined) return GONE;
    if ("pending" in row) return row;
    if (row.version !== version) return { status: "conflict", current: stored(row) };
    // The trace lasts as long as the new record, which may ask for it that late.
    const sql = `UPDATE sessions SET state = 'moved', json = '', version = '', link = ?,
      keep = max(keep, ?) WHERE id = ?`;
    this.#sql.exec(sql, to, keepUntil(expires, now, ttl), from);
    return { status: "committed" };
  }

  /** Third step, by whoever comes first; `false`: somebody removed the row meanwhile. */
  activate(to: string, from: string): boolean {
    const row = this.#rows.find(to);
    if (row?.state !== "pending" || row.link !== from) return row?.state === "live";
    this.#sql.exec("UPDATE sessions SET state = 'live', link = '' WHERE id = ?", to);
    return true;
  }

  /** Takes back a first step whose second one failed. */
  cancel(to: string, from: string): void {
    const sql = "DELETE FROM sessions WHERE id = ? AND state = 'pending' AND link = ?";
    this.#sql.exec(sql, to, from);
  }

  /** Whether `from` was rotated to `to`. */
  moved(from: string, to: string): boolean {
    const row = this.#rows.find(from);
    return row?.state === "moved" && row.link === to;
  }

  destroy(id: string): Pending | undefined {
    const row = this.#rows.find(id);
    if (row?.state === "pending") return { pending: row.link };
    if (row?.state === "live") this.#sql.exec("DELETE FROM sessions WHERE id = ?", id);
    return undefined;
  }

  /** Removes a session if it is the subject's, or says where it went. */
  destroyOf(id: string, subject: string, now: number): boolean | Pending | { moved: string } {
    const row = this.#rows.find(id);
    if (row?.state === "moved") return { moved: row.link };
    const standing = this.#rows.standing(id, now);
    if (standing !== undefined && "pending" in standing) return standing;
    const sql = "DELETE FROM sessions WHERE id = ? AND subject = ? RETURNING id";
    const deleted = this.#sql.exec(sql, id, subject).toArray().length === 1;
    return deleted && standing !== undefined;
  }

  subject(subject: string, now: number): SubjectRows {
    const sql = "SELECT id, state, expires, link FROM sessions WHERE subject = ?";
    const rows: SubjectRows = { live: [], pending: [], moved: [] };
    for (
      const row of this.#sql.exec(sql, subject).toArray() as unknown as (Row & { id: string })[]
    ) {
      if (row.state === "moved") rows.moved.push([row.id, row.link]);
      else if (!isLive(row, now)) continue;
      else if (row.state === "live") rows.live.push(row.id);
      else rows.pending.push([row.id, row.link]);
    }
    return rows;
  }

  /** Removes what is live of a subject, except one, and answers `removed` and where to look on. */
  destroySubject(
    subject: string,
    except: string | null,
    now: number,
  ): Omit<SubjectRows, "live"> & { removed: number } {
    const { live, pending, moved } = this.subject(subject, now);
    const removed = live.filter((id) => id !== except);
    for (const id of removed) this.#sql.exec("DELETE FROM sessions WHERE id = ?", id);
    return { removed: removed.length, pending, moved };
  }

  page(after: string | null, limit: number, now: number): Page {
    const sql = `SELECT id, state, json, version, expires, link FROM sessions
      WHERE id > ? OR ? IS NULL ORDER BY id LIMIT ?`;
    const rows = this.#sql.exec(sql, after, after, limit)
      .toArray() as unknown as (Row & { id: string })[];
    const live = rows.filter((row) => row.state !== "moved" && isLive(row, now));
    const page: Page = {
      live: live.filter(({ state }) => state === "live").map((row) => [row.id, stored(row)]),
      pending: live.filter(({ state }) => state === "pending").map(({ id, link }) => [id, link]),
    };
    return rows.length < limit ? page : { ...page, after: rows[rows.length - 1]!.id };
  }

  length(now: number): { live: number; pending: [id: string, from: string][] } {
    const living = "FROM sessions WHERE (expires IS NULL OR expires > ?) AND state";
    const [row] = this.#sql.exec(`SELECT count(*) AS n ${living} = 'live'`, now).toArray();
    const pending = this.#sql.exec(`SELECT id, link ${living} = 'pending'`, now).toArray();
    return {
      live: row!["n"] as number,
      pending: pending.map(({ id, link }) => [id as string, link as string]),
    };
  }

  /** Removes every row and says how many were there. */
  clear(): number {
    const [row] = this.#sql.exec("SELECT count(*) AS n FROM sessions").toArray();
    this.#sql.exec("DELETE FROM sessions");
    return row!["n"] as number;
  }

  /** Removes expired sessions and says how many; what was rotated away does not count. */
  sweep(limit: number, now: number): number {
    const sql = `DELETE FROM sessions WHERE id IN
      (SELECT id FROM sessions WHERE expires <= ? AND state <> 'moved' LIMIT ?) RETURNING id`;
    return this.#sql.exec(sql, now, limit).toArray().length;
  }

  /** Removes rows of any state that nobody will ask for, and says how many. */
  drop(limit: number, now: number): number {
    const sql = `DELETE FROM sessions WHERE id IN
      (SELECT id FROM sessions WHERE keep <= ? LIMIT ?) RETURNING id`;
    return this.#sql.exec(sql, now, limit).toArray().length;
  }

  isEmpty(): boolean {
    return this.#sql.exec("SELECT 1 FROM sessions LIMIT 1").toArray().length === 0;
  }
}
