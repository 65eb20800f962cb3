/** How often `update()` tries. */
import { SessionError } from "../errors.ts";

/** So often another writer may be faster. */
export const MAX_ROUNDS = 100;

/** So often its function may take longer than `ioTimeout` while all others wait for it. */
export const MOST_TIMES_SLOW = 3;

/** What `update()` gives up with. */
export function tooLate(times = MAX_ROUNDS): SessionError {
  return new SessionError("SESSION_CONFLICT", `update() came too late ${times} times`);
}
