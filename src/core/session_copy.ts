/** The way from the text of a session to the object a handler holds. */
import { type Data, define } from "./session_data.ts";
import { mergeNotes, META, notesIn } from "./session_metadata.ts";
import type { SessionState } from "./session_state.ts";

/**
 * Lets a session follow what was stored of it. `before` is what it held when the
 * call was made: what the handler has changed since stays, and is stored later.
 */
export function adopt(session: Data, state: SessionState, before: string, stored: string): void {
  state.snapshots.follow(session, before, stored);
  if (stored === before) return;
  const old = JSON.parse(before) as Data;
  const now = JSON.parse(stored) as Data;
  for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
    if (state.isHidden(key) || isTaken(session, key) || same(old[key], now[key])) continue;
    const held = Object.hasOwn(session, key) ? session[key] : undefined;
    if (!same(held, Object.hasOwn(old, key) ? old[key] : undefined)) continue;
    if (Object.hasOwn(now, key)) define(session, key, now[key]);
    else delete session[key];
  }
  const notes = mergeNotes(notesIn(old), state.notes, notesIn(now));
  state.hide(now);
  state.notes = notes;
}

/** Methods, and what a session has beside its data: no stored key stands in front of them. */
function isTaken(session: Data, key: string): boolean {
  return key in session && !Object.prototype.propertyIsEnumerable.call(session, key);
}

function same(one: unknown, other: unknown): boolean {
  try {
    return one === other || JSON.stringify(one) === JSON.stringify(other);
  } catch {
    // What JSON cannot express is in no text.
    return false;
  }
}

/**
 * What a store written against express-session is handed where the session
 * itself will not do: of its class, with its request and id, and holding `content`.
 */
export function shadowOf(session: Data, content: string, cookie: unknown): Data {
  const shadow = Object.create(Object.getPrototypeOf(session)) as Data;
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(session))) {
    if (!property.enumerable) Object.defineProperty(shadow, key, property);
  }
  define(shadow, "cookie", cookie);
  const data = JSON.parse(content) as Data;
  for (const key of Object.keys(data)) define(shadow, key, data[key]);
  return shadow;
}

/** Such stores leave marks on what they are handed: those belong on the session. */
export function bringHome(session: Data, shadow: Data, content: string): void {
  const sent = JSON.parse(content) as Data;
  for (const key of Object.keys(shadow)) {
    if (key !== "cookie" && key !== META && !same(shadow[key], sent[key])) {
      define(session, key, shadow[key]);
    }
  }
}
