/** No more than so many sessions of one subject: the oldest make room. */
import type { EventHub } from "../events.ts";
import type { MaybePromise } from "../store.ts";
import { limit } from "../option_checks.ts";
import { askStore } from "./ask_store.ts";
import type { CommitSettings } from "./commit_loop.ts";
import { parseStored } from "./session_json.ts";
import { notesIn, timeIn } from "./session_metadata.ts";
import { hasSubjects, idsOf } from "./subject_sessions.ts";

/** The option, or `undefined` where there is no limit. */
export function resolveMaxSessions(option: unknown, store: object): number | undefined {
  const most = limit("maxSessions", option);
  if (most === undefined || most === Infinity) return undefined;
  if (!Number.isInteger(most)) throw new RangeError('Option "maxSessions" must be a whole number');
  if (hasSubjects(store)) return most;
  throw new TypeError('Option "maxSessions" needs a store that keeps an index of subjects');
}

/** Ends a subject's oldest sessions where it has too many with the one of this id. */
export function makeRoom(
  settings: CommitSettings & { readonly events: EventHub },
  subject: string | undefined,
  id: string,
): MaybePromise<void> {
  const { maxSessions, events, store } = settings;
  if (maxSessions === undefined || subject === undefined) return;
  return tooMany(settings, subject, id, maxSessions).then(async (ids) => {
    for (const old of ids) {
      await askStore(settings, old, () => store.destroy(old));
      events.emit("evicted", {});
    }
  });
}

/**
 * Answers the ids of the oldest sessions beyond `most`, `own` aside. Of parallel logins
 * whoever looks last sees all, and each finds the same ones to be the oldest.
 */
async function tooMany(
  settings: CommitSettings,
  subject: string,
  own: string,
  most: number,
): Promise<readonly string[]> {
  const others = (await idsOf("login", settings, subject)).filter((id) => id !== own);
  if (others.length < most) return [];
  const dated = await Promise.all(others.map(async (id) => {
    const stored = await askStore(settings, [id, subject], () => settings.store.read(id));
    const parsed = stored && parseStored(stored);
    const notes = parsed && notesIn(parsed.data);
    return { id, since: notes && (timeIn(notes, "authenticatedAt") ?? 0) };
  }));
  const living = dated.filter(({ since }) => since !== undefined);
  living.sort((one, other) => one.since! - other.since! || (one.id < other.id ? -1 : 1));
  return living.slice(0, Math.max(living.length - (most - 1), 0)).map(({ id }) => id);
}
