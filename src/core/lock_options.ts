/**
 * How long a lock is waited for, how long it may be held.
 *
 * @module
 */
import { kindOf } from "../errors.ts";
import { amount } from "../option_checks.ts";
import type { MaybePromise } from "../store.ts";
import { checkNames } from "./known_options.ts";

/** Options of `lock()`. Times are milliseconds. */
export interface LockOptions {
  /** How long others may hold the lock before the call is refused; 0: not at all. @default {10_000} */
  readonly wait?: number | undefined;
  /** How long the lock is held at most, also where its holder dies: up to an hour. @default {30_000} */
  readonly lease?: number | undefined;
}

/**
 * What runs while nobody else has the lock. `signal` aborts when the lease is over: from then on
 * somebody else may have it.
 */
export type LockedFunction<T> = (signal: AbortSignal) => MaybePromise<T>;

const WAIT = 10_000;
const LEASE = 30_000;
const LONGEST_LEASE = 3_600_000;

const known: Required<{ [Name in keyof LockOptions]: unknown }> = { wait: WAIT, lease: LEASE };

/** Refuses what is none of the options, and what cannot be called. */
export function checkLock(
  act: unknown,
  options: LockOptions,
): { readonly wait: number; readonly lease: number } {
  if (typeof act !== "function") {
    throw new TypeError(`lock() needs a function, not ${kindOf(act)}`);
  }
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`lock() needs options that are an object, not ${kindOf(options)}`);
  }
  checkNames(options, known);
  const lease = amount("lease", options.lease, LEASE, LONGEST_LEASE);
  if (lease === 0) throw new RangeError('Option "lease" must be more than 0');
  return { wait: amount("wait", options.wait, WAIT), lease };
}
