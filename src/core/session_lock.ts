/**
 * One after the other with a session: a lock that is asked for by name.
 *
 * It is a note in the session's record, written by compare and swap: whoever moves the session
 * moves it along, and what its holder has changed is stored by the step that gives it back.
 */
import { afterQuietlyBy } from "../clock.ts";
import { type Lifetime, restartLifetime } from "../cookie/lifetime.ts";
import { SessionError } from "../errors.ts";
import { after } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import { knownTo } from "./change.ts";
import { CommitLoop } from "./commit_loop.ts";
import { hasLeftWord, leaveWord } from "./lock_end.ts";
import { lookInLine, wakeFirst } from "./lock_line.ts";
import { isLocked, newToken, tokenIn, withLock, withoutLock } from "./lock_note.ts";
import { checkLock, type LockedFunction, type LockOptions } from "./lock_options.ts";
import { withNotes } from "./merge.ts";
import type { Data } from "./session_data.ts";
import type { SessionManager } from "./session_manager.ts";
import { type Notes, notesIn } from "./session_metadata.ts";
import { currentOf } from "./session_objects.ts";
import { SessionState } from "./session_state.ts";
import { Snapshot, snapshotOf } from "./snapshot.ts";

/** A request's session, as its lock needs it. */
export interface LockableSession {
  readonly manager: SessionManager;
  readonly state: SessionState;
  readonly session: Data;
}

/** Thrown where somebody else has it. */
const TAKEN: unique symbol = Symbol("websession.taken");

/** Requests that have a lock, or wait for it. */
const locking = new WeakSet<SessionState>();

/** Runs `act` while nobody else has the lock on the session. */
export async function lockSession<T>(
  lockable: LockableSession,
  act: LockedFunction<T>,
  options: LockOptions = {},
): Promise<T> {
  const { wait, lease } = checkLock(act, options);
  const { state } = lockable;
  if (locking.has(state)) {
    throw new SessionError("LOCK_HELD", "This request has the lock already, or waits for it");
  }
  locking.add(state);
  try {
    await state.creating;
    if (state.failure !== undefined) throw state.failure;
    // Nobody else knows of it.
    if (state.storedId === undefined) return await act(new AbortController().signal);
    return await new SessionLock(lockable, lease).during(act, wait);
  } finally {
    locking.delete(state);
  }
}

class SessionLock {
  readonly #lockable: LockableSession;
  readonly #lease: number;
  readonly #loop: CommitLoop;
  readonly #token = newToken();
  #until = 0;
  /** Whose lock it was when this one looked. */
  #other: unknown;
  /** The lock of a holder that has left word, and could not give it back. */
  #over: unknown;

  constructor(lockable: LockableSession, lease: number) {
    this.#lockable = lockable;
    this.#lease = lease;
    this.#loop = new CommitLoop(lockable.manager.settings);
  }

  async during<T>(act: LockedFunction<T>, wait: number): Promise<T> {
    const { manager: { settings: { clock } }, state } = this.#lockable;
    await this.#take(wait);
    const held = state.snapshots.hold(new Snapshot("{}", "{}"));
    held.hasBegun = true;
    const controller = new AbortController();
    const end = () => controller.abort(lost());
    const cancel = afterQuietlyBy(clock, Math.max(0, this.#until - clock.now()), end);
    let result: T;
    try {
      result = await act(controller.signal);
    } catch (error) {
      // Why it failed is what its caller has to know; nobody waits longer than the lease.
      await this.#giveBack(true, held).catch(() => {});
      throw error;
    } finally {
      cancel();
    }
    await this.#giveBack(false, held);
    return result;
  }

  async #take(wait: number): Promise<void> {
    const { manager: { settings: { clock, store } }, state } = this.#lockable;
    // What this request has read is as good as new where the store compares it.
    let isKnown = store.atomic;
    const look = async (): Promise<boolean> => {
      try {
        await this.#store(isKnown, false, (notes) => this.#taken(notes));
        return true;
      } catch (error) {
        if (error !== TAKEN) throw error;
        if (!isKnown && !await this.#isOver()) return false;
        isKnown = false;
        return await look();
      }
    };
    if (await lookInLine(store, state.storedId!, { clock, wait }, look)) return;
    throw new SessionError("LOCK_TIMEOUT", `Others held the session's lock for ${wait} ms`);
  }

  #taken(notes: Notes): Notes {
    const now = this.#lockable.manager.settings.clock.now();
    this.#other = tokenIn(notes);
    if (isLocked(notes, now) && this.#other !== this.#over) throw TAKEN;
    this.#until = now + this.#lease;
    return withLock(notes, { token: this.#token, until: this.#until });
  }

  /** Only processes on a store that compares know of each other's locks. */
  async #isOver(): Promise<boolean> {
    const { calls } = this.#loop;
    const other = this.#other;
    if (!calls.store.atomic || typeof other !== "string") return false;
    const isOver = await hasLeftWord(calls, other);
    if (isOver) this.#over = other;
    return isOver;
  }

  /** @param held Taken when the lock was: it is over where the request has put another session in place. */
  async #giveBack(hasFailed: boolean, held: Snapshot): Promise<void> {
    const { manager: { settings: { store } }, state } = this.#lockable;
    const id = state.storedId;
    try {
      // The request has ended the session itself, or knows that others have.
      if (id === undefined) return;
      if (state.isGone(id)) return await this.#giveBackElsewhere(id);
      await this.#store(true, hasFailed, (notes) => {
        if (tokenIn(notes) === this.#token) return withoutLock(notes);
        if (held.isOver) return notes;
        throw lost();
      });
    } catch (error) {
      if (id !== undefined && state.isGone(id)) await this.#giveBackElsewhere(id);
      throw error;
    } finally {
      state.snapshots.release(held);
      wakeFirst(store, state.storedId ?? id!);
    }
  }

  /** Another request has moved the session meanwhile, or ended it: the lock went along. */
  async #giveBackElsewhere(from: string): Promise<void> {
    const { manager, manager: { settings: { store } } } = this.#lockable;
    let isBack = false;
    await manager.follow(from, async (to) => {
      const newest = await this.#loop.read(to);
      if (newest === undefined || this.#without(newest.text) === newest.text) return;
      const state = new SessionState();
      state.stored(to, newest.text, newest.cookie, newest.version);
      const session = { id: to, cookie: newest.cookie };
      const held = new Snapshot(newest.text, newest.text);
      const onto = (theirs: string) => this.#without(theirs);
      await this.#loop.exchange({ state, session, held, onto });
      isBack = true;
      wakeFirst(store, to);
    });
    if (!isBack && store.atomic) await leaveWord(this.#loop.calls, this.#token, this.#until);
  }

  #without(text: string): string {
    const data = JSON.parse(text) as Data;
    const notes = notesIn(data);
    return tokenIn(notes) === this.#token ? withNotes(data, withoutLock(notes)) : text;
  }

  /**
   * Changes the notes that stand in the store, together with what the request has changed.
   *
   * @param isKnown What this request knows of it may be tried first.
   * @param leavesData What the request has changed is not stored with it.
   */
  async #store(
    isKnown: boolean,
    leavesData: boolean,
    change: (notes: Notes) => Notes,
  ): Promise<void> {
    const { state } = this.#lockable;
    const loop = this.#loop;
    await loop.inTurn(state, (turn) => {
      const session = currentOf(state, this.#lockable.session);
      const id = state.storedId!;
      const target = turn.newest ?? (isKnown ? knownTo(state) : loop.read(id));
      return after(target, (newest) => {
        if (newest === undefined) throw loop.lost(state, id);
        // Others may have moved the end since this request read it: nothing here moves it back.
        restartLifetime(session["cookie"] as Lifetime);
        const { baseText } = state;
        const held = leavesData
          ? new Snapshot(baseText, baseText, session)
          : snapshotOf(state, session);
        const onto = (theirs: string): string => {
          const data = JSON.parse(held.onto(theirs)) as Data;
          return withNotes(data, change(notesIn(data)));
        };
        const attempt = (): MaybePromise<void> => {
          return loop.attempt({ state, session, held, onto }, newest, turn, 1);
        };
        return state.snapshots.during(held, attempt);
      });
    });
  }
}

function lost(): SessionError {
  return new SessionError("LOCK_LOST", "The lock's lease was over before its holder was done");
}
