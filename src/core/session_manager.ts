/**
 * The only place that asks the store anything on a request's behalf.
 *
 * It keeps the five invariants: only `create()` makes a record; a rotation is
 * never undone; changes to different keys all survive; the same key goes to
 * the last writer; whoever finds the record gone stores nothing.
 */
import { CommitLoop, type CommitSettings } from "./commit_loop.ts";
import { withTimeout } from "./store_timeout.ts";
import { goneError, isSessionGone, SessionError } from "../errors.ts";
import type { EventHub } from "../events.ts";
import { expiryOf } from "../expiry.ts";
import { after, attempt } from "../maybe_promise.ts";
import { type Data } from "./session_data.ts";
import { diff } from "./merge.ts";
import type { SessionState } from "./session_state.ts";
import { dataText, type Parsed, parseStored } from "./session_json.ts";
import type {
  MaybePromise,
  SessionRecord,
  SessionStore,
  SlidingStore,
  StoredSession,
} from "../store.ts";

/** What an entry tells its manager, once. */
export interface ManagerSettings extends CommitSettings {
  readonly events: EventHub;
  /**
   * What `touch()` does for an edited cookie: a callback store is handed the
   * session and stores the cookie itself, any other needs a commit.
   */
  readonly touchKeepsCookie: boolean;
  /**
   * Gives a session a fresh id when the store knows its id already. Without
   * it, the id was chosen by the application and means that very record.
   */
  readonly renewId?: (session: Data) => void;
}

/** What was found under an id. */
export interface Loaded extends Parsed {
  readonly stored: StoredSession;
  /** The read has already moved the record's end. */
  readonly touched: boolean;
}

/** A store that can tell without waiting that a record it handed out is gone. */
export interface ForesightedStore extends SessionStore {
  isGone(id: string, version: unknown): boolean;
}

/** A good generator never collides once; one that does three times is broken. */
const MAX_ID_COLLISIONS = 3;

export class SessionManager {
  readonly settings: ManagerSettings;
  readonly #store: SessionStore;
  readonly #loop: CommitLoop;

  constructor(settings: ManagerSettings) {
    this.settings = settings;
    this.#store = settings.store;
    this.#loop = new CommitLoop(settings);
  }

  /** Finds a session. A record that is none is `undefined` and an event; a failing store throws. */
  load(id: string, maxAge?: number | null): MaybePromise<Loaded | undefined> {
    const sliding = maxAge != null && "readAndTouch" in this.#store;
    const asked = sliding
      ? (this.#store as SlidingStore).readAndTouch(id, maxAge)
      : this.#store.read(id);
    return after(this.#withTimeout(asked), (stored) => this.#read(stored, sliding));
  }

  #read(stored: StoredSession | undefined, touched: boolean): Loaded | undefined {
    const { events } = this.settings;
    if (stored === undefined) {
      events.emit("rejected", { reason: "unknown" });
      return undefined;
    }
    const parsed = parseStored(stored);
    if (parsed === undefined) {
      events.emit("rejected", { reason: "corrupt" });
      return undefined;
    }
    return { data: parsed.data, text: parsed.text, stored, touched };
  }

  /**
   * Stores the session: creates what is new, commits what was loaded, carrying
   * the changes over when others wrote meanwhile. Throws `SESSION_GONE` when
   * the record no longer exists.
   */
  save(state: SessionState, session: Data, text: string): MaybePromise<void> {
    this.#needAlive(state, session);
    this.#loop.checkSize(text);
    state.savedText = text;
    if (state.storedId === session["id"]) {
      return this.#loop.exchange(state, session, text, 1, undefined);
    }
    return after(this.#create(session, this.#loop.record(session, text), 1), () => {
      state.stored(session["id"] as string, text, session, undefined);
      this.settings.events.emit("created", {});
    });
  }

  /** Moves the end of a stored session. */
  touch(state: SessionState, session: Data, text: () => string): MaybePromise<void> {
    if (this.isGone(state, session["id"] as string)) return;
    if (state.cookieEdited(session) && !this.settings.touchKeepsCookie) {
      return this.save(state, session, text());
    }
    if (state.touchedInStore) return;
    const expires = expiryOf(session["cookie"]);
    const touched = this.#store.touch(session["id"] as string, expires, session);
    return after(this.#withTimeout(touched), (found) => {
      if (!found) state.markGone(session["id"] as string);
    });
  }

  /** Removes a session; from the call on, nothing of this request is stored under its id. */
  destroy(state: SessionState | undefined, id: string): MaybePromise<void> {
    state?.markGone(id);
    return after(this.#withTimeout(this.#store.destroy(id)), () => {
      this.settings.events.emit("destroyed", {});
    });
  }

  /** Moves a stored session to a new id, in one step. Throws `SESSION_GONE` as `save()` does. */
  rotate(state: SessionState, session: Data, to: string): MaybePromise<void> {
    this.#needAlive(state, session);
    const text = dataText(session);
    this.#loop.checkSize(text);
    return after(this.#loop.exchange(state, session, text, 1, to), () => {
      this.settings.events.emit("rotated", {});
    });
  }

  /**
   * Reads the newest data, lets `change` alter them and stores them, again and
   * again until nobody else wrote in between: no increment is lost.
   */
  update<T>(state: SessionState, session: Data, change: (data: Data) => T): MaybePromise<T> {
    this.#needAlive(state, session);
    const id = session["id"] as string;
    if (state.storedId !== id) {
      const before = dataText(session);
      const result = change(session);
      const text = dataText(session);
      // A visitor who takes what is not there gets no session for it.
      return text === before ? result : after(this.save(state, session, text), () => result);
    }
    return after(this.#withTimeout(this.#store.read(id)), (stored) => {
      if (stored === undefined) throw this.#loop.lost(state);
      const pending = diff(JSON.parse(state.baseText) as Data, session);
      return this.#loop.update(state, session, change, pending, stored, 1);
    });
  }

  #create(session: Data, record: SessionRecord, tries: number): MaybePromise<void> {
    const id = session["id"] as string;
    return after(this.#withTimeout(this.#store.create(id, record)), (created) => {
      if (created) return;
      const { renewId } = this.settings;
      if (renewId === undefined) return this.#replace(session, record, tries);
      if (tries >= MAX_ID_COLLISIONS) {
        throw new SessionError("SESSION_CONFLICT", `Every one of ${tries} generated ids exists`);
      }
      renewId(session);
      return this.#create(session, record, tries + 1);
    });
  }

  #replace(session: Data, record: SessionRecord, tries: number): MaybePromise<void> {
    const id = session["id"] as string;
    return after(this.#withTimeout(this.#store.read(id)), (stored) => {
      const again = () => after(this.#loop.pause(tries), () => this.#create(session, record, tries + 1));
      if (stored === undefined) return again();
      const outcome = this.#withTimeout(this.#store.commit(id, record, stored.version));
      return after(outcome, ({ status }) => status === "committed" ? undefined : again());
    });
  }

  /**
   * Whether the session is known to be gone, as far as can be told at once: by
   * this request's own ledger, or by a store that has its records at hand.
   */
  isGone(state: SessionState, id: string): boolean {
    if (state.isGone(id)) return true;
    if (state.storedId !== id || !("isGone" in this.#store)) return false;
    if (!(this.#store as ForesightedStore).isGone(id, state.version)) return false;
    state.markGone(id);
    return true;
  }

  #needAlive(state: SessionState, session: Data): void {
    if (state.isGone(session["id"] as string)) throw goneError();
  }

  #withTimeout<T>(asked: MaybePromise<T>): MaybePromise<T> {
    return withTimeout(asked, this.settings);
  }
}

/** Runs a commit nobody asked for: changes to a session that is gone are dropped, and said so. */
export function discardWhenGone(
  events: EventHub,
  act: () => MaybePromise<void>,
): MaybePromise<void> {
  return attempt(act, (error) => {
    if (!isSessionGone(error)) throw error;
    events.emit("discarded", { reason: "gone" });
  });
}
