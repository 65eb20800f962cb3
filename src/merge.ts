/**
 * Carrying one request's changes over onto what another request stored.
 *
 * Whole values per top-level key, never a deep merge: half of one array and
 * half of another is a value nobody wrote.
 */

export type Data = Record<string, unknown>;

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

/**
 * Names stored data must not take: express-session's methods and what every
 * object inherits. Any other name belongs to the application, even where a
 * method of ours has it: an app that keeps `session.login` goes on doing so.
 */
const PROTECTED: ReadonlySet<string> = new Set([
  ...["req", "id", "cookie", "touch", "resetMaxAge", "save", "reload", "destroy", "regenerate"],
  ...Object.getOwnPropertyNames(Object.prototype),
]);

export function isProtected(key: string): boolean {
  return PROTECTED.has(key);
}

/** Makes a plain own property, whatever the prototype has under its name: a setter, a getter. */
export function define(target: Data, key: string, value: unknown): void {
  if (!(key in target) || Object.hasOwn(target, key)) target[key] = value;
  else {
    Object.defineProperty(target, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
}
