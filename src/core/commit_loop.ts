/** Compare and swap, again and again until nobody else wrote in between. */
import { type Lifetime, lifetimeOf, setLifetime, withLifetime } from "../cookie/lifetime.ts";
import { goneError, SessionError } from "../errors.ts";
import { after } from "../maybe_promise.ts";
import type { MaybePromise, SessionStore, StoredSession, Version } from "../store.ts";
import { askStore, type StoreSettings } from "./ask_store.ts";
import { merge } from "./merge.ts";
import { OutgoingRecord } from "./outgoing_record.ts";
import { adopt } from "./session_copy.ts";
import type { Data } from "./session_data.ts";
import { parseStored } from "./session_json.ts";
import { notesIn, subjectIn } from "./session_metadata.ts";
import type { SessionState } from "./session_state.ts";
import { withTimeout } from "./store_timeout.ts";
import { type Turn, WriterQueue } from "./writer_queue.ts";

/** What the loop needs to know of its manager's settings. */
export interface CommitSettings extends StoreSettings {
  /** The most bytes of data a session may have; Infinity: no limit. */
  readonly maxBytes: number;
}

/** What stands in the store, as far as is known. */
export interface Target {
  readonly version: Version;
  readonly text: string;
  /** The cookie it was stored with, where somebody else may have stored it. */
  readonly cookie: unknown;
}

/** What one call wants stored. */
export interface Change {
  readonly state: SessionState;
  readonly session: Data;
  /** What the session held when the call was made … */
  readonly before: string;
  /** … and what is to be stored where `theirs` stands. */
  readonly onto: (theirs: string) => string;
  /** The id it moves to, if it does. */
  readonly to?: string | undefined;
  /** Nothing is stored where it changes nothing. */
  readonly isOptional?: boolean;
}

/**
 * Each round lost is one that somebody else has won, so this many in a row mean
 * that something other than contention is wrong.
 */
const MAX_ROUNDS = 1000;
/** After so many a writer steps aside for a moment. */
const ROUNDS_IN_A_ROW = 8;
const LONGEST_PAUSE = 64;

export class CommitLoop {
  readonly #queue: WriterQueue;
  readonly #store: SessionStore;
  readonly #settings: CommitSettings;

  constructor(settings: CommitSettings) {
    this.#store = settings.store;
    this.#settings = settings;
    this.#queue = WriterQueue.of(settings.store);
  }

  /**
   * Stores what a call made of the session on top of what others stored
   * meanwhile; the session itself follows when the store has it.
   */
  commit(
    state: SessionState,
    session: Data,
    mine: string,
    base: string,
  ): MaybePromise<void> {
    const onto = (theirs: string) => merge(base, mine, theirs);
    return this.exchange({ state, session, before: mine, onto });
  }

  /** The same with any change, and to another id if it names one. */
  exchange(change: Change): MaybePromise<void> {
    const { state } = change;
    return this.inTurn(state, (turn) => {
      return this.attempt(change, turn.newest ?? knownTo(state), turn, 1);
    });
  }

  /** Runs `act` when the writers before it are done; a session that went meanwhile is gone. */
  inTurn<T>(state: SessionState, act: (turn: Turn) => MaybePromise<T>): MaybePromise<T> {
    const id = state.storedId;
    if (id === undefined) throw goneError();
    return this.#queue.take(id, (turn) => {
      // A call of this request that came before may have moved the session.
      if (state.storedId !== id) return this.inTurn(state, act);
      if (state.isGone(id)) throw this.lost(state, id);
      return act(turn);
    });
  }

  /** One round, and as many more as it takes. */
  attempt(change: Change, target: Target, turn: Turn, round: number): MaybePromise<void> {
    const { state, session, before, to } = change;
    const id = state.storedId!;
    const text = change.onto(target.text);
    this.checkSize(text, target.text);
    const cookie = this.#cookieFor(change, target);
    const { version } = target;
    if (text === target.text && change.isOptional) {
      state.stored(id, text, cookie, version);
      state.savedText = text;
      return adopt(session, state, before, text);
    }
    const record = this.record(state, session, before, text, cookie);
    // What the handler does to its cookie while the store is busy is an edit again.
    const sent = { ...(cookie as object), ...lifetimeOf(cookie) };
    const asked = this.ask(
      id,
      () =>
        to === undefined
          ? this.#store.commit(id, record, version)
          : this.#store.rotate(id, to, record, version),
    );
    return after(asked, (outcome) => {
      if (outcome.status === "gone") throw this.lost(state, id);
      if (outcome.status === "conflict") {
        const current = targetIn(outcome.current, target.text);
        return after(this.#next(round, id, current), (newest) => {
          if (newest === undefined) throw this.lost(state, id);
          return this.attempt(change, newest, turn, round + 1);
        });
      }
      if (to !== undefined) state.markGone(id);
      else turn.newest = newestOf(outcome.version, text, sent);
      if (cookie !== session["cookie"] && !state.cookieEdited(session)) {
        setLifetime(session["cookie"] as Lifetime, sent);
      }
      state.stored(to ?? id, text, sent, outcome.version);
      state.savedText = text;
      adopt(session, state, before, text);
      record.arrived();
    });
  }

  /** The newest of a session, or `undefined` where there is none any more. */
  read(id: string): MaybePromise<Target | undefined> {
    return after(this.ask(id, () => this.#store.read(id)), (stored) => {
      if (stored === undefined || this.isOver(stored)) return undefined;
      return parseStored(stored) && targetIn(stored, "");
    });
  }

  /** An expired record is absent, whatever the store thinks. */
  isOver({ expires }: { readonly expires: number | null }): boolean {
    return expires !== null && expires <= this.#settings.clock.now();
  }

  record(
    state: SessionState,
    session: Data,
    before: string,
    text: string,
    cookie: unknown,
  ): OutgoingRecord {
    const isOwn = text === before;
    const subject = isOwn ? state.subject : subjectIn(notesIn(JSON.parse(text) as Data));
    // With something to hide, or with others' changes, the object is not what is stored.
    const isLive = () => isOwn && state.hidesNothing && state.contentOf(session) === text;
    return new OutgoingRecord(session, cookie, text, subject, isLive);
  }

  /** A session that is too large already may shrink. */
  checkSize(text: string, before = ""): void {
    const { maxBytes } = this.#settings;
    // A UTF-16 unit is at most three bytes: most sessions need no counting.
    if (text.length * 3 <= maxBytes || text.length < before.length) return;
    if (new TextEncoder().encode(text).length > maxBytes) {
      throw new SessionError("SESSION_TOO_LARGE", `Session data exceed ${maxBytes} bytes`);
    }
  }

  /** Asks the store: within its time, and with what it throws in our words. */
  ask<T>(id: string | undefined, act: () => MaybePromise<T>): MaybePromise<T> {
    return askStore(this.#settings, id, act);
  }

  /** Whether something is done while the store itself would be waited for. */
  async isInTime(result: MaybePromise<unknown>): Promise<boolean> {
    try {
      await withTimeout(result, this.#settings);
      return true;
    } catch (error) {
      // What it throws itself is in time too.
      return !(error instanceof SessionError && error.code === "STORE_TIMEOUT");
    }
  }

  lost(state: SessionState, id: string): SessionError {
    state.markGone(id);
    return goneError();
  }

  /** Waits a little longer, and less predictably, each time. */
  pause(times: number): Promise<void> {
    const [random] = crypto.getRandomValues(new Uint16Array(1));
    const ms = (random! / 0x10000) * Math.min(2 ** times, LONGEST_PAUSE);
    return new Promise((resolve) => this.#settings.clock.after(ms, resolve));
  }

  /** Attributes are this request's own. The lifetime is the session's, unless this request set one. */
  #cookieFor({ state, session }: Change, { cookie }: Target): unknown {
    const own = session["cookie"] as Lifetime;
    if (cookie === undefined || state.cookieEdited(session)) return own;
    const theirs = lifetimeOf(cookie);
    return theirs.originalMaxAge === own.originalMaxAge ? own : withLifetime(own, theirs);
  }

  /**
   * What to try next: at once what the store has just said; from time to time
   * after a pause, and then never what was read before it.
   */
  #next(round: number, id: string, current: Target): MaybePromise<Target | undefined> {
    if (round >= MAX_ROUNDS) {
      throw new SessionError("SESSION_CONFLICT", `Other writers won ${round} times in a row`);
    }
    if (round % ROUNDS_IN_A_ROW !== 0) return current;
    return this.pause(round / ROUNDS_IN_A_ROW).then(() => this.read(id));
  }
}

/** What this request itself has last seen in the store. */
export function knownTo({ version, baseText }: SessionState): Target {
  return { version, text: baseText, cookie: undefined };
}

/** What a store handed back; a record that is none does not stand in the way. */
function targetIn(stored: StoredSession, fallback: string): Target {
  const parsed = parseStored(stored);
  const { version } = stored;
  return parsed === undefined
    ? { version, text: fallback, cookie: undefined }
    : { version, text: parsed.text, cookie: parsed.data["cookie"] };
}

function newestOf(version: Version, text: string, cookie: object): Target | undefined {
  return version === undefined ? undefined : { version, text, cookie };
}
