/**
 * Copies sessions from one store to another.
 *
 * Nothing is noted of how far it got: whoever runs it again compares. What is there already costs
 * a read, and what is not is copied, so a copy that was cut off anywhere is taken up by the next.
 */
import type { SessionRecord, StoredSession } from "../store.ts";
import type { ToolStore } from "./opened_store.ts";
import { dataIn, isNote, subjectOf } from "./session_summary.ts";

/** What is done about a session that the other store has already, in another state. */
export type OnDiffering = "leave" | "update" | "overwrite";

/** What became of the sessions that were looked at. */
export interface CopyCount {
  /** Copied. */
  copied: number;
  /** There already, with the same text and end. */
  same: number;
  /** There already, and replaced by what the source has. */
  replaced: number;
  /** There already in another state, and left as it was. */
  differing: number;
  /** Ended in the source while they were copied, and not left in the other store either. */
  gone: number;
  /** Of those copied or replaced: encrypted, so that nobody can say whose they are. */
  sealed: number;
}

/** How to go about it. */
export interface CopyOptions {
  readonly onDiffering: OnDiffering;
  /** When this aborts, what is under way is finished and nothing more begun. */
  readonly signal: AbortSignal;
  /** Told after each session. */
  readonly onProgress: (count: Readonly<CopyCount>) => void;
}

/** So many at once: connections that wait are no work. */
const AT_ONCE = 16;

/** Copies what there is, and counts. */
export async function copySessions(
  from: ToolStore,
  to: ToolStore,
  { onDiffering, signal, onProgress }: CopyOptions,
): Promise<CopyCount> {
  const count: CopyCount = { copied: 0, same: 0, replaced: 0, differing: 0, gone: 0, sealed: 0 };
  const underWay = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  for await (const [id, stored] of from.all()) {
    if (signal.aborted || failure !== undefined) break;
    // Of a moment: an id that was replaced, somebody's turn.
    if (isNote(id, stored)) continue;
    const one = copyOne(from, to, id, stored, onDiffering).then((outcome) => {
      count[outcome]++;
      const isWritten = outcome === "copied" || outcome === "replaced";
      if (isWritten && dataIn(stored) === undefined) count.sealed++;
      onProgress(count);
    }).catch((error: unknown) => {
      failure ??= { error };
    }).finally(() => underWay.delete(one));
    underWay.add(one);
    if (underWay.size >= AT_ONCE) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  if (failure !== undefined) throw failure.error;
  return count;
}

type Outcome = Exclude<keyof CopyCount, "sealed">;

async function copyOne(
  from: ToolStore,
  to: ToolStore,
  id: string,
  stored: StoredSession,
  onDiffering: OnDiffering,
): Promise<Outcome> {
  const record = recordOf(stored);
  if (await to.create(id, record)) return await unlessGone(from, to, id, "copied");
  const there = await to.read(id);
  // It has ended there this very moment: the next run copies it.
  if (there === undefined) return "differing";
  if (isSame(there, stored)) return "same";
  if (!isToBeReplaced(there, stored, onDiffering)) return "differing";
  const { status } = await to.commit(id, record, there.version);
  if (status !== "committed") return "differing";
  return await unlessGone(from, to, id, "replaced");
}

/** A logout that came between the read and the write must not be undone by it. */
async function unlessGone(
  from: ToolStore,
  to: ToolStore,
  id: string,
  otherwise: Outcome,
): Promise<Outcome> {
  if (await from.read(id) !== undefined) return otherwise;
  await to.destroy(id);
  return "gone";
}

/** The record of a stored session, with whose it is as far as its text says so. */
export function recordOf(stored: StoredSession): SessionRecord {
  const { json, expires } = stored;
  const subject = subjectOf(stored);
  return subject === undefined ? { json, expires } : { json, expires, subject };
}

/** Stores keep an end to the millisecond, the one or other to the second. */
const SECOND = 1000;

/** Whether two stores hold a session in the same state. */
export function isSame(one: StoredSession, other: StoredSession): boolean {
  return one.json === other.json && laterBy(one, other) < SECOND && laterBy(other, one) < SECOND;
}

/** Whether the source's state takes the place of the one that is there. */
export function isToBeReplaced(
  there: StoredSession,
  source: StoredSession,
  onDiffering: OnDiffering,
): boolean {
  if (onDiffering !== "update") return onDiffering === "overwrite";
  // Whoever used a session has moved its end, or written to it before it could be moved.
  return laterBy(source, there) > 0;
}

/** By how many milliseconds the first ends after the second. */
function laterBy(one: StoredSession, other: StoredSession): number {
  if (one.expires === other.expires) return 0;
  return (one.expires ?? Infinity) - (other.expires ?? Infinity);
}
