/**
 * What may touch many sessions.
 *
 * The server goes along an index document by document, while others write. One whose place in it
 * changes meanwhile may be met twice or not at all: so each way is along an index in which a session
 * stays where it is, whatever its id and its end become.
 *
 * @module
 */
import { SessionError } from "../../errors.ts";
import type { StoredSession } from "../../store.ts";
import type { Calls } from "./calls.ts";
import { ended, idIn, isLive, living, ofSubject, toStored } from "./document.ts";

/** In the order in which the documents were made. */
const BY_DOCUMENT = { hint: { _id: 1 } };
/** Of one subject, in the order in which they lie. */
const BY_SUBJECT = { hint: { subject: 1 } };
const BY_END = { hint: { expires: 1 } };

/** So many sessions are read at once. */
const PAGE = 250;
/** So many ids are, and so many expired sessions dropped. */
const BATCH = 1_000;
/** New sessions came each time: that is a fault. */
const MAX_ATTEMPTS = 100;

/** Every live session with its id. */
export async function* everySession(
  calls: Calls,
  now: () => number,
): AsyncGenerator<[id: string, stored: StoredSession]> {
  for await (const document of calls.find(living(now()), { ...BY_DOCUMENT, batchSize: PAGE })) {
    const stored = isLive(document, now()) ? toStored(document) : undefined;
    if (stored !== undefined) yield [idIn(document), stored];
  }
}

/** Drops every session, and no document that is none. */
export async function clear(calls: Calls): Promise<void> {
  await calls.removeMany({ sid: { $type: "string" } }, BY_DOCUMENT.hint);
}

/** Drops at most `limit` sessions that have expired, and says how many it dropped. */
export async function sweep(calls: Calls, now: number, limit: number): Promise<number> {
  let dropped = 0;
  for (;;) {
    const size = Math.floor(Math.min(BATCH, limit - dropped));
    if (!(size > 0)) return dropped;
    const ids: unknown[] = [];
    const way = { ...BY_END, limit: size, batchSize: size, projection: { sid: 1 } };
    for await (const document of calls.find(ended(now), way)) {
      ids.push((document as { _id?: unknown })._id);
    }
    // One that was made anew under an expired one's id has the same document.
    const those = { _id: { $in: ids }, ...ended(now) };
    if (ids.length > 0) dropped += await calls.removeMany(those, BY_DOCUMENT.hint);
    if (ids.length < size) return dropped;
  }
}

/** The ids of the live sessions of a subject. */
export async function list(calls: Calls, subject: string, now: number): Promise<string[]> {
  const ids: string[] = [];
  const theirs = { ...ofSubject(subject), ...living(now) };
  const way = { ...BY_SUBJECT, batchSize: BATCH, projection: { _id: 0, sid: 1 } };
  for await (const document of calls.find(theirs, way)) {
    ids.push(idIn(document));
  }
  return ids;
}

/**
 * Removes the sessions of a subject until a look finds none left, and says how many lived: a
 * removal may have passed the place of one that became this subject's while it was under way.
 */
export async function removeAll(
  calls: Calls,
  subject: string,
  except: string | undefined,
  now: () => number,
): Promise<number> {
  const theirs = ofSubject(subject, except);
  let lived = 0;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    lived += await calls.removeMany({ ...theirs, ...living(now()) }, BY_SUBJECT.hint);
    if (await calls.findOne(theirs, BY_SUBJECT) === undefined) return lived;
    await calls.removeMany({ ...theirs, ...ended(now()) }, BY_SUBJECT.hint);
  }
  throw new SessionError("SESSION_CONFLICT", "New sessions of the subject came each time");
}
