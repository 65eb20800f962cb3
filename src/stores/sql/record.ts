/** Turns records of the contract into rows of a table, or back. */
import type { SessionRecord, StoredSession } from "../../store.ts";
import type { Dialect, Row, Values } from "./dialect.ts";
import { toMoment } from "../shared/moment.ts";
import { toKey } from "./key.ts";

/** The end of a session as columns; one without an end gets the store's own limit. */
export function endOf(expires: number | null, limit: number): Values {
  return expires === null
    ? { expire: limit, endless: 1 }
    : { expire: toMoment(expires), endless: 0 };
}

/** A record as columns. */
export function toValues(record: SessionRecord, version: number, limit: number): Values {
  return {
    json: record.json,
    subject: record.subject ? toKey(record.subject) : null,
    version,
    ...endOf(record.expires, limit),
  };
}

/** A row as the contract shows it; `undefined` if its text is no session. */
export function toStored(row: Row, dialect: Dialect): StoredSession | undefined {
  // Of a column of JSON some clients hand on what they have parsed.
  const json = isParsed(row.json) ? JSON.stringify(row.json) : row.json;
  if (typeof json !== "string" || !/^\s*\{/.test(json)) return undefined;
  if (dialect.looseText && parse(json) === undefined) return undefined;
  // Another library wrote the row when the column is empty: ask its text.
  const endless = row.endless === null ? namesNoEnd(json) : Number(row.endless) === 1;
  const [version, end] = [dialect.versionOf(markOf(row), json), dialect.fromTime(row.expire)];
  return endless
    ? { json, version, expires: null, keptUntil: end }
    : { json, version, expires: end };
}

/** Whether it is an object as `JSON.parse()` makes it: the bytes of a column are of a class. */
function isParsed(json: unknown): boolean {
  return typeof json === "object" && json !== null &&
    Object.getPrototypeOf(json) === Object.prototype;
}

/** Our version in a row: whole numbers of 64 bits are text or bigint to some clients. */
function markOf({ mark }: Row): number | null {
  return mark === null || mark === undefined ? null : Number(mark);
}

/**
 * A version that no write had before: 53 random bits. A counter would start
 * again when an id is made again, and the database would have to tell it.
 */
export function freshVersion(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high & 0x1fffff) * 0x100000000 + low;
}

function namesNoEnd(json: string): boolean {
  const { cookie } = Object(parse(json)) as { cookie?: { expires?: unknown } | null };
  return (cookie?.expires ?? null) === null;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
