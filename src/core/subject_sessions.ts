/** The sessions of one subject, where the store keeps an index of subjects. */
import { kindOf, SessionError } from "../errors.ts";
import { after } from "../maybe_promise.ts";
import type { MaybePromise, SubjectStore } from "../store.ts";
import { askStore, type StoreSettings } from "./ask_store.ts";
import { liveSessionsOf } from "./live_sessions.ts";

/** The ids of a subject's sessions. Throws `STORE_UNSUPPORTED` without an index. */
export function idsOf(
  method: string,
  settings: StoreSettings,
  subject: string,
): MaybePromise<string[]> {
  checkSubject(method, subject);
  const store = indexed(settings);
  return askStore(settings, subject, () => store.list(subject));
}

/** Ends a subject's sessions, `except` aside, and says how many. Throws as `listSessions()`. */
export function endSessions(
  settings: StoreSettings,
  subject: string,
  except: string | undefined,
): MaybePromise<number> {
  checkSubject("revokeAll", subject);
  // An empty one names no session, and would spare none.
  if (except !== undefined) checkHandle("revokeAll", except);
  const store = indexed(settings);
  const ended = askStore(settings, [subject, except], () => store.destroyAll(subject, except));
  return after(ended, (count) => {
    liveSessionsOf(settings.store)?.endSubject(subject, except);
    return count;
  });
}

/** Refuses what names no session. */
export function checkHandle(method: string, handle: unknown): asserts handle is string {
  if (typeof handle === "string" && handle !== "") return;
  throw new TypeError(
    `${method}() needs a session: a string that list() gave, not ${kind(handle)}`,
  );
}

function checkSubject(method: string, subject: unknown): void {
  if (typeof subject === "string" && subject !== "") return;
  throw new TypeError(`${method}() needs a subject: a non-empty string, not ${kind(subject)}`);
}

function kind(value: unknown): string {
  return value === "" ? "an empty one" : kindOf(value);
}

/** What stores of connect-redis' kind are not. */
export const INDEXED =
  "an index of subjects, as in redisStore({ client, prefix }) of websession/stores/redis";

/** Whether a store keeps an index of subjects. */
export function hasSubjects(store: object): boolean {
  const { list, destroyAll } = store as Partial<SubjectStore>;
  return typeof list === "function" && typeof destroyAll === "function";
}

function indexed({ store }: StoreSettings): SubjectStore {
  if (hasSubjects(store)) return store as SubjectStore;
  throw new SessionError(
    "STORE_UNSUPPORTED",
    `This needs ${INDEXED}`,
  );
}
