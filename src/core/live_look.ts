/** A look at a session in its store, by somebody who waits for its end. */
import { after } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import { askStore } from "./ask_store.ts";
import type { CommitSettings } from "./commit_loop.ts";
import type { FoundSession } from "./found_session.ts";
import { endOf, oldestEnd, whyOver } from "./lifecycle.ts";
import { parseStored } from "./session_json.ts";
import { type Notes, notesIn, subjectIn, timeIn } from "./session_metadata.ts";

/** Whose session it is, by which login: another one is another session to whoever waits. */
export interface LoginOf {
  readonly subject: string | undefined;
  readonly since: number | undefined;
}

/** A session that lives. */
export interface Living extends LoginOf {
  /** Its id: another than was asked for, where that was replaced a moment ago. */
  readonly id: string;
  /** When it ends, if nobody comes again; `Infinity`: never by itself. */
  readonly end: number;
}

export function loginOf(notes: Notes): LoginOf {
  return { subject: subjectIn(notes), since: timeIn(notes, "authenticatedAt") };
}

/** What lives under an id; a store that cannot be asked throws. */
export function lookAt(settings: CommitSettings, id: string): MaybePromise<Living | undefined> {
  const { clock, rules, store } = settings;
  return after(askStore(settings, id, () => store.read(id)), (stored) => {
    const data = stored && parseStored(stored)?.data;
    if (data === undefined) return undefined;
    const notes = notesIn(data);
    const { cookie } = data;
    const { expires, id: actual = id } = stored as Partial<FoundSession>;
    const end = expires ?? null;
    // Of an entry that replaces ids: the session is under another.
    if ("alias" in notes) return undefined;
    if (whyOver({ cookie, notes, expires: end }, clock.now(), rules) !== undefined) {
      return undefined;
    }
    const oldest = oldestEnd(cookie, notes, rules);
    // Where the store keeps to itself when it drops the session: not later than if it was visited now.
    const latest = end ?? endOf(cookie, notes, clock.now(), rules) ?? Infinity;
    return { id: actual, end: Math.min(latest, oldest), ...loginOf(notes) };
  });
}
