/** How often `update()` tries. */
import { SessionError } from "../errors.ts";

/** So often another writer may be faster. */
export const MAX_ROUNDS = 100;

/** What `update()` gives up with. */
export function tooLate(): SessionError {
  return new SessionError("SESSION_CONFLICT", `update() came too late ${MAX_ROUNDS} times`);
}
