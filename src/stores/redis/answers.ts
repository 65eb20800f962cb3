/** What the scripts answer, as the contract says it. */
import type { CommitResult, StoredSession } from "../../store.ts";

/** A record as it leaves a script: `["=<json>", "v<sha1>", <end>]`. */
export function toStored(answer: unknown, end?: number): StoredSession | undefined {
  if (!Array.isArray(answer)) return undefined;
  const [marked, version, at] = answer as [string, string, unknown];
  const json = marked.slice(1);
  const cookie = cookieOf(json);
  if (cookie === undefined) return undefined;
  if (end !== undefined) return { json, version, expires: end };
  // A cookie that names no end: the one the key has is a limit of ours.
  const endless = Number(at) < 0 || cookie?.["expires"] === null;
  return { json, version, expires: endless ? null : Number(at) };
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

/** The answer of a script that writes by version. */
export function toResult(answer: unknown): CommitResult {
  const [status, ...rest] = answer as [string, ...unknown[]];
  if (status === "committed") return { status, version: rest[0] };
  if (status === "taken") throw new Error("The new session id is in use already");
  const current = status === "conflict" ? toStored(rest) : undefined;
  // What stands there may be no session at all: then there is none to give back.
  return current === undefined ? { status: "gone" } : { status: "conflict", current };
}

/** Takes the letter off each string of a list. */
export function unmark(list: unknown): string[] {
  return (list as string[]).map((marked) => marked.slice(1));
}
