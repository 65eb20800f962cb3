/** A change on its way to the store: what it is laid on, and what becomes of its session. */
import { type Lifetime, lifetimeOf, setLifetime } from "../cookie/lifetime.ts";
import type { StoredSession, Version } from "../store.ts";
import { Mark } from "./found_session.ts";
import { adopt } from "./session_copy.ts";
import type { Data } from "./session_data.ts";
import { type Parsed, parseStored } from "./session_json.ts";
import { currentOf, savedAs } from "./session_objects.ts";
import type { SessionState } from "./session_state.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Newest } from "./writer_queue.ts";

/** What one call wants stored. */
export interface Change {
  readonly state: SessionState;
  readonly session: Data;
  /** What the session held when the call was made … */
  readonly held: Snapshot;
  /** … and what is to be stored where `theirs` stands. */
  readonly onto: (theirs: string) => string;
  /** The id it moves to, if it does. */
  readonly to?: string | undefined;
  /** The id it moves from leads to it for a while. */
  readonly leavesAlias?: boolean | undefined;
  /** It moves because somebody has logged in. */
  readonly isLogin?: boolean | undefined;
  /** Nothing is stored where it changes nothing. */
  readonly isOptional?: boolean;
}

/** What a session held, to be stored as it is. */
export function changeOf(state: SessionState, session: Data, held: Snapshot): Change {
  return { state, session, held, onto: (theirs) => held.onto(theirs) };
}

/** What this request itself has last seen in the store. */
export function knownTo({ version, baseText }: SessionState): Newest {
  return { version, text: baseText, cookie: undefined };
}

/** What a store handed back; a record that is none does not stand in the way. */
export function newestIn(stored: StoredSession, fallback: string): Newest {
  const parsed = parseStored(stored);
  const { version } = stored;
  return parsed === undefined
    ? { version, text: fallback, cookie: undefined }
    : newestOf(parsed, version);
}

/** The same of a record that has been read already. */
export function newestOf({ text, data }: Parsed, version: Version): Newest {
  return { version, text, cookie: data["cookie"] };
}

/** The cookie that stands in the store where nothing was sent: what the handler did to his is still an edit. */
export function uneditedCookie({ state, session }: Change, cookie: unknown): object {
  const { originalMaxAge, ...attributes } = state.baseCookie;
  const { expires, ...own } = lifetimeOf(cookie);
  return { ...attributes, expires, ...state.lifetimeEdited(session) ? { originalMaxAge } : own };
}

/** Lets a request go on from what stands in the store. */
export function follow(change: Change, id: string, stored: Newest): void {
  const { state, held } = change;
  const { baseText } = state;
  const current = currentOf(state, change.session);
  // What was loaded while the store was busy with this change goes on from what was found then.
  const isOther = current !== change.session && current["id"] === id;
  const session = isOther ? current : change.session;
  const { text, cookie, version } = stored;
  const own = session["cookie"] as Lifetime;
  if (!state.lifetimeEdited(session)) {
    const lifetime = lifetimeOf(cookie);
    // `false`, an old way to say "no end", stays what it is.
    if (lifetime.originalMaxAge !== lifetimeOf(own).originalMaxAge) setLifetime(own, lifetime);
  }
  state.stored(id, text, cookie, version);
  // It was found under another id: the one the browser has leads there for a moment only.
  if (version instanceof Mark && version.id !== id) state.replaced = [id, version.id];
  state.savedText = text;
  state.snapshots.release(held);
  savedAs(state, change.session, isOther ? held.text : text);
  adopt(session, state, isOther ? baseText : held.text, text);
}
