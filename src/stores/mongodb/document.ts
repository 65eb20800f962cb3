/** A session as its document holds it, and the conditions that find it. */
import type { SessionRecord, StoredSession } from "../../store.ts";
import { lifetimePrefix } from "../../own_lifetime.ts";
import { checkRecord } from "../shared/limits.ts";
import { toMoment } from "../shared/moment.ts";
import { isSessionText } from "../shared/session_text.ts";
import { fromKey, toKey } from "../sql/key.ts";

/** A document has 16,777,216 bytes, and what is not text in one of ours fewer than a thousand. */
const MOST_BYTES = 16_000_000;

/** A session in the collection; the driver adds an `_id`, which stays as long as the document. */
export interface SessionDocument {
  readonly sid: string;
  readonly json: string;
  readonly version: string;
  /** When it ends, by its cookie or by the store's own limit. */
  readonly expires: Date;
  /** Whether its cookie names no end. */
  readonly endless: boolean;
  /** Whose it is: absent where it is nobody's, and so not in the index. */
  readonly subject?: string;
}

/** What finds documents. */
export type Filter = Readonly<Record<string, unknown>>;

/** An end as fields; a session without one gets the store's own limit, in milliseconds. */
export function endOf(
  expires: number | null,
  now: number,
  limit: number,
): Pick<SessionDocument, "expires" | "endless"> {
  const end = toMoment(expires ?? now + limit);
  return { expires: new Date(end), endless: expires === null };
}

/** The document of a record, with a version that no write had before. */
export function toDocument(
  id: string,
  { json, expires, subject }: SessionRecord,
  now: number,
  limit: number,
): SessionDocument {
  const sid = toKey(id);
  const whose = subject ? { subject: toKey(subject) } : {};
  checkRecord("MongoDB", MOST_BYTES, [sid, json, whose.subject ?? ""]);
  return { sid, json, version: crypto.randomUUID(), ...endOf(expires, now, limit), ...whose };
}

/** The id of a document. */
export function idIn({ sid }: Pick<SessionDocument, "sid">): string {
  return fromKey(sid);
}

/** A document as the contract shows it; `undefined` if its text is no session. */
export function toStored(document: SessionDocument): StoredSession | undefined {
  const { json, version, expires, endless } = document;
  if (!isSessionText(json)) return undefined;
  const end = Number(expires);
  return endless
    ? { json, version, expires: null, keptUntil: end }
    : { json, version, expires: end };
}

/** Whether a document's session lives. */
export function isLive({ expires }: SessionDocument, now: number): boolean {
  return Number(expires) > now;
}

/** Finds the session of an id, live or not. */
export function named(id: string): Filter {
  return { sid: toKey(id) };
}

/** Finds it only where its text is one: of anything else a server cannot take the beginning. */
export function readable(id: string): Filter {
  return { ...named(id), json: { $type: "string" } };
}

/** Finds what lives. */
export function living(now: number): Filter {
  return { expires: { $gt: new Date(now) } };
}

/** Finds what has ended. */
export function ended(now: number): Filter {
  return { expires: { $lte: new Date(now) } };
}

/** Finds the sessions of a subject, except the id `except`. */
export function ofSubject(subject: string, except?: string): Filter {
  const whose = { subject: toKey(subject) };
  return except === undefined ? whose : { ...whose, sid: { $ne: toKey(except) } };
}

/** Moves the end of a live document whose own lifetime is `maxAge`, and leaves every other as it is. */
export function extendOwn(maxAge: number, now: number): object[] {
  const own = lifetimePrefix(maxAge);
  const isOwn = {
    $and: [
      { $gt: ["$expires", new Date(now)] },
      { $eq: [{ $substrCP: ["$json", 0, own.length] }, own] },
    ],
  };
  const { expires, endless } = endOf(now + maxAge, now, 0);
  return [{
    $set: {
      expires: { $cond: [isOwn, expires, "$expires"] },
      endless: { $cond: [isOwn, endless, "$endless"] },
    },
  }];
}
