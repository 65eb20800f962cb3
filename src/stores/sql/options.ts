/** The options that every SQL store has, read once. */
import { systemClock } from "../../clock.ts";
import { kindOf } from "../../errors.ts";
import type { Dialect } from "./dialect.ts";
import { checkNow, checkTtl } from "../shared/option_checks.ts";

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
  readonly now: () => number;
}

/** Checks the common options. */
export function resolveSqlOptions(options: SqlOptions, dialect: Dialect): ResolvedSqlOptions {
  const { table = "session", ttl = 86_400, now = systemClock.now } = options;
  checkName("table", table, dialect.longestName);
  checkTtl(ttl);
  checkNow(now);
  return { table, ttl: ttl * 1000, now };
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
