/** The data of a session: plain properties, whatever their names. */
import { kindOf } from "../errors.ts";

export type Data = Record<string, unknown>;

/** What happens to the data when the id changes: all kept, none, or the named keys. */
export type Keep = boolean | readonly string[];

/** Refuses what would keep the letters of a key. */
export function checkKeep(keep: unknown): void {
  if (keep === undefined || typeof keep === "boolean" || Array.isArray(keep)) return;
  throw new TypeError(
    `"keep" must be true, false or an array of keys, as ["cart"], not ${kindOf(keep)}`,
  );
}

/**
 * Names stored data must not take on Express: express-session's methods and
 * what every object inherits. Any other name belongs to the application.
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

/** Copies stored data onto a session, those left out whose names are taken. */
export function fill(
  session: object,
  data: object,
  isTaken: (key: string) => boolean = isProtected,
): void {
  for (const key in data) {
    if (!isTaken(key)) define(session as Data, key, (data as Data)[key]);
  }
}

export function isEmpty(data: object): boolean {
  for (const _ in data) return false;
  return true;
}
