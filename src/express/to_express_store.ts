/** A native store behind express-session's callbacks. */
import { kindOf } from "../errors.ts";
import { expiryOf, setExpiry } from "../expiry.ts";
import { after, isPromise } from "../maybe_promise.ts";
import { checkStore } from "../core/check_store.ts";
import { endingLive } from "../core/live_sessions.ts";
import type {
  IterableStore,
  MaybePromise,
  SessionRecord,
  SessionStore,
  StoredSession,
} from "../store.ts";
import type { Cookie } from "./cookie.ts";
import { Session, type SessionData } from "./session.ts";
import { actionsFor } from "./session_actions.ts";
import { defineMethods, NATIVE, Store } from "./store.ts";
import { noteTaken } from "../stores/express/taken.ts";
import { recordOf, savingTaken } from "./taken_session.ts";

type Stored = SessionData & { cookie: { expires?: unknown } };
// deno-lint-ignore no-explicit-any
type Done<T> = ((error: any, value?: T) => void) | undefined;

/** Answers by callback, on a later turn as every store does, or by promise. */
function reply<T>(
  callback: Done<T>,
  act: () => MaybePromise<T>,
  told: (value: T) => unknown[] = (value) => value === undefined ? [] : [null, value],
): Promise<T> | void {
  if (typeof callback !== "function") return (async () => await act())();
  const failed = (error: unknown) => void setImmediate(callback, error);
  const done = (value: T) => void setImmediate(callback as () => void, ...told(value) as []);
  try {
    const result = act();
    if (isPromise(result)) result.then(done, failed);
    else done(result);
  } catch (error) {
    failed(error);
  }
}

/** The stored text as express-session reads it, with every touch counted. */
export function sessionOf({ json, expires }: StoredSession): Stored {
  const session = JSON.parse(json) as Stored;
  const { cookie } = session;
  // An end that was not moved stays as it was written, be it a number.
  if (cookie && expires !== expiryOf(cookie)) {
    setExpiry(cookie, expires, (end) => end.toISOString());
  }
  return session;
}

/** A session of ours is stored as its own `save()` does it: one that has ended is refused. */
function ownSave(face: Face, id: string, session: unknown): (() => MaybePromise<void>) | undefined {
  if (!(session instanceof Session) || session.id !== id) return undefined;
  // A store that does more than ours is told by the wrapper around it.
  if (session.req.sessionStore !== face || nativeOf(face) === undefined) return undefined;
  const actions = actionsFor(session);
  return actions === undefined ? savingTaken(session) : () => actions.save(session);
}

function take(store: SessionStore, id: string, stored: StoredSession): Stored {
  const { json, version } = stored;
  return noteTaken(sessionOf(stored), { store, id, json, version });
}

/** Inserts or replaces; at once where the store answers at once, as MemoryStore always did. */
function upsert(native: SessionStore, id: string, record: SessionRecord): MaybePromise<void> {
  const again = () => upsert(native, id, record);
  return after(native.read(id), (stored) => {
    if (stored === undefined) {
      return after(native.create(id, record), (created) => created ? undefined : again());
    }
    return after(native.commit(id, record, stored.version), ({ status }) => {
      return status === "committed" ? undefined : again();
    });
  });
}

/** Rewrites the cookie alone, and only of a session that is there. */
function touch(native: SessionStore, id: string, cookie: Cookie): MaybePromise<void> {
  return after(native.read(id), (stored) => {
    if (stored === undefined) return;
    const session = JSON.parse(stored.json) as SessionData;
    session.cookie = cookie;
    return after(native.commit(id, recordOf(session), stored.version), ({ status }) => {
      return status === "conflict" ? touch(native, id, cookie) : undefined;
    });
  });
}

async function byId(native: IterableStore): Promise<Record<string, SessionData>> {
  const sessions: Record<string, SessionData> = Object.create(null);
  for await (const [id, stored] of native.all()) sessions[id] = sessionOf(stored);
  return sessions;
}

async function listed(native: IterableStore): Promise<SessionData[]> {
  const sessions: SessionData[] = [];
  for await (const [id, stored] of native.all()) {
    sessions.push(Object.assign(sessionOf(stored), { id }));
  }
  return sessions;
}

async function idsOf(native: IterableStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const [id] of native.all()) ids.push(id);
  return ids;
}

/** A native store behind callbacks. */
export interface ListingStore extends Store {
  /** The ids of all sessions. */
  // deno-lint-ignore no-explicit-any
  ids?(callback: (error: any, ids?: string[]) => void): void;
}

interface Face extends Store {
  [NATIVE]: SessionStore;
}

/** Verbs every native store has. Any value names a session here, as it named a property. */
export const verbs = {
  get(this: Face, id: string, callback: Done<SessionData | undefined>): unknown {
    return reply(
      callback,
      () =>
        after(
          this[NATIVE].read(String(id)),
          (stored) => stored === undefined ? undefined : take(this[NATIVE], String(id), stored),
        ),
      // Whether there is one or not.
      (session) => [null, session],
    );
  },
  set(this: Face, id: string, session: SessionData, callback: Done<void>): unknown {
    const save = ownSave(this, String(id), session);
    return reply(callback, save ?? (() => upsert(this[NATIVE], String(id), recordOf(session))));
  },
  destroy(this: Face, id: string, callback: Done<void>): unknown {
    const [native, name] = [this[NATIVE], String(id)];
    const destroyed = () => endingLive(native, name, "destroyed", () => native.destroy(name));
    return reply(callback, () => after(destroyed(), () => {}));
  },
  touch(this: Face, id: string, session: SessionData, callback: Done<void>): unknown {
    return reply(callback, () => touch(this[NATIVE], String(id), session.cookie));
  },
};

/** Verbs of native stores that can be iterated, as MemoryStore always had them. */
export const iteration = {
  all(this: Face, callback: Done<Record<string, SessionData>>): unknown {
    return reply(callback, () => byId(this[NATIVE] as IterableStore));
  },
  length(this: Face, callback: Done<number>): unknown {
    return reply(callback, () => (this[NATIVE] as IterableStore).length());
  },
  clear(this: Face, callback: Done<void>): unknown {
    return reply(callback, () => (this[NATIVE] as IterableStore).clear());
  },
};

/** The same as other stores have them: connect-redis for one. */
const listing = {
  ...iteration,
  all(this: Face, callback: Done<SessionData[]>): unknown {
    return reply(callback, () => listed(this[NATIVE] as IterableStore));
  },
  ids(this: Face, callback: Done<string[]>): unknown {
    return reply(callback, () => idsOf(this[NATIVE] as IterableStore));
  },
};

/** Whether nobody replaced a verb: only then may the native store be asked directly. */
export function nativeOf(store: Store): SessionStore | undefined {
  const native = (store as Partial<Face>)[NATIVE];
  const face = store as unknown as typeof verbs;
  const pristine = face.get === verbs.get && face.set === verbs.set &&
    face.destroy === verbs.destroy && face.touch === verbs.touch;
  return pristine ? native : undefined;
}

const NativeStore = function (this: Face, native: SessionStore) {
  (Store as unknown as (this: Store) => void).call(this);
  Object.defineProperty(this, NATIVE, { value: native });
  if ("all" in native) Object.assign(this, listing);
} as unknown as new (native: SessionStore) => ListingStore;
Object.setPrototypeOf(NativeStore.prototype, Store.prototype as object);
defineMethods(NativeStore.prototype, verbs);

/**
 * Gives a native store the callback face of express-session, so that
 * `req.sessionStore` and code written for it keep working. The middleware
 * itself goes on asking the native store, with all it promises.
 *
 * Where the native store can be iterated, `all()` gives a list of sessions, each
 * with its `id`, and `ids()` those alone; `length()` and `clear()` are there, too.
 *
 * @throws {TypeError} If `store` lacks a verb.
 *
 * @example
 * ```ts ignore
 * import session, { toExpressStore } from "websession";
 * import { memoryStore } from "websession/stores/memory";
 *
 * app.use(session({ secret, store: toExpressStore(memoryStore({ max: 10_000 })) }));
 * ```
 */
export function toExpressStore(store: SessionStore): ListingStore {
  if ("sealed" in Object(store)) {
    throw new TypeError('Option "store" must keep the sessions: a sealed store needs a Web entry');
  }
  checkStore(store);
  if (typeof (store as { get?: unknown }).get === "function") {
    throw new TypeError(`toExpressStore() needs a native store, not ${kindOf(store)} with "get"`);
  }
  return new NativeStore(store);
}
