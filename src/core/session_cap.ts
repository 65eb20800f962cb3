/** No more than so many sessions of one subject: the oldest make room. */
import type { EventHub } from "../events.ts";
import type { MaybePromise } from "../store.ts";
import { limit } from "../option_checks.ts";
import { askStore } from "./ask_store.ts";
import type { CommitSettings } from "./commit_loop.ts";
import { endingLive } from "./live_sessions.ts";
import { timeIn } from "./session_metadata.ts";
import { MOST_MOVES, sessionsOf } from "./sessions_of.ts";
import { hasSubjects, idsOf, INDEXED } from "./subject_sessions.ts";

/** The option, or `undefined` where there is no limit. */
export function resolveMaxSessions(option: unknown, store: object): number | undefined {
  const most = limit("maxSessions", option);
  if (most === undefined || most === Infinity) return undefined;
  if (!Number.isInteger(most)) throw new RangeError('Option "maxSessions" must be a whole number');
  if (hasSubjects(store)) return most;
  throw new TypeError(
    `Option "maxSessions" needs ${INDEXED}`,
  );
}

/**
 * Ends a subject's oldest sessions where it has too many. Of parallel logins whoever
 * looks last sees all, and each finds the same ones to be the oldest. The login itself
 * is done: that its room could not be made is nobody's failure but the store's.
 */
export function makeRoom(
  settings: CommitSettings & { readonly events: EventHub },
  subject: string | undefined,
): MaybePromise<void> {
  const { maxSessions, events } = settings;
  if (maxSessions === undefined || subject === undefined) return;
  return endOldest(settings, subject, maxSessions).catch((error) => {
    events.emit("error", { error, during: "destroy" });
  });
}

async function endOldest(
  settings: CommitSettings & { readonly events: EventHub },
  subject: string,
  most: number,
  moves = 0,
): Promise<void> {
  const { events, store } = settings;
  const names = await idsOf("login", settings, subject);
  if (names.length <= most) return;
  // While its id is being replaced a session has two records.
  const byKey = new Map<string, { names: string[]; key: string; since: number }>();
  for await (const { name, key, notes } of sessionsOf(settings, subject, names)) {
    const known = byKey.get(key);
    if (known !== undefined) known.names.push(name);
    else byKey.set(key, { names: [name], key, since: timeIn(notes, "authenticatedAt") ?? 0 });
  }
  let hasMoved = false;
  const living = [...byKey.values()];
  living.sort((one, other) => one.since - other.since || (one.key < other.key ? -1 : 1));
  for (const { names } of living.slice(0, Math.max(living.length - most, 0))) {
    let hasEnded = false;
    for (const name of names) {
      const act = () => askStore(settings, name, () => store.destroy(name));
      const was = await endingLive(store, name, "revoked", act);
      hasEnded ||= was !== false;
    }
    if (hasEnded) events.emit("evicted", {}, names[0]);
    else hasMoved = true;
  }
  if (hasMoved && moves < MOST_MOVES) await endOldest(settings, subject, most, moves + 1);
}
