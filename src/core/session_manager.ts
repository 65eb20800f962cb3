/**
 * The only place that asks the store anything on a request's behalf.
 *
 * It keeps the five invariants: only `create()` makes a record; a rotation is
 * never undone; changes to different keys all survive; the same key goes to
 * the last writer; whoever finds the record gone stores nothing.
 */
import { lifetimeOf } from "../cookie/lifetime.ts";
import { goneError, type SessionEndReason, SessionError } from "../errors.ts";
import { after, attempt, isPromise } from "../maybe_promise.ts";
import type { MaybePromise, SessionStore } from "../store.ts";
import { askBeforeCreate, type Asking } from "./before_create.ts";
import { stamped } from "./beginning.ts";
import { type Change, changeOf, knownTo } from "./change.ts";
import { CommitLoop, type CommitSettings } from "./commit_loop.ts";
import { insertRecord } from "./insert_record.ts";
import { isThrottled, isWorthATouch } from "./lifecycle.ts";
import { movingLive } from "./moving_live.ts";
import { Moves } from "./moves.ts";
import { adopt, shadowOf } from "./session_copy.ts";
import { type ForesightedStore, livesOtherwise, touchIn } from "./foresighted_store.ts";
import type { Data } from "./session_data.ts";
import { makeRoom } from "./session_cap.ts";
import { SessionEnds } from "./session_ends.ts";
import { type Loaded, type LoaderSettings, SessionLoader } from "./session_loader.ts";
import { beginSignal } from "./session_signal.ts";
import { baseOf } from "./session_objects.ts";
import type { SessionState } from "./session_state.ts";
import { Snapshot } from "./snapshot.ts";
import { Update, type UpdateFunction } from "./update.ts";
import { updateUnstored } from "./update_unstored.ts";
import { type Turn, WriterQueue } from "./writer_queue.ts";

/** What an entry tells its manager, once. */
export interface ManagerSettings extends CommitSettings, Asking {
  /** What becomes of a record that is no session. */
  readonly corrupt?: LoaderSettings["corrupt"];
  /**
   * Gives a session a fresh id when the store knows its id already. Without
   * it, the id was chosen by the application and means that very record.
   */
  readonly renewId?: (session: Data) => void;
}

export class SessionManager {
  readonly settings: ManagerSettings;
  readonly #store: SessionStore;
  readonly #loop: CommitLoop;
  readonly #loader: SessionLoader;
  readonly #moves: Moves;
  readonly ends: SessionEnds;
  readonly #queue: WriterQueue;

  constructor(settings: ManagerSettings) {
    this.settings = settings;
    this.#store = settings.store;
    this.#loop = new CommitLoop(settings);
    this.#loader = new SessionLoader(this.#loop, settings);
    this.#moves = Moves.of(settings.store);
    this.ends = new SessionEnds(settings, this.#loop, this.#moves);
    this.#queue = WriterQueue.of(settings.store);
  }

  /**
   * Finds a session. A record that is none is `undefined` and an event; a failing store throws.
   *
   * @param maxAge Extends the session by so many milliseconds, if that is its own lifetime.
   */
  load(id: string, maxAge?: number | null): MaybePromise<Loaded | undefined> {
    return this.#loader.load(id, maxAge);
  }

  /** When a session that is visited now ends. */
  endOf(state: SessionState, session: Data): number | null {
    return this.#loop.endOf(session["cookie"], state.notes).end;
  }

  /**
   * Stores the session: creates what is new, commits what was loaded, carrying the changes
   * over when others wrote meanwhile. Throws `SESSION_GONE` when the record no longer exists.
   *
   * @param held What the session held when the call was made.
   */
  save(state: SessionState, session: Data, held: Snapshot): MaybePromise<void> {
    return state.snapshots.during(held, () => {
      this.#needAlive(state, session);
      state.savedText = held.text;
      if (state.storedId === session["id"]) return this.#loop.commit(state, session, held);
      this.#loop.check(held.text);
      return this.#create(state, session, held, undefined, (turn) => {
        const change = changeOf(state, session, held);
        return this.#loop.attempt(change, turn.newest ?? knownTo(state), turn, 1);
      });
    });
  }

  /** Moves the end of a stored session. */
  touch(state: SessionState, session: Data, text: () => string): MaybePromise<void> {
    const id = session["id"] as string;
    if (state.failure !== undefined || this.isGone(state, id)) return;
    if (state.cookieEdited(session) && !this.settings.touchKeepsCookie) {
      return this.save(state, session, new Snapshot(baseOf(state, session), text(), session));
    }
    if (state.touchedInStore || livesOtherwise(this.#store, state, session)) return;
    const { end, cookie } = this.#loop.endOf(session["cookie"], state.notes);
    const { rules } = this.settings;
    if (isThrottled(rules) && !isWorthATouch(state.knownEnd, end, this.#loop.calls.now())) return;
    const isAnew = state.lifetimeEdited(session);
    const touched = this.#loop.calls.ask(id, () => {
      const handed = this.#handed(state, session, text, cookie);
      return touchIn(this.#store as ForesightedStore, id, end, handed, isAnew);
    });
    return after(touched, (found) => {
      if (!found) state.markGone(id);
    });
  }

  /** What a store written against express-session is handed when it touches. */
  #handed(state: SessionState, session: Data, text: () => string, cookie: unknown): object {
    const isItself = state.isWhole(session) && cookie === session["cookie"];
    return isItself ? session : shadowOf(session, text(), cookie);
  }

  /** Removes a session; from the call on, nothing of this request is stored under its id. */
  destroy(state: SessionState | undefined, id: string): MaybePromise<void> {
    return this.ends.replaced(state, id);
  }

  /** The same for a logout: where others have just moved the session, it ends there too. */
  end(
    state: SessionState | undefined,
    id: string,
    why: SessionEndReason = "destroyed",
  ): MaybePromise<void> {
    return this.ends.everywhere(state, id, why);
  }

  /** Runs `act` with each id that this process has moved a session to. */
  follow(id: string, act: (to: string) => MaybePromise<unknown>): MaybePromise<void> {
    return this.#moves.follow(id, act);
  }

  /** Moves a stored session to a new id, in one step. Throws `SESSION_GONE` as `save()` does. */
  rotate(change: Change & { readonly to: string }): MaybePromise<void> {
    const { state, session, to } = change;
    this.#needAlive(state, session);
    const from = state.storedId!;
    const move = this.#moves.add(from, to);
    const exchanged = () => movingLive(this.#store, change, () => this.#loop.exchange(change));
    const moved = attempt(exchanged, (error) => {
      // Any other failure leaves open whether the session has moved.
      if (error instanceof SessionError && error.code !== "STORE_FAILED") {
        if (error.code !== "STORE_TIMEOUT") this.#moves.remove(from, move);
      }
      throw error;
    });
    // Whoever asked for the move is told of a failure; this only waits for its end.
    if (isPromise(moved)) move.settled = moved.catch(() => {});
    return after(moved, () => {
      this.settings.events.emit("rotated", {}, state.storedId, from);
      return change.leavesAlias ? undefined : makeRoom(this.settings, state.subject);
    });
  }

  /**
   * Runs `change` on a copy of the newest data, again and again until nobody else
   * wrote in between. What it returns reaches the session and the store together;
   * where it throws, or the store does, neither.
   */
  update<T>(
    state: SessionState,
    session: Data,
    change: UpdateFunction<T>,
    held?: Snapshot,
  ): MaybePromise<T> {
    this.#needAlive(state, session);
    if (state.storedId === session["id"]) {
      return new Update(this.#loop, state, session, change, held).run();
    }
    const create = (before: string, text: string) => {
      this.#loop.check(text);
      const own = new Snapshot(state.baseText, before, session);
      return this.#create(state, session, own, text, () => false);
    };
    const again = () => this.update(state, session, change);
    return updateUnstored(state, session, change, create, again, held);
  }

  /**
   * @param text What is to be stored; left out: what the session holds.
   * @param late What to do where another call of this request has stored the session meanwhile.
   */
  #create<T>(
    state: SessionState,
    session: Data,
    held: Snapshot,
    text: string | undefined,
    late: (turn: Turn) => MaybePromise<T>,
  ): MaybePromise<T | void> {
    const id = session["id"] as string;
    return state.creates(this.#queue.take<T | void>(id, (turn) => {
      if (state.storedId === id) return late(turn);
      const cookie = session["cookie"] as object;
      const content = text ?? held.text;
      const all = stamped(state, content, this.settings);
      const record = this.#loop.record(state, session, held.holds(content), all, cookie);
      // What the handler does to its cookie while the store is busy is an edit.
      const sent = { ...cookie, ...lifetimeOf(cookie) };
      const { renewId } = this.settings;
      const insert = () => insertRecord(this.#loop, this.#store, session, record, renewId);
      return after(after(askBeforeCreate(this.settings, state, session), insert), (used) => {
        // Destroyed while the store was busy with it: whichever it did last.
        if (state.isGone(used)) {
          return after(this.ends.remove(used, "destroyed"), () => {
            throw goneError();
          });
        }
        state.stored(used, all, sent, undefined);
        state.savedText = all;
        beginSignal(state, used);
        state.snapshots.release(held);
        adopt(session, state, held.text, content);
        record.arrived();
        this.settings.events.emit("created", {}, used);
        return makeRoom(this.settings, state.subject);
      });
    }));
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
    if (state.failure !== undefined) throw state.failure;
    if (state.isGone(session["id"] as string)) throw goneError();
  }
}
