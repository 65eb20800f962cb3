/** Checks that options of every module share, in one wording: "must be …, not …". */
import { kindOf } from "./errors.ts";
import { isPromise } from "./maybe_promise.ts";

/** Throws a TypeError for options of sessions, or one of them, that are none, or not there yet. */
export function checkOptions(options: unknown, what = "Session options"): void {
  let kind = kindOf(options);
  if (isPromise(options)) {
    // Nobody else waits for it.
    options.then(undefined, () => {});
    kind = "a promise: the function must not be async";
  } else if (kind === "a value of type object") return;
  throw new TypeError(`${what} must be an object, not ${kind}`);
}

/** A boolean option that is off unless it says otherwise. */
export function flag(option: string, value: unknown): boolean {
  if (value === undefined) return false;
  if (typeof value === "boolean") return value;
  throw new TypeError(`Option "${option}" must be a boolean, not ${kindOf(value)}`);
}

/** An option that is a function, or left out. */
export function callable<F>(option: string, value: F): F {
  if (value === undefined || typeof value === "function") return value;
  throw new TypeError(`Option "${option}" must be a function, not ${kindOf(value)}`);
}

/** An option that limits something: more than nothing, or `Infinity`; left out, it says nothing. */
export function limit(option: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (amount(option, value, 0) > 0) return value as number;
  throw new RangeError(`Option "${option}" must be more than 0; Infinity is no limit`);
}

/** So young an id is never replaced: the last one may still lead to it. */
const YOUNGEST = 60_000;

/** How old a session's id becomes, in milliseconds. */
export function idAge(value: unknown, isSealed = false): number | undefined {
  const age = kept("rotateAfter", value, isSealed);
  if (age === undefined || age >= YOUNGEST) return age;
  throw new RangeError(
    `Option "rotateAfter" must be at least ${YOUNGEST} milliseconds, not ${age}`,
  );
}

/** How long to wait before the sessions of a store are looked for again. */
export function pause(value: unknown, isSealed = false): number | undefined {
  return kept("recheckInterval", value, isSealed);
}

/** A limit that a sealed store cannot have: it keeps nothing, and `Infinity` asks for nothing. */
function kept(option: string, value: unknown, isSealed: boolean): number | undefined {
  const ms = limit(option, value);
  if (ms === Infinity) return undefined;
  if (ms === undefined || !isSealed) return ms;
  throw new TypeError(`Option "${option}" needs a store that keeps the sessions`);
}

/** A non-negative number option with a default. */
export function amount(option: string, value: unknown, byDefault: number, most = Infinity): number {
  if (value === undefined) return byDefault;
  if (typeof value !== "number" || Number.isNaN(value)) {
    throw new TypeError(`Option "${option}" must be a number, not ${kindOf(value)}`);
  }
  if (value < 0 || value > most) {
    throw new RangeError(`Option "${option}" must be between 0 and ${most}, not ${value}`);
  }
  return value;
}
