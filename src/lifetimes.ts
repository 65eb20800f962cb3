/**
 * How long a session may live, as standards ask for it.
 *
 * @module
 */

/** Limits of a session's life. Times are milliseconds. */
export interface Lifetimes {
  /** The longest silence between two visits; `Infinity`: no limit. */
  readonly idleTimeout: number;
  /** The longest life after the last login, or where there was none, after its beginning. */
  readonly absoluteTimeout: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Limits by the name of who asks for them: OWASP's Session Management Cheat
 * Sheet (session expiration: 2 to 5 minutes of silence for applications of high
 * value, 15 to 30 for others; 4 to 8 hours in all), NIST SP 800-63B-4
 * (reauthentication: AAL1 within 30 days; AAL2 within 24 hours and an hour of
 * silence; AAL3 within 12 hours and 15 minutes).
 *
 * @example
 * ```ts
 * import { createSessions, lifetimes } from "@websession/websession";
 *
 * const sessions = createSessions({ secret: "x".repeat(32), ...lifetimes.nistAal2 });
 * if (lifetimes.nistAal2.idleTimeout !== 3_600_000) throw new Error("not an hour");
 * ```
 */
export const lifetimes: Readonly<
  Record<"owaspHighValue" | "owaspLowValue" | "nistAal1" | "nistAal2" | "nistAal3", Lifetimes>
> = {
  owaspHighValue: { idleTimeout: 5 * MINUTE, absoluteTimeout: 4 * HOUR },
  owaspLowValue: { idleTimeout: 30 * MINUTE, absoluteTimeout: 8 * HOUR },
  nistAal1: { idleTimeout: Infinity, absoluteTimeout: 30 * DAY },
  nistAal2: { idleTimeout: HOUR, absoluteTimeout: 24 * HOUR },
  nistAal3: { idleTimeout: 15 * MINUTE, absoluteTimeout: 12 * HOUR },
};
