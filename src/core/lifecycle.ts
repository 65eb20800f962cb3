/** When a session is over: its cookie has ended, it was silent too long, or it is too old. */
import { lifetimeOf } from "../cookie/lifetime.ts";
import { expiryOf } from "../expiry.ts";
import { type Notes, timeIn } from "./session_metadata.ts";

/** The limits of an entry's sessions, in milliseconds; `Infinity`: none. */
export interface LifecycleRules {
  /** What the options say; left out, the default holds for sessions whose cookie names no longer life. */
  readonly idleTimeout: number | undefined;
  readonly absoluteTimeout: number | undefined;
  /** How old an id becomes; left out: any age. */
  readonly rotateAfter: number | undefined;
  /** How often those who wait for a session's end look for it themselves; left out: never. */
  readonly recheckInterval?: number | undefined;
  readonly defaults: { readonly idleTimeout: number; readonly absoluteTimeout: number };
  /** The version of the data of a new session, where the application counts them. */
  readonly dataVersion?: number | undefined;
  /** The purpose of the sessions: the name of their cookie. */
  readonly name: string | undefined;
  /** Notes on every session when it began, and for what. */
  readonly notesBeginning: boolean;
}

/** Sessions end when their cookies do. */
export const NO_LIMITS: LifecycleRules = {
  idleTimeout: undefined,
  absoluteTimeout: undefined,
  rotateAfter: undefined,
  defaults: { idleTimeout: Infinity, absoluteTimeout: Infinity },
  name: undefined,
  notesBeginning: false,
};

export type WhyOver = "expired" | "idle" | "absolute";

/** The longest silence. A cookie with a life of its own outranks the default, not the option. */
export function idleLimit(cookie: unknown, { idleTimeout, defaults }: LifecycleRules): number {
  if (idleTimeout !== undefined) return idleTimeout;
  return expiryOf(cookie) === null ? defaults.idleTimeout : Infinity;
}

/** The longest life. A cookie that lives longer outranks the default, not the option. */
export function absoluteLimit(
  cookie: unknown,
  { absoluteTimeout, defaults }: LifecycleRules,
): number {
  if (absoluteTimeout !== undefined) return absoluteTimeout;
  if (defaults.absoluteTimeout === Infinity) return Infinity;
  return Math.max(defaults.absoluteTimeout, lifetimeOf(cookie).originalMaxAge ?? 0);
}

/** When its last login was, or where there was none, when it began. */
function beginningOf(notes: Notes): number | undefined {
  return timeIn(notes, "authenticatedAt") ?? timeIn(notes, "createdAt");
}

/** Whether its id is to be replaced: nobody has it for longer, whoever has come by it. */
export function isRenewalDue(notes: Notes, now: number, { rotateAfter }: LifecycleRules): boolean {
  if (rotateAfter === undefined) return false;
  const drawn = Math.max(timeIn(notes, "renewedAt") ?? 0, beginningOf(notes) ?? now);
  return now - drawn >= rotateAfter;
}

/** When a session is too old, whatever its visits: nothing but a login moves this. */
export function oldestEnd(cookie: unknown, notes: Notes, rules: LifecycleRules): number {
  const began = beginningOf(notes);
  return began === undefined ? Infinity : began + absoluteLimit(cookie, rules);
}

/** When a session that is visited now ends, for the store: milliseconds since the epoch, or `null`. */
export function endOf(
  cookie: unknown,
  notes: Notes,
  now: number,
  rules: LifecycleRules,
): number | null {
  const end = Math.min(
    expiryOf(cookie) ?? Infinity,
    now + idleLimit(cookie, rules),
    oldestEnd(cookie, notes, rules),
  );
  return end === Infinity ? null : end;
}

/** Why a record that was found is none any more, if so. */
export function whyOver(
  { cookie, notes, expires }: {
    readonly cookie: unknown;
    readonly notes: Notes;
    readonly expires: number | null;
  },
  now: number,
  rules: LifecycleRules,
): WhyOver | undefined {
  if (oldestEnd(cookie, notes, rules) <= now) return "absolute";
  if (expires === null || expires > now) return undefined;
  return idleLimit(cookie, rules) === Infinity ? "expired" : "idle";
}

/** When a session was last seen, as its end tells; where that tells nothing, when it began. */
export function lastVisit(
  cookie: unknown,
  notes: Notes,
  expires: number | null,
  rules: LifecycleRules,
): number | undefined {
  const began = beginningOf(notes);
  const window = Math.min(lifetimeOf(cookie).originalMaxAge ?? Infinity, idleLimit(cookie, rules));
  if (expires === null || window === Infinity) return began;
  return Math.max(expires - window, began ?? 0);
}

/** A store is told of a new end when it has moved by more than this part of the time left … */
const PART = 20;
/** … or by more than so many milliseconds. */
const MOST = 60_000;

/**
 * Whether the store must be told of a session's new end. Where it is not, the
 * session may end by so little earlier, and never later.
 */
export function isWorthATouch(stored: number | null, end: number | null, now: number): boolean {
  if (stored === null || end === null || end < stored) return true;
  return end - stored > Math.min((end - now) / PART, MOST);
}

/** Whether a store may extend sessions by their cookies' lifetime as it reads them. */
export function mayBeExtended(maxAge: number, { idleTimeout }: LifecycleRules): boolean {
  return idleTimeout === undefined || maxAge <= idleTimeout;
}

/**
 * Whether a session that only its browser has is worth sending again for its new end.
 * A cookie with an end of its own moves only where the options say so.
 */
export function isWorthSealing(
  stored: number | null,
  cookie: unknown,
  notes: Notes,
  now: number,
  rules: LifecycleRules,
): boolean {
  if (stored === null || idleLimit(cookie, rules) === Infinity) return false;
  const end = endOf(cookie, notes, now, rules);
  return end !== null && end - stored > (end - now) / PART;
}

/** Whether the store need not be told of every visit. */
export function isThrottled({ idleTimeout, defaults }: LifecycleRules): boolean {
  return idleTimeout !== undefined || defaults.idleTimeout !== Infinity;
}

/** Whether its age, or that of its id, is limited, and there is no note of when it began. */
export function isOfUnknownAge(cookie: unknown, notes: Notes, rules: LifecycleRules): boolean {
  if (rules.rotateAfter !== undefined) return beginningOf(notes) === undefined;
  return oldestEnd(cookie, notes, rules) === Infinity && absoluteLimit(cookie, rules) < Infinity;
}

/** The notes of a session that begins now, or is seen for the first time. */
export function begun(notes: Notes, now: number, { name }: LifecycleRules): Notes {
  if (timeIn(notes, "createdAt") !== undefined) return notes;
  return { ...notes, createdAt: now, name: notes.name ?? name };
}

/** Whether a session was begun under another name, and so for another purpose. */
export function isForeign({ name: noted }: Notes, { name }: LifecycleRules): boolean {
  return noted !== undefined && name !== undefined && noted !== name;
}
