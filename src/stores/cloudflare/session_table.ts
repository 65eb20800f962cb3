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
  SessionRows,
  type SqlStorageLike,
  stored,
} from "./session_rows.ts";

/**
 * For how long it is known where a session went. A row that is pending so long after its rotation
 * is that of a Worker that died before it could tell a browser the id: nobody will ask for it.
 */
const TRACED = 600_000;

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

  /** Both ids live in this object: one step; `""` as `prepare()`. Among several it leaves a trace. */
  rotate(
    from: string,
    to: string,
    record: SessionRecord,
    version: unknown,
    now: number,
    ttl: number,
    trace: boolean,
  ): CommitResult | Pending | "" {
    if (from !== to && this.#rows.standing(to, now) !== undefined) return "";
    const swapped = this.swap(from, to, version, now);
    if (!("status" in swapped) || swapped.status !== "committed") return swapped;
    if (!trace) this.#sql.exec("DELETE FROM sessions WHERE id = ?", from);
    return { status: "committed", version: this.#rows.put(to, "live", record, "", now, ttl) };
  }

  /** First step of a rotation from another object; `""` where the id is in use. */
  prepare(to: string, from: string, record: SessionRecord, now: number, ttl: number): string {
    const row = this.#rows.standing(to, now);
    // Its own is there where the step is made once more.
    if (row !== undefined && !("pending" in row && row.pending === from)) return "";
    return this.#rows.put(to, "pending", record, from, now, ttl);
  }

  /** Second step, and the moment of the rotation: the old row says where it went. */
  swap(
    from: string,
    to: string,
    version: unknown,
    now: number,
  ): CommitResult | Pending {
    const row = this.#rows.standing(from, now);
    if (row === undefined) return GONE;
    if ("pending" in row) return row;
    if (row.version !== version) return { status: "conflict", current: stored(row) };
    const sql = `UPDATE sessions SET state = 'moved', json = '', version = '', link = ?, keep = ?
      WHERE id = ?`;
    this.#sql.exec(sql, to, now + TRACED, from);
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

  destroy(id: string): Pending | boolean {
    const row = this.#rows.find(id);
    if (row?.state === "pending") return { pending: row.link };
    if (row?.state !== "live") return false;
    this.#sql.exec("DELETE FROM sessions WHERE id = ?", id);
    return true;
  }
}
