/** What the scripts answer, as the contract says it. */
import type { CommitResult, StoredSession } from "../../store.ts";

/** A record as it leaves a script, `<end>:<json>`. */
export function toStored(answer: unknown): StoredSession | undefined {
  if (typeof answer !== "string") return undefined;
  const colon = answer.indexOf(":");
  const json = answer.slice(colon + 1);
  const cookie = cookieOf(json);
  if (cookie === undefined) return undefined;
  const at = Number(answer.slice(0, colon));
  if (at < 0) return { json, version: json, expires: null };
  if (cookie?.["expires"] !== null) return { json, version: json, expires: at };
  // A cookie that names no end: the one the key has is a limit of ours.
  return { json, version: json, expires: null, keptUntil: at };
}

/** Whether a text was answered alone: it was given its end just now. */
export function isTouched(answer: string): boolean {
  return answer.startsWith("{") || answer.startsWith("=");
}

/** A record that was given its end just now. */
export function toTouched(json: string, expires: number): StoredSession | undefined {
  return cookieOf(json) === undefined ? undefined : { json, version: json, expires };
}

/** The cookie of a session; `null` when it has none, `undefined` when it is no session. */
function cookieOf(json: string): Record<string, unknown> | null | undefined {
  try {
    const session = JSON.parse(json) as { cookie?: unknown } | null;
    if (typeof session !== "object" || session === null || Array.isArray(session)) return undefined;
    const { cookie } = session;
    return typeof cookie === "object" ? cookie as Record<string, unknown> | null : null;
  } catch {
    return undefined;
  }
}

/** The answer of a script that replaces a record by `json`. */
export function toResult(answer: unknown, json: string): CommitResult {
  if (answer === 1) return { status: "committed", version: json };
  if (answer === 2) throw new Error("The new session id is in use already");
  const current = Array.isArray(answer) ? toStored(answer[0]) : undefined;
  // What stands there may be no session at all: then there is none to give back.
  return current === undefined ? { status: "gone" } : { status: "conflict", current };
}

/** The other mark of a record that conflicts with a version it looks the same as. */
export function otherMark(answer: unknown, version: string): string | undefined {
  if (!Array.isArray(answer) || version === "") return undefined;
  const [found, mark] = answer as [string, string];
  return found.slice(found.indexOf(":") + 1) === version ? mark : undefined;
}

/** Takes the letter off each string of a list. */
export function unmark(list: unknown): string[] {
  return (list as string[]).map((marked) => marked.slice(1));
}

/** Where the page of an index goes on that begins behind the last score of one; "" at its end. */
export function nextScore(since: string, last: string): string {
  const score = last.slice(1);
  // A page of nothing but one score: scores do not repeat, but it must not be read for ever.
  return score === since ? `(${score}` : score;
}
