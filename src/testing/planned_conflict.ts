/** The conflict that a test wants a write to meet. */
import type { CommitResult, SessionStore } from "../store.ts";
import type { StoreCall } from "./intercept.ts";

/**
 * What a `commit()` or `rotate()` answers that somebody else's write came before:
 * what stands there, or `gone` where nothing does. Nothing is written.
 */
export async function plannedConflict(
  store: SessionStore,
  { args: [id] }: StoreCall,
): Promise<CommitResult> {
  const current = await store.read(id as string);
  return current === undefined ? { status: "gone" } : { status: "conflict", current };
}
