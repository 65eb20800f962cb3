/** Sessions an application has taken out of a store itself, and what they were by then. */
import { sharedByBuilds } from "../../shared_by_builds.ts";
import type { SessionStore, Version } from "../../store.ts";

/** What a session was when it was taken, or stored last. */
export interface Taken {
  /** Where it is. */
  readonly store: SessionStore;
  readonly id: string;
  readonly json: string;
  readonly version: Version;
}

const all = sharedByBuilds("taken", () => new WeakMap<object, Taken>());

/** Notes it for what the application is handed; of nothing it notes nothing. */
export function noteTaken<Session>(session: Session, taken: Taken | undefined): Session {
  if (taken !== undefined && typeof session === "object" && session !== null) {
    all.set(session, taken);
  }
  return session;
}

export function takenFrom(session: object): Taken | undefined {
  return all.get(session);
}

interface Foresighted {
  isGone(id: string, version: Version): boolean;
}

/** Says whether a session of its kind, with that id, is known to have ended; of others nothing. */
type Asker = (session: object, id: string) => boolean | undefined;
const askers = sharedByBuilds("askers", () => new Set<Asker>());

export function askWhetherEnded(asker: Asker): void {
  askers.add(asker);
}

export function hasEnded(session: object | undefined, id: string): boolean {
  if (session === undefined) return false;
  for (const ask of askers) {
    const answer = ask(session, id);
    if (answer !== undefined) return answer;
  }
  // One that the real express-session's classes have made.
  const taken = takenFrom(session);
  return taken?.id === id &&
    (taken.store as Partial<Foresighted>).isGone?.(id, taken.version) === true;
}
