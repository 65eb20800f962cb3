/**
 * The only place that asks the store anything on a request's behalf.
 *
 * It keeps the five invariants: only `create()` makes a record; a rotation is
 * never undone; changes to different keys all survive; the same key goes to
 * the last writer; whoever finds the record gone stores nothing.
 */
import { lifetimeOf } from "../cookie/lifetime.ts";
import { goneError, isSessionGone, SessionError } from "../errors.ts";
import type { EventHub } from "../events.ts";
import { expiryOf } from "../expiry.ts";
import { after, attempt, isPromise } from "../maybe_promise.ts";
import type { MaybePromise, SessionStore, SlidingStore, StoredSession } from "../store.ts";
import { type Change, CommitLoop, type CommitSettings, knownTo } from "./commit_loop.ts";
import { insertRecord } from "./insert_record.ts";
import { type Move, Moves } from "./moves.ts";
import { merge } from "./merge.ts";
import { adopt, shadowOf } from "./session_copy.ts";
import type { Data } from "./session_data.ts";
import { type Parsed, parseStored } from "./session_json.ts";
import type { SessionState } from "./session_state.ts";
import { Update, type UpdateFunction } from "./update.ts";
import { WriterQueue } from "./writer_queue.ts";

/** What an entry tells its manager, once. */
export interface ManagerSettings extends CommitSettings {
  readonly events: EventHub;
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

export class SessionManager {
  readonly settings: ManagerSettings;
  readonly #store: SessionStore;
  readonly #loop: CommitLoop;
  readonly #moves: Moves;
  readonly #queue: WriterQueue;

  constructor(settings: ManagerSettings) {
    this.settings = settings;
    this.#store = settings.store;
    this.#loop = new CommitLoop(settings);
    this.#moves = Moves.of(settings.store);
    this.#queue = WriterQueue.of(settings.store);
  }

  /**
   * Finds a session. A record that is none is `undefined` and an event; a failing store throws.
   *
   * @param maxAge Extends the session by so many milliseconds, if that is its own lifetime.
   */
  load(id: string, maxAge?: number | null): MaybePromise<Loaded | undefined> {
    const slides = maxAge != null && "readAndTouch" in this.#store;
    const asked = this.#loop.ask(
      id,
      () => slides ? (this.#store as SlidingStore).readAndTouch(id, maxAge) : this.#store.read(id),
    );
    return after(asked, (stored) => this.#read(stored, slides ? maxAge : undefined));
  }

  #read(stored: StoredSession | undefined, movedBy: number | undefined): Loaded | undefined {
    const { events } = this.settings;
    if (stored === undefined) return void events.emit("rejected", { reason: "unknown" });
    const parsed = parseStored(stored);
    if (parsed === undefined) return void events.emit("rejected", { reason: "corrupt" });
    if (this.#loop.isOver(stored)) return void events.emit("rejected", { reason: "expired" });
    const { originalMaxAge } = lifetimeOf(parsed.data["cookie"]);
    // A lifetime of its own is the session's: that the store extends, if it must, at the end.
    return { ...parsed, stored, touched: movedBy !== undefined && movedBy === originalMaxAge };
  }

  /**
   * Stores the session: creates what is new, commits what was loaded, carrying
   * the changes over when others wrote meanwhile. Throws `SESSION_GONE` when
   * the record no longer exists.
   *
   * @param base What the session was based on when `text` was written.
   */
  save(
    state: SessionState,
    session: Data,
    text: string,
    base: string = state.baseText,
  ): MaybePromise<void> {
    this.#needAlive(state, session);
    state.savedText = text;
    if (state.storedId === session["id"]) return this.#loop.commit(state, session, text, base);
    this.#loop.checkSize(text);
    return this.#create(state, session, text, text);
  }

  /** Moves the end of a stored session. */
  touch(state: SessionState, session: Data, text: () => string): MaybePromise<void> {
    const id = session["id"] as string;
    if (this.isGone(state, id)) return;
    if (state.cookieEdited(session) && !this.settings.touchKeepsCookie) {
      return this.save(state, session, text());
    }
    if (state.touchedInStore) return;
    const expires = expiryOf(session["cookie"]);
    const touched = this.#loop.ask(
      id,
      () => this.#store.touch(id, expires, this.#handed(state, session, text)),
    );
    return after(touched, (found) => {
      if (!found) state.markGone(id);
    });
  }

  /** What a store written against express-session is handed when it touches. */
  #handed(state: SessionState, session: Data, text: () => string): object {
    return state.hidesNothing ? session : shadowOf(session, text(), session["cookie"]);
  }

  /** Removes a session; from the call on, nothing of this request is stored under its id. */
  destroy(state: SessionState | undefined, id: string): MaybePromise<void> {
    return after(this.#remove(state, id), () => this.settings.events.emit("destroyed", {}));
  }

  /** The same for a logout: where others have just moved the session, it ends there as well. */
  end(state: SessionState | undefined, id: string): MaybePromise<void> {
    const ended = after(this.#remove(state, id), () => {
      const moves = this.#moves.from(id);
      return moves.length === 0 ? undefined : this.#follow(moves);
    });
    return after(ended, () => this.settings.events.emit("destroyed", {}));
  }

  #remove(state: SessionState | undefined, id: string): MaybePromise<void> {
    state?.markGone(id);
    return this.#loop.ask(id, () => this.#store.destroy(id));
  }

  async #follow(moves: readonly Move[]): Promise<void> {
    for (const { to, settled } of moves) {
      await settled;
      await this.#loop.ask(to, () => this.#store.destroy(to));
      await this.#follow(this.#moves.from(to));
    }
  }

  /** Whether this process has moved a session to another id. */
  hasMoved(id: string): boolean {
    return this.#moves.from(id).length > 0;
  }

  /** Moves a stored session to a new id, in one step. Throws `SESSION_GONE` as `save()` does. */
  rotate(change: Change & { readonly to: string }): MaybePromise<void> {
    const { state, session, to } = change;
    this.#needAlive(state, session);
    const from = state.storedId!;
    const move = this.#moves.add(from, to);
    const moved = attempt(() => this.#loop.exchange(change), (error) => {
      // Any other failure leaves open whether the session has moved.
      if (error instanceof SessionError && error.code !== "STORE_FAILED") {
        if (error.code !== "STORE_TIMEOUT") this.#moves.remove(from, move);
      }
      throw error;
    });
    if (isPromise(moved)) {
      move.settled = moved.catch(() => {
        // Whoever asked for the move is told; this only waits for its end.
      });
    }
    return after(moved, () => this.settings.events.emit("rotated", {}));
  }

  /**
   * Runs `change` on a copy of the newest data, again and again until nobody else
   * wrote in between. What it returns reaches the session and the store together;
   * where it throws, or the store does, neither.
   */
  update<T>(state: SessionState, session: Data, change: UpdateFunction<T>): MaybePromise<T> {
    this.#needAlive(state, session);
    if (state.storedId === session["id"]) {
      return new Update(this.#loop, state, session, change).run();
    }
    return this.changeUnstored(state, session, change, (before, text) => {
      this.#loop.checkSize(text);
      return this.#create(state, session, before, text);
    });
  }

  /** The same for a session no store has. A visitor who takes what is not there gets none for it. */
  changeUnstored<T>(
    state: SessionState,
    session: Data,
    change: UpdateFunction<T>,
    store: (before: string, text: string) => MaybePromise<void>,
  ): MaybePromise<T> {
    const before = state.contentOf(session);
    const data = state.visibleIn(before);
    return after(change(data), (value) => {
      const text = state.contentWith(data, before);
      return text === before ? value : after(store(before, text), () => value);
    });
  }

  #create(
    state: SessionState,
    session: Data,
    before: string,
    text: string,
  ): MaybePromise<void> {
    const id = session["id"] as string;
    const base = state.baseText;
    return this.#queue.take(id, (turn) => {
      // A call before this one has stored it: then this is a change like any other.
      if (state.storedId === id) {
        const onto = (theirs: string) => merge(base, text, theirs);
        return this.#loop.attempt({ state, session, before, onto }, knownTo(state), turn, 1);
      }
      const record = this.#loop.record(state, session, before, text, session["cookie"]);
      const { renewId } = this.settings;
      return after(insertRecord(this.#loop, this.#store, session, record, renewId), () => {
        state.stored(session["id"] as string, text, session["cookie"], undefined);
        state.savedText = text;
        adopt(session, state, before, text);
        record.arrived();
        this.settings.events.emit("created", {});
      });
    });
  }

  /**
   * Whether the session is known to be gone, as far as can be told at once: by
   * what this request knows, or by a store that has its records at hand.
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
