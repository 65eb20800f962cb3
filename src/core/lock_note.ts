/** Who has the lock on a session: one of our notes in its record, wherever that moves. */
import { generateSessionId } from "./session_id.ts";
import type { Notes } from "./session_metadata.ts";

/** A lock that somebody holds. */
interface LockNote {
  /** Drawn for the holder: nobody else can give the lock back. */
  readonly token: string;
  /** Until when it is held if nobody gives it back: milliseconds since the epoch. */
  readonly until: number;
}

const NAME = "lock";

export function newToken(): string {
  return generateSessionId();
}

/** The notes with this lock. */
export function withLock(notes: Notes, lock: LockNote): Notes {
  return { ...notes, [NAME]: lock } as Notes;
}

export function withoutLock(notes: Notes): Notes {
  const { [NAME]: _, ...others } = notes as Record<string, unknown>;
  return others;
}

/** Whether somebody holds it now: a holder that died does so until its lease is over. */
export function isLocked(notes: Notes, now: number): boolean {
  const { until } = lockIn(notes);
  return typeof until === "number" && until > now;
}

/** Whose it is, be its lease over or not. */
export function tokenIn(notes: Notes): unknown {
  return lockIn(notes).token;
}

function lockIn(notes: Notes): Partial<Record<keyof LockNote, unknown>> {
  return Object((notes as Record<string, unknown>)[NAME]);
}
