/** A session that a request loads again, while calls of its own may be storing it. */
import type { Loaded } from "./session_loader.ts";
import type { SessionManager } from "./session_manager.ts";
import type { SessionState } from "./session_state.ts";

/** What stands in the store: looked at once more where a call of this request has stored meanwhile. */
export async function loadAgain(
  manager: SessionManager,
  state: SessionState,
  id: string,
): Promise<Loaded | undefined> {
  for (;;) {
    const { baseText, version } = state;
    const loaded = state.isGone(id) ? undefined : await manager.load(id);
    // It may have been ended, or another begun in its place, by a call that waits for no other.
    if (loaded === undefined || state.isGone(id)) return undefined;
    if (state.baseText === baseText && state.version === version) return loaded;
  }
}
