/** The options that every SQL store has, read once. */
import { systemClock } from "../../clock.ts";
import { kindOf } from "../../errors.ts";
import type { Dialect } from "./dialect.ts";
import { checkKnown } from "../shared/known_options.ts";
import { checkMilliseconds, checkNow, checkTtl } from "../shared/option_checks.ts";

/** Options common to the SQL stores. */
export interface SqlOptions {
  /**
   * The table that holds the sessions. A letter or `_`, then letters, digits
   * and `_`; at most 51 of them.
   *
   * @default {"session"}
   */
  table?: string;
  /**
   * Seconds that a session lives after its last write or touch when its cookie
   * names no end. The browser still drops such a cookie when it closes.
   *
   * @default {86_400}
   */
  ttl?: number;
  /**
   * Milliseconds between two sweeps of expired rows; `0` and `Infinity` never
   * sweep. It begins with the first session that this store creates, goes on
   * in batches that let everybody else have their turn, keeps no process alive
   * and fails in silence. In Workers a timer ends with its request: sweep from
   * a scheduled handler there.
   *
   * @default {900_000}
   */
  sweepInterval?: number;
  /**
   * The clock: milliseconds since the epoch. The clock of the database is
   * never asked.
   *
   * @default {() => Date.now()}
   */
  now?: () => number;
}

/** The options with every field present. */
export interface ResolvedSqlOptions {
  readonly table: string;
  /** Milliseconds. */
  readonly ttl: number;
  /** Milliseconds. */
  readonly sweepInterval: number;
  readonly now: () => number;
}

const COMMON = ["client", "table", "ttl", "sweepInterval", "now"];

/** Checks the common options, and that there are no others than `more`. */
export function resolveSqlOptions(
  options: SqlOptions,
  dialect: Dialect,
  more: readonly string[] = [],
): ResolvedSqlOptions {
  checkKnown(options, [...COMMON, ...more]);
  const { table = "session", ttl = 86_400, sweepInterval = 900_000, now = systemClock.now } =
    options;
  checkName("table", table, dialect.longestName);
  checkTtl(ttl);
  checkMilliseconds("sweepInterval", sweepInterval);
  checkNow(now);
  return { table, ttl: ttl * 1000, sweepInterval, now };
}

/** Checks what says where a table is, and that it says nothing else than `more` knows. */
export function resolvePlace(
  place: { readonly table?: string },
  dialect: Dialect,
  more: readonly string[] = [],
): { readonly table: string } {
  checkKnown(place, ["table", ...more]);
  const { table = "session" } = place;
  checkName("table", table, dialect.longestName);
  return { table };
}

/** Refuses what is no plain name: names cannot be bound as parameters. */
export function checkName(option: string, name: unknown, longest: number): void {
  if (typeof name !== "string") {
    throw new TypeError(`Option "${option}" must be a string, but it is ${kindOf(name)}`);
  }
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name.length > longest) {
    throw new TypeError(
      `Option "${option}" must be a name of letters, digits and "_", at most ${longest} long`,
    );
  }
}
