/** What is shown of a stored session: never its id, nor the values in it unless they are asked for. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { aliasIn } from "../core/alias_record.ts";
import { META, notesIn, subjectIn, textIn, timeIn } from "../core/session_metadata.ts";
import type { StoredSession } from "../store.ts";
import { SEALED } from "../stores/encrypt/sealed_json.ts";

/** A session as `inspect` shows it. Times are milliseconds since the epoch. */
export interface SessionSummary {
  /** Names it to the tool, and opens nothing. */
  readonly handle: string;
  readonly subject: string | undefined;
  readonly label: string | undefined;
  readonly createdAt: number | undefined;
  readonly authenticatedAt: number | undefined;
  /** `null`: its cookie names no end. */
  readonly expiresAt: number | null;
  /** Of its text in UTF-8. */
  readonly bytes: number;
  /** The names of its data. */
  readonly keys: readonly string[];
  /** Whether its text says nothing to the tool: encrypted, or no JSON. */
  readonly sealed: boolean;
}

type Data = Record<string, unknown>;

/**
 * What names a session in place of its id: 71 bits of a digest, of which no id can be made. It
 * never begins with a `-`, which a shell would hand on as an option.
 */
export function handleOf(id: string): string {
  const digest = createHash("sha256").update(`websession.cli\n${id}`).digest("base64url");
  return digest.slice(0, 12).replace(/^-/, "_");
}

/** Whether a text may be such a name. */
export function isHandle(text: string): boolean {
  return /^[\w-]{12}$/.test(text);
}

/** Whether a record is a note of ours beside the sessions: of a replaced id, of somebody's turn. */
export function isNote(id: string, stored: StoredSession): boolean {
  return id.endsWith(".lease") || aliasIn(stored) !== undefined;
}

/** The data of a session; nothing where they are encrypted, or no JSON. */
export function dataIn({ json }: Pick<StoredSession, "json">): Data | undefined {
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return undefined;
    const data = parsed as Data;
    return SEALED in data ? undefined : data;
  } catch {
    return undefined;
  }
}

/** Whose session it is, as far as its text says so. */
export function subjectOf(stored: Pick<StoredSession, "json">): string | undefined {
  const data = dataIn(stored);
  return data === undefined ? undefined : subjectIn(notesIn(data));
}

/** What is shown of it. */
export function summaryOf(id: string, stored: StoredSession): SessionSummary {
  const data = dataIn(stored);
  const notes = notesIn(data ?? {});
  return {
    handle: handleOf(id),
    subject: subjectIn(notes),
    label: textIn(notes, "label"),
    createdAt: timeIn(notes, "createdAt"),
    authenticatedAt: timeIn(notes, "authenticatedAt"),
    expiresAt: stored.expires,
    bytes: Buffer.byteLength(stored.json),
    keys: Object.keys(data ?? {}).filter((key) => key !== "cookie" && key !== META),
    sealed: data === undefined,
  };
}
