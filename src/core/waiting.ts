/** One who waits for a session's end, as those who bring it about see him. */
import type { Clock } from "../clock.ts";
import type { SessionEndReason } from "../errors.ts";
import type { MaybePromise } from "../store.ts";

export interface Waiting {
  readonly clock: Clock;
  readonly subject: string | undefined;
  /** How often it looks by itself, in milliseconds; left out: never. */
  readonly recheckInterval: number | undefined;
  end(why: SessionEndReason): void;
  /** Looks whether the session lives; `why` is what ended it if it does not. */
  look(why?: SessionEndReason): MaybePromise<void>;
  /** The session has another id. */
  follow(to: string): void;
  /** A visit has moved the end of a session that only its browser has. */
  extend(end: number): void;
  /** The store's notices cannot be heard. */
  report(error: unknown): void;
}
