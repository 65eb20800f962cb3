/** Checks of the options that several stores have; each throws a TypeError that names the option. */
import { kindOf } from "../../errors.ts";

/** Checks how many seconds a session without an end lives. */
export function checkTtl(ttl: unknown): void {
  if (typeof ttl === "number" && ttl > 0 && ttl < Infinity) return;
  throw refusal("ttl", "a number of seconds above 0", ttl);
}

/** Checks the clock. */
export function checkNow(now: unknown): void {
  if (typeof now === "function") return;
  throw new TypeError(`Option "now" must be a function, not ${kindOf(now)}`);
}

/** Checks how many things there may be: at least one. */
export function checkMax(option: string, value: unknown): void {
  if (typeof value === "number" && value >= 1) return;
  throw refusal(option, "a number of at least 1", value);
}

/** Checks a time, which may be none or endless. */
export function checkMilliseconds(option: string, value: unknown): void {
  if (typeof value === "number" && value >= 0) return;
  throw refusal(option, "a number of milliseconds, 0 or more", value);
}

/** Checks a whole number from 1 up to `most`. */
export function checkWhole(option: string, value: unknown, most = Infinity): void {
  if (Number.isInteger(value) && value as number >= 1 && value as number <= most) return;
  const range = most === Infinity ? "of at least 1" : `from 1 to ${most}`;
  throw refusal(option, `a whole number ${range}`, value);
}

function refusal(option: string, wanted: string, value: unknown): TypeError {
  const given = typeof value === "number" ? value : kindOf(value);
  return new TypeError(`Option "${option}" must be ${wanted}, not ${given}`);
}
