/** The live sessions of one subject, read from their store. */
import { askStore } from "./ask_store.ts";
import type { CommitSettings } from "./commit_loop.ts";
import { whyOver } from "./lifecycle.ts";
import { parseStored } from "./session_json.ts";
import type { StoredSession } from "../store.ts";
import { idsOf } from "./subject_sessions.ts";
import { type Notes, notesIn, subjectIn, textIn } from "./session_metadata.ts";

/** A session as it was found. */
export interface SubjectSession {
  /** What its store calls it. */
  readonly name: string;
  /** What it is, whichever id it has: noted at its login, else the name. */
  readonly key: string;
  readonly cookie: unknown;
  readonly notes: Notes;
  readonly expires: number | null;
  /** When its store drops it, where the cookie names no end. */
  readonly keptUntil: number | undefined;
}

/** So many records are read at the same time. */
const AT_ONCE = 16;
/** A session that moves is looked for again; nobody moves one so often on purpose. */
export const MOST_MOVES = 10;

/**
 * Those of the names that the store lists for a subject which are sessions of his, and live.
 * One that moves to a new id between the list and its read is found under the new one.
 */
export async function* sessionsOf(
  settings: CommitSettings,
  subject: string,
  names: readonly string[],
): AsyncGenerator<SubjectSession> {
  const seen = new Set<string>();
  for (let rest = names, moves = 0; rest.length > 0 && moves <= MOST_MOVES; moves++) {
    let hasMissed = false;
    for (let at = 0; at < rest.length; at += AT_ONCE) {
      const some = rest.slice(at, at + AT_ONCE);
      const read = await Promise.all(some.map((name) => readOf(settings, subject, name)));
      for (const [index, stored] of read.entries()) {
        const name = some[index]!;
        seen.add(name);
        if (stored === undefined) hasMissed = true;
        else yield* live(settings, subject, name, stored);
      }
    }
    if (!hasMissed) return;
    const listed = await idsOf("list", settings, subject);
    rest = listed.filter((name) => !seen.has(name));
  }
}

function readOf(settings: CommitSettings, subject: string, name: string) {
  return askStore(settings, [name, subject], () => settings.store.read(name));
}

function* live(
  { clock, rules }: CommitSettings,
  subject: string,
  name: string,
  stored: StoredSession,
): Generator<SubjectSession> {
  const data = parseStored(stored)?.data;
  if (data === undefined) return;
  const { expires, keptUntil } = stored;
  const { cookie } = data;
  const notes = notesIn(data);
  if (whyOver({ cookie, notes, expires }, clock.now(), rules) !== undefined) return;
  if (subjectIn(notes) !== subject) return;
  yield { name, key: textIn(notes, "device") ?? name, cookie, notes, expires, keptUntil };
}
