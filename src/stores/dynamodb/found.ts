/** A session as its item holds it. */
import type { SessionRecord, StoredSession, Version } from "../../store.ts";
import type { DynamodbItem } from "./client.ts";
import type { Values } from "./expressions.ts";
import { checkRecord } from "../shared/limits.ts";
import { lifeUntil, toMoment } from "../shared/moment.ts";
import { isSessionText } from "../shared/session_text.ts";
import { fromKey, toKey } from "../sql/key.ts";

/** An item has 409,600 bytes, and what else is in one of ours has fewer than 5,000. */
const MOST_BYTES = 400_000;
/** An item stays this much longer than it lives, so that a skewed clock drops no live one. */
const GRACE = 60_000;
/** So many writes an item remembers. */
const REMEMBERED = 8;

/** What a read found, live or expired. */
export interface Found {
  /** The marks of the last writes, the newest first. */
  readonly marks: string;
  readonly json: string;
  /** When it ends: milliseconds since the epoch. */
  readonly end: number;
  /** Whether its cookie names no end. */
  readonly endless: boolean;
  /** Whose it is, if it is anybody's; then the three fields are there. */
  readonly subject?: string;
  /** Names its entry in the subject's index, and stays when the id is changed. */
  readonly family?: string;
  /** Until when the table keeps that entry at least: seconds since the epoch. */
  readonly keep: number;
}

/** What `commit()` and `rotate()` are handed back: what stood there besides text and end. */
export type Mark = Pick<Found, "marks" | "subject" | "family" | "keep">;

/** Reads an item; `undefined` if it is not one of ours. */
export function toFound(item: DynamodbItem | undefined): Found | undefined {
  const { marks, json, expires, endless, subject, family, keep } = item ?? {};
  const end = Number(expires?.N ?? NaN);
  if (marks?.S === undefined || Number.isNaN(end)) return undefined;
  const found = { marks: marks.S, json: json?.S ?? "", end, endless: endless?.BOOL === true };
  if (subject?.S === undefined || family?.S === undefined) return { ...found, keep: 0 };
  const whose = { subject: fromKey(subject.S), family: family.S };
  return { ...found, ...whose, keep: Number(keep?.N ?? 0) };
}

/** A session as the contract shows it; `undefined` if its text is none. */
export function toStored(found: Found): StoredSession | undefined {
  const { json, end, endless } = found;
  if (!isSessionText(json)) return undefined;
  return { json, version: toMark(found), expires: endless ? null : end };
}

/** The mark of what was found. */
export function toMark({ marks, subject, family, keep }: Found): Mark {
  return subject === undefined || family === undefined
    ? { marks, keep }
    : { marks, subject, family, keep };
}

/** A mark of ours, also one that was copied on its way; `undefined` for anything else. */
export function asMark(version: Version): Mark | undefined {
  const { marks } = Object(version) as Partial<Mark>;
  return typeof marks === "string" ? version as Mark : undefined;
}

/**
 * Marks of a write on what had the marks `before`. The client may send a write again that was
 * done, and hear then that its condition does not hold: whoever finds the mark of its own write
 * knows better, also when others have written since.
 */
export function nextMarks(before = ""): string {
  const kept = before.split(" ", REMEMBERED - 1).join(" ");
  return `${randomText()} ${kept}`.trimEnd();
}

/** Whether a write with these marks is among those that an item remembers. */
export function remembers(found: Found, marks: string): boolean {
  return found.marks.split(" ").includes(marks.split(" ", 1)[0]!);
}

/** A name that nobody else draws. */
export function randomText(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

/** An end as attributes; a session without one gets the store's own limit, in milliseconds. */
export function endOf(
  expires: number | null,
  now: number,
  limit: number,
): { expires: number; endless: boolean; ttl: number } {
  const end = expires === null ? now + limit : toMoment(expires);
  const ttl = Math.ceil((now + lifeUntil(end, now, GRACE)) / 1000);
  return { expires: end, endless: expires === null, ttl };
}

/** How long an entry of an index is kept, so that few touches have to move it: twice as long. */
export function keepOf(ttl: number, now: number): number {
  return ttl + Math.max(0, ttl - Math.floor(now / 1000));
}

/** The text of a record, which may be too long for an item. */
export function textOf({ json }: SessionRecord): string {
  checkRecord("DynamoDB", MOST_BYTES, [json]);
  return json;
}

/** Whose a session is, as attributes; nobody's has none. */
export function whoseOf(subject: string | undefined, family: string, keep: number): Values {
  return subject === undefined ? {} : { subject: toKey(subject), family, keep };
}
