/** Sessions outside of any request, as `store.load()` makes them: stored by comparing, never revived. */
import type { Data } from "../core/session_data.ts";
import { apply, diff, merge } from "../core/merge.ts";
import { META, notesIn, subjectIn } from "../core/session_metadata.ts";
import { goneError } from "../errors.ts";
import { expiryOf } from "../expiry.ts";
import type { SessionRecord } from "../store.ts";
import { noteTaken, type Taken, takenFrom } from "../stores/express/taken.ts";

/** A session, or what is stored of one. */
interface SessionData {
  readonly cookie: unknown;
}

/** What is stored of a session, and whose it is: a record that does not say so leaves the index. */
export function recordOf(session: SessionData, json = JSON.stringify(session)): SessionRecord {
  const subject = subjectIn(notesIn(session as unknown as Data));
  return { json, expires: expiryOf(session.cookie), ...subject !== undefined && { subject } };
}

/** Says how a session is stored that was taken from a store, if it was. */
export function savingTaken(session: SessionData): (() => Promise<void>) | undefined {
  const taken = takenFrom(session);
  return taken && (() => save(session, taken));
}

/**
 * Lays what has changed since over what others stored meanwhile.
 *
 * @throws {SessionError} `SESSION_GONE` if it has ended.
 */
async function save(session: SessionData, taken: Taken): Promise<void> {
  const { store, id } = taken;
  const own = JSON.stringify(session);
  // What was stored last may have told no version: that one never matches, and tells what is there.
  let target: Pick<Taken, "json" | "version"> = taken;
  for (;;) {
    const json = onto(session, taken.json, own, target.json);
    const record = recordOf(JSON.parse(json) as SessionData, json);
    const outcome = await store.commit(id, record, target.version);
    if (outcome.status === "gone") throw goneError();
    if (outcome.status === "committed") {
      follow(session, own, json);
      noteTaken(session, { store, id, json, version: outcome.version });
      return;
    }
    target = outcome.current;
  }
}

/** The cookie is the session's own, as with every `save()`. */
function onto({ cookie }: SessionData, base: string, own: string, theirs: string): string {
  return JSON.stringify({ ...JSON.parse(merge(base, own, theirs)), cookie });
}

/** Others' changes reach the object, too; what was written since stays. */
function follow(session: SessionData, own: string, stored: string): void {
  const [before, now] = [JSON.parse(own), JSON.parse(stored)] as [Data, Data];
  // Notes that are none any more were taken by others: a message is read once.
  apply(new Map([...diff(before, now), [META, now[META]]]), session as unknown as Data);
}
