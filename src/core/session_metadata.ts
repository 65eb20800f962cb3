/** Our own notes on a session: stored beside its data, out of every handler's reach. */
import { type Data, isEmpty, type Keep } from "./session_data.ts";

/** The key they are stored under, so that express-session carries them along. */
export const META = "$websession";

/** Messages for the next request, by type. */
export type FlashMessages = Readonly<Record<string, readonly string[]>>;

export interface Notes {
  /** Who is logged in. */
  readonly subject?: string | undefined;
  /** When the login happened: milliseconds since the epoch. */
  readonly authenticatedAt?: number | undefined;
  /** When the session began, likewise. */
  readonly createdAt?: number | undefined;
  /** When its id was last replaced for its age, likewise. */
  readonly renewedAt?: number | undefined;
  /** The name of the cookie it began under. */
  readonly name?: string | undefined;
  /** What the application calls the device. */
  readonly label?: string | undefined;
  /** What it is to us, whichever id the session has: drawn at a login, anew for each subject. */
  readonly device?: string | undefined;
  /** The version of the data, as the application counts it. */
  readonly dataVersion?: number | undefined;
  /** What is known of the browser's key, where sessions are bound to devices; bounded in size. */
  readonly dbsc?: unknown;
  readonly flash?: FlashMessages | undefined;
}

export const NO_NOTES: Notes = Object.freeze({});

/** The notes in stored data; what is none of ours is none. */
export function notesIn(data: Data): Notes {
  const notes = data[META];
  if (typeof notes !== "object" || notes === null || Array.isArray(notes)) return NO_NOTES;
  return notes;
}

/** The same data with other notes. */
export function notedOn(data: Data, notes: Notes): Data {
  const own = isEmpty(notes) ? {} : { [META]: notes };
  // Mostly there is nothing else: a copy without one member costs much more than to look.
  if (isEmpty(data)) return own;
  const { [META]: _, ...others } = data;
  return { ...others, ...own };
}

export function subjectIn(notes: Notes): string | undefined {
  return typeof notes.subject === "string" ? notes.subject : undefined;
}

/** A text among the notes; what is none is left out. */
export function textIn(notes: Notes, name: "label" | "device"): string | undefined {
  const text: unknown = notes[name];
  return typeof text === "string" ? text : undefined;
}

/** A moment among the notes, in milliseconds since the epoch; what is no number is none. */
export function timeIn(
  notes: Notes,
  name: "authenticatedAt" | "createdAt" | "renewedAt",
): number | undefined {
  const time: unknown = notes[name];
  return typeof time === "number" && Number.isFinite(time) ? time : undefined;
}

/** What is left of them when the id changes: flash messages are kept like data named `flash`. */
export function keptNotes(notes: Notes, keep: Keep): Notes {
  const { flash: _, ...kept } = notes;
  if (keep === false) {
    // With nothing kept another session begins: what was sent to this browser stays noted, and
    // so does what it is to us, for as long as it is the same person's.
    const { createdAt: _, label: __, ...others } = kept;
    return others;
  }
  const keepsFlash = keep === true || keep.includes("flash");
  return keepsFlash ? notes : kept;
}

/** Leaves a message for the next request. */
export function withFlash(notes: Notes, type: string, message: string): Notes {
  const messages = messagesIn(notes);
  return { ...notes, flash: put(messages, type, [...ofType(messages, type), message]) };
}

/** The messages of a type, and the notes without them. */
export function takeFlash(notes: Notes, type: string): [taken: string[], left: Notes] {
  const messages = messagesIn(notes);
  const taken = [...ofType(messages, type)];
  return taken.length === 0
    ? [taken, notes]
    : [taken, withMessages(notes, put(messages, type, []))];
}

/**
 * What one request made of the notes, carried over onto what another stored:
 * note by note, and of messages those that were read and those that were left.
 */
export function mergeNotes(base: Notes, mine: Notes, theirs: Notes): Notes {
  const merged: Record<string, unknown> = { ...theirs };
  for (const name of new Set([...Object.keys(base), ...Object.keys(mine)])) {
    if (same(at(base, name), at(mine, name))) continue;
    if (at(mine, name) === undefined) delete merged[name];
    else merged[name] = at(mine, name);
  }
  let messages = messagesIn(theirs);
  const [before, now] = [messagesIn(base), messagesIn(mine)];
  for (const type of new Set([...Object.keys(before), ...Object.keys(now)])) {
    messages = put(messages, type, mergeMessages(before, now, messages, type));
  }
  return withMessages(merged, messages);
}

/** Reading takes all there were; whatever came since stays. */
function mergeMessages(
  base: FlashMessages,
  mine: FlashMessages,
  theirs: FlashMessages,
  type: string,
): readonly string[] {
  const before = ofType(base, type);
  const now = ofType(mine, type);
  const others = ofType(theirs, type);
  if (startsWith(now, before)) return [...others, ...now.slice(before.length)];
  return [...without(others, before), ...now];
}

/** The messages that are left when each of `taken` is, if it is there, taken away once. */
function without(messages: readonly string[], taken: readonly string[]): readonly string[] {
  const left = [...messages];
  for (const message of taken) {
    const index = left.indexOf(message);
    if (index >= 0) left.splice(index, 1);
  }
  return left;
}

function startsWith(list: readonly string[], start: readonly string[]): boolean {
  return start.every((each, index) => list[index] === each);
}

function messagesIn({ flash }: Notes): FlashMessages {
  return typeof flash === "object" && flash !== null ? flash : {};
}

function ofType(messages: FlashMessages, type: string): readonly string[] {
  const found = Object.hasOwn(messages, type) ? messages[type] : undefined;
  return Array.isArray(found) ? found : [];
}

/** A copy with the messages of one type; a type without any is left out. */
function put(messages: FlashMessages, type: string, list: readonly string[]): FlashMessages {
  const others = Object.entries(messages).filter(([name]) => name !== type);
  return Object.fromEntries(list.length === 0 ? others : [...others, [type, list]]);
}

function withMessages(notes: Notes, messages: FlashMessages): Notes {
  const { flash: _, ...others } = notes;
  return Object.keys(messages).length === 0 ? others : { ...others, flash: messages };
}

function at(notes: Notes, name: string): unknown {
  return (notes as Record<string, unknown>)[name];
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
