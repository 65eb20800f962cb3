/** Finds the session that somebody names: by its handle, its id, or the value of its cookie. */
import type { StoredSession } from "../store.ts";
import { EXIT } from "./exit_codes.ts";
import { badUsage, Failure } from "./failure.ts";
import type { ToolStore } from "./opened_store.ts";
import { handleOf, isHandle } from "./session_summary.ts";
import type { Terminal } from "./terminal.ts";

/** A session that was found. */
export interface FoundSession {
  readonly id: string;
  readonly stored: StoredSession;
}

/** What names a session to people who are to type it. */
export const SESSION_ARGUMENT =
  "its handle, its id or the value of its cookie; - reads it from what is piped in";

/**
 * The id in the value of a cookie, signed or not; other texts as they are. The signature is not
 * looked at: whoever may ask the store needs none.
 *
 * @throws {Failure} If a value is no text that a browser would send.
 */
export function idIn(text: string): string {
  let value = text;
  try {
    value = decodeURIComponent(text);
  } catch {
    // An id with a % in it.
  }
  return /^s:(.*)\.[\w+/=-]{43,44}$/s.exec(value)?.[1] ?? value;
}

/**
 * A sentence about an option that does not exist, which may be an id that begins with a `-`: that
 * is not repeated, and how it is named instead is said.
 */
export function withoutIds(text: string): string {
  return text.replace(/'-(?=[^']*[A-Z0-9_])[^']{11,}'/, () => {
    return "'-…'; a session whose name begins with - stands behind --, as the last word";
  });
}

/** Reads the name of a session where it is piped in. */
export async function sessionNamed(argument: string, terminal: Terminal): Promise<string> {
  const text = argument === "-" ? await terminal.readLine() : argument;
  if (text === "") throw badUsage("No session was named");
  return text;
}

/**
 * Finds it. A handle is looked for among all sessions.
 *
 * @throws {Failure} If there is none; its message does not repeat what was named, which may be an id.
 */
export async function findSession(store: ToolStore, named: string): Promise<FoundSession> {
  const id = idIn(named);
  const stored = await store.read(id);
  if (stored !== undefined) return { id, stored };
  if (isHandle(named)) {
    for await (const [each, found] of store.all()) {
      if (handleOf(each) === named) return { id: each, stored: found };
    }
  }
  throw new Failure("There is no such session", EXIT.absent);
}
