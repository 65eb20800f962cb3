/**
 * The rows of one Durable Object.
 *
 * A row is `live`, `pending` (a rotation from another object wants to put it
 * here; `link` is the old id) or `moved` (it was rotated away; `link` is the
 * new id). A pending row is alive from the moment that the old row is `moved`.
 */
import type { SessionRecord, StoredSession } from "../../store.ts";

/** What the store needs of a Durable Object's `storage.sql`. */
export interface SqlStorageLike {
  /** Runs one statement, or several without parameters. */
  exec(query: string, ...bindings: (string | number | null)[]): {
    toArray(): Record<string, unknown>[];
  };
}

/** An answer that has to wait: whether the id lives is known where `pending` lives. */
export interface Pending {
  readonly pending: string;
}

/** A row as the statements read it. */
export interface Row {
  state: "live" | "pending" | "moved";
  json: string;
  version: string;
  expires: number | null;
  link: string;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY, state TEXT NOT NULL, json TEXT NOT NULL, version TEXT NOT NULL,
    expires INTEGER, keep INTEGER NOT NULL, subject TEXT, link TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS sessions_keep ON sessions (keep);
  CREATE INDEX IF NOT EXISTS sessions_subject ON sessions (subject) WHERE subject IS NOT NULL;
  CREATE INDEX IF NOT EXISTS sessions_pending ON sessions (state) WHERE state = 'pending';`;

/** A row outlives its session, so that no other clock finds it missing while it lives. */
export const KEPT_LONGER = 60_000;

/** One row at a time. */
export class SessionRows {
  readonly #sql: SqlStorageLike;

  constructor(sql: SqlStorageLike) {
    this.#sql = sql;
    sql.exec(SCHEMA);
  }

  /** The row of an id, in any state. */
  find(id: string): Row | undefined {
    const sql = "SELECT state, json, version, expires, link FROM sessions WHERE id = ?";
    return this.#sql.exec(sql, id).toArray()[0] as unknown as Row | undefined;
  }

  /** The row of an id that is live, or may be. */
  standing(id: string, now: number): Row | Pending | undefined {
    const row = this.find(id);
    if (row === undefined || row.state === "moved") return undefined;
    if (isLive(row, now)) return row.state === "pending" ? { pending: row.link } : row;
    // Dropped on sight: a clock that is set back finds nothing to revive.
    if (row.state === "live") this.#sql.exec("DELETE FROM sessions WHERE id = ?", id);
    return undefined;
  }

  /** Writes a row, whatever was there, under a fresh version. */
  put(
    id: string,
    state: Row["state"],
    { json, expires, subject }: SessionRecord,
    link: string,
    now: number,
    ttl: number,
  ): string {
    const version = crypto.randomUUID();
    const keep = keepUntil(expires, now, ttl);
    // A row keeps its number: whoever walks the rows meets none twice and misses none.
    const sql = `INSERT INTO sessions
      (id, state, json, version, expires, keep, subject, link) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET state = excluded.state, json = excluded.json,
        version = excluded.version, expires = excluded.expires, keep = excluded.keep,
        subject = excluded.subject, link = excluded.link`;
    this.#sql.exec(sql, id, state, json, version, expires, keep, subject || null, link);
    return version;
  }
}

export function isLive({ expires }: { expires: number | null }, now: number): boolean {
  return expires === null || expires > now;
}

export function keepUntil(expires: number | null, now: number, ttl: number): number {
  return (expires ?? now + ttl) + KEPT_LONGER;
}

export function stored({ json, version, expires }: Row): StoredSession {
  return { json, version, expires };
}
