/**
 * A session as an item: the JSON object that connect-memcached stores, with the end in a note
 * beside the cookie's own fields, where express-session passes it by and whoever saves drops it.
 */
import { toMoment } from "../shared/moment.ts";

/** As everywhere: what is ours. */
const NOTE = "$websession";

interface Note {
  /** The end, which a `touch()` moves and the text does not say. */
  readonly end: number | null;
  /** The text, where the object around it would be written in another way. */
  readonly text?: string;
}

type Members = Record<string, unknown>;

/** A session in an item. */
export interface Kept {
  readonly json: string;
  readonly end: number | null;
}

/** What to store of a session. */
export function toValue(json: string, end: number | null): Members {
  const session = parsed(json) ?? {};
  const cookie = membersOf(session["cookie"]) ?? {};
  const noted = (note: Note): Members => ({ ...session, cookie: { ...cookie, [NOTE]: note } });
  const value = noted({ end });
  // Keys that are numbers go first in an object, and stand where they were written in a text.
  return toKept(value)?.json === json ? value : noted({ end, text: json });
}

/** What an item says of a session, be it ours or one that connect-memcached has stored. */
export function toKept(value: unknown): Kept | undefined {
  const session = typeof value === "string" ? parsed(value) : membersOf(value);
  const cookie = membersOf(session?.["cookie"]);
  if (session === undefined || cookie === undefined) return undefined;
  const { [NOTE]: note, ...own } = cookie;
  const { end, text } = (membersOf(note) ?? { end: endIn(own) }) as Partial<Note>;
  if (end !== null && typeof end !== "number") return undefined;
  const json = typeof text === "string" ? text : JSON.stringify({ ...session, cookie: own });
  return { json, end };
}

/** When the cookie ends by its own word. */
function endIn({ expires }: Members): number | null {
  const end = typeof expires === "string" ? Date.parse(expires) : NaN;
  return Number.isNaN(end) ? null : toMoment(end);
}

function parsed(json: string): Members | undefined {
  try {
    return membersOf(JSON.parse(json));
  } catch {
    return undefined;
  }
}

function membersOf(value: unknown): Members | undefined {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? value as Members : undefined;
}
