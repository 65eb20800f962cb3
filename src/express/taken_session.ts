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
  let target: Pick<Taken, "json" | "version"> = taken;
  // What was stored last may have told no version.
  if (taken.version === undefined) {
    const found = await store.read(id);
    if (found === undefined) throw goneError();
    target = found;
  }
  for (;;) {
    const json = target.json === taken.json ? own : onto(session, taken.json, own, target.json);
    const whole = json === own ? session : JSON.parse(json) as SessionData;
    const outcome = await store.commit(id, recordOf(whole, json), target.version);
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
  if (own === stored) return;
  const [before, now] = [JSON.parse(own), JSON.parse(stored)] as [Data, Data];
  apply(diff(before, now), session as unknown as Data);
  if (META in now) (session as unknown as Data)[META] = now[META];
}
