/**
 * Carrying one request's changes over onto what another request stored.
 *
 * Whole values per top-level key, never a deep merge: half of one array and
 * half of another is a value nobody wrote. Our own notes are merged by note.
 */
import { type Data, define, type Keep } from "./session_data.ts";
import { mergeNotes, META, notesIn } from "./session_metadata.ts";

/** Keys set to a value, or to `undefined` when they were removed. */
export type Patch = ReadonlyMap<string, unknown>;

/**
 * Which top-level keys differ, by their JSON; neither the cookie nor our notes are data.
 * Each side was parsed by itself: no object is in both.
 */
export function diff(base: Data, mine: Data): Patch {
  const patch = new Map<string, unknown>();
  for (const key of Object.keys(mine)) {
    if (key === "cookie" || key === META || mine[key] === base[key]) continue;
    const text = JSON.stringify(mine[key]);
    const before = Object.hasOwn(base, key) ? JSON.stringify(base[key]) : undefined;
    if (text !== before) patch.set(key, text === undefined ? undefined : mine[key]);
  }
  for (const key of Object.keys(base)) {
    if (key !== "cookie" && key !== META && !Object.hasOwn(mine, key)) patch.set(key, undefined);
  }
  return patch;
}

/** Sets what a patch sets, and removes what it removes. */
export function apply(patch: Patch, to: Data): void {
  for (const [key, value] of patch) {
    if (value === undefined) delete to[key];
    else define(to, key, value);
  }
}

/**
 * The text of `theirs` with everything on top that changed from `base` to
 * `mine`. All are texts of data, so whatever comes of it shares no object with them.
 */
export function merge(base: string, mine: string, theirs: string): string {
  if (theirs === base) return mine;
  if (mine === base) return theirs;
  const before = JSON.parse(base) as Data;
  const now = JSON.parse(mine) as Data;
  const merged = JSON.parse(theirs) as Data;
  apply(diff(before, now), merged);
  return withNotes(merged, mergeNotes(notesIn(before), notesIn(now), notesIn(merged)));
}

/** Data as text, with these notes and no others. */
export function withNotes(data: Data, notes: object): string {
  delete data[META];
  if (Object.keys(notes).length > 0) data[META] = notes;
  return JSON.stringify(data);
}

/** Removes what is not kept; `cookie` and our notes are not data. */
export function keepOnly(data: Data, keep: Keep): void {
  if (keep === true) return;
  const kept = new Set<string>(keep === false ? [] : keep);
  for (const key of Object.keys(data)) {
    if (key !== "cookie" && key !== META && !kept.has(key)) delete data[key];
  }
}
