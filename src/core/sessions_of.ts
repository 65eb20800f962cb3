/** The live sessions of one subject, read from their store. */
import { askStore } from "./ask_store.ts";
import type { CommitSettings } from "./commit_loop.ts";
import { whyOver } from "./lifecycle.ts";
import { parseStored } from "./session_json.ts";
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
}

/** So many records are read at the same time. */
const AT_ONCE = 16;

/** Those of the names that the store lists for a subject which are sessions of his, and live. */
export async function* sessionsOf(
  settings: CommitSettings,
  subject: string,
  names: readonly string[],
): AsyncGenerator<SubjectSession> {
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const some = names.slice(at, at + AT_ONCE).map((name) => find(settings, subject, name));
    for (const found of await Promise.all(some)) if (found !== undefined) yield found;
  }
}

async function find(
  settings: CommitSettings,
  subject: string,
  name: string,
): Promise<SubjectSession | undefined> {
  const { store, clock, rules } = settings;
  const stored = await askStore(settings, [name, subject], () => store.read(name));
  const data = stored && parseStored(stored)?.data;
  if (data === undefined) return undefined;
  const { expires } = stored!;
  const { cookie } = data;
  const notes = notesIn(data);
  if (whyOver({ cookie, notes, expires }, clock.now(), rules) !== undefined) return undefined;
  if (subjectIn(notes) !== subject) return undefined;
  return { name, key: textIn(notes, "device") ?? name, cookie, notes, expires };
}
