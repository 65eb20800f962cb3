/**
 * Carrying one request's changes over onto what another request stored.
 *
 * Whole values per top-level key, never a deep merge: half of one array and
 * half of another is a value nobody wrote.
 */
import { type Data, define, isProtected } from "./session_data.ts";

/** Keys set to a value, or to `undefined` when they were removed. */
export type Patch = ReadonlyMap<string, unknown>;

/** Which top-level keys differ, by their JSON; `cookie` is not data. */
export function diff(base: Data, mine: Data): Patch {
  const patch = new Map<string, unknown>();
  for (const key of Object.keys(mine)) {
    if (key === "cookie") continue;
    const text = JSON.stringify(mine[key]);
    const before = Object.hasOwn(base, key) ? JSON.stringify(base[key]) : undefined;
    if (text !== before) patch.set(key, text === undefined ? undefined : mine[key]);
  }
  for (const key of Object.keys(base)) {
    if (key !== "cookie" && !Object.hasOwn(mine, key)) patch.set(key, undefined);
  }
  return patch;
}

/** Makes `session` hold what `theirs` holds, with `patch` on top. */
export function rebase(session: Data, theirs: Data, patch: Patch): void {
  for (const key of Object.keys(session)) {
    if (key !== "cookie" && !patch.has(key) && !Object.hasOwn(theirs, key)) delete session[key];
  }
  for (const key of Object.keys(theirs)) {
    if (!isProtected(key) && !patch.has(key)) define(session, key, theirs[key]);
  }
  for (const [key, value] of patch) {
    if (value === undefined) delete session[key];
    else define(session, key, value);
  }
}
