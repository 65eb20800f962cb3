/**
 * The spine: the only place that asks the store anything on a request's behalf.
 *
 * It keeps the five invariants: only `create()` makes a record; a rotation is
 * never undone; changes to different keys all survive; the same key goes to
 * the last writer; whoever finds the record gone stores nothing.
 */
import { type StoreTimeout, withTimeout } from "./store_timeout.ts";
import { goneError, isSessionGone, SessionError } from "../errors.ts";
import type { EventHub } from "../events.ts";
import { after, attempt } from "../maybe_promise.ts";
import { type Data } from "./session_data.ts";
import { diff, rebase } from "./merge.ts";
import { copyAttributes, type SessionState } from "./session_state.ts";
import { dataText, expiryOf, LazyRecord, type Parsed, parseStored } from "./session_json.ts";
import { subjectOf } from "./session_metadata.ts";
import type {
  CommitResult,
  MaybePromise,
  SessionRecord,
  SessionStore,
  SlidingStore,
  StoredSession,
} from "../store.ts";

/** What a door tells its manager, once. */
export interface ManagerSettings extends StoreTimeout {
  readonly store: SessionStore;
  readonly events: EventHub;
  /** The most bytes of data a session may have; Infinity: no limit. */
  readonly maxBytes: number;
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

/** A conflict is retried this often; each time at least one other writer got through. */
const MAX_ATTEMPTS = 16;
/** A good generator never collides once; one that does three times is broken. */
const MAX_ID_COLLISIONS = 3;

export class SessionManager {
  readonly settings: ManagerSettings;
  readonly #store: SessionStore;

  constructor(settings: ManagerSettings) {
    this.settings = settings;
    this.#store = settings.store;
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
    this.#checkSize(text);
    state.savedText = text;
    if (state.storedId === session["id"]) return this.#exchange(state, session, text, 1, undefined);
    return after(this.#create(session, this.#record(session, text), 1), () => {
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
    this.#checkSize(text);
    return after(this.#exchange(state, session, text, 1, to), () => {
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
      if (stored === undefined) throw this.#lost(state);
      const pending = diff(JSON.parse(state.baseText) as Data, session);
      return this.#update(state, session, change, pending, stored, 1);
    });
  }

  #update<T>(
    state: SessionState,
    session: Data,
    change: (data: Data) => T,
    pending: ReadonlyMap<string, unknown>,
    stored: StoredSession,
    tries: number,
  ): MaybePromise<T> {
    const theirs = parseStored(stored);
    if (theirs === undefined) throw this.#lost(state);
    // From a fresh copy each time: a change that did not get through leaves no trace.
    rebase(session, JSON.parse(theirs.text) as Data, pending);
    this.#adopt(state, session, theirs.data, theirs.text, stored);
    const result = change(session);
    const text = dataText(session);
    if (text === theirs.text) return result;
    this.#checkSize(text);
    const record = this.#record(session, text);
    const id = session["id"] as string;
    return after(this.#withTimeout(this.#store.commit(id, record, stored.version)), (outcome) => {
      if (outcome.status === "gone") throw this.#lost(state);
      if (outcome.status === "conflict") {
        const { current } = outcome;
        return after(
          this.#pause(tries),
          () => this.#update(state, session, change, pending, current, tries + 1),
        );
      }
      state.savedText = text;
      state.stored(id, text, session, outcome.version);
      return result;
    });
  }

  /** Commits under the same id, or rotates to another, until nobody else wrote in between. */
  #exchange(
    state: SessionState,
    session: Data,
    text: string,
    tries: number,
    to: string | undefined,
  ): MaybePromise<void> {
    const from = state.storedId!;
    const record = this.#record(session, text);
    const asked: MaybePromise<CommitResult> = to === undefined
      ? this.#store.commit(from, record, state.version)
      : this.#store.rotate(from, to, record, state.version);
    return after(this.#withTimeout(asked), (outcome) => {
      if (outcome.status === "gone") throw this.#lost(state);
      if (outcome.status === "committed") {
        state.savedText = text;
        if (to !== undefined) state.markGone(from);
        return state.stored(to ?? from, text, session, outcome.version);
      }
      const { current } = outcome;
      const theirs = parseStored(current);
      if (theirs === undefined) state.version = current.version;
      else {
        const patch = diff(JSON.parse(state.baseText) as Data, session);
        rebase(session, theirs.data, patch);
        this.#adopt(state, session, theirs.data, theirs.text, current);
      }
      return after(
        this.#pause(tries),
        () => this.#exchange(state, session, dataText(session), tries + 1, to),
      );
    });
  }

  /** Takes what others stored as the new base; their cookie too, unless this request edited it. */
  #adopt(
    state: SessionState,
    session: Data,
    theirs: Data,
    text: string,
    stored: StoredSession,
  ): void {
    if (!state.cookieEdited(session)) {
      copyAttributes(theirs, session);
      const cookie = session["cookie"] as { maxAge: unknown; originalMaxAge: unknown };
      cookie.maxAge = cookie.originalMaxAge;
    }
    const edited = state.baseCookie;
    state.stored(state.storedId!, text, session, stored.version);
    if (state.cookieEdited(session)) state.baseCookie = edited;
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
      const again = () => after(this.#pause(tries), () => this.#create(session, record, tries + 1));
      if (stored === undefined) return again();
      const outcome = this.#withTimeout(this.#store.commit(id, record, stored.version));
      return after(outcome, ({ status }) => status === "committed" ? undefined : again());
    });
  }

  #record(session: Data, text: string): LazyRecord {
    return new LazyRecord(session, text, subjectOf(session));
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

  #lost(state: SessionState): SessionError {
    state.markGone(state.storedId!);
    return goneError();
  }

  #checkSize(text: string): void {
    const { maxBytes } = this.settings;
    // A UTF-16 unit is at most three bytes: most sessions need no counting.
    if (text.length * 3 <= maxBytes) return;
    if (new TextEncoder().encode(text).length > maxBytes) {
      throw new SessionError("SESSION_TOO_LARGE", `Session data exceed ${maxBytes} bytes`);
    }
  }

  /** Waits a little longer, and less predictably, after each lost race. */
  #pause(tries: number): MaybePromise<void> {
    if (tries >= MAX_ATTEMPTS) {
      throw new SessionError("SESSION_CONFLICT", `Other writers won ${tries} times in a row`);
    }
    if (tries === 1) return;
    const [random] = crypto.getRandomValues(new Uint16Array(1));
    const ms = (random! / 0x10000) * Math.min(2 ** tries, 64);
    return new Promise((resolve) => this.settings.clock.after(ms, resolve));
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
