/** Compare and swap, again and again until nobody else wrote in between. */
import type { Cookie } from "../cookie/cookie.ts";
import { restartLifetime } from "../cookie/lifetime.ts";
import { goneError, SessionError } from "../errors.ts";
import { after } from "../maybe_promise.ts";
import type { CommitResult, MaybePromise, SessionStore, StoredSession } from "../store.ts";
import { diff, rebase } from "./merge.ts";
import type { Data } from "./session_data.ts";
import { dataText, LazyRecord, parseStored } from "./session_json.ts";
import { subjectOf } from "./session_metadata.ts";
import { copyAttributes, type SessionState } from "./session_state.ts";
import { type StoreTimeout, withTimeout } from "./store_timeout.ts";

/** What the loop needs to know of its manager's settings. */
export interface CommitSettings extends StoreTimeout {
  readonly store: SessionStore;
  /** The most bytes of data a session may have; Infinity: no limit. */
  readonly maxBytes: number;
}

/** A conflict is retried this often; each time at least one other writer got through. */
const MAX_ATTEMPTS = 16;

export class CommitLoop {
  readonly #store: SessionStore;
  readonly #settings: CommitSettings;

  constructor(settings: CommitSettings) {
    this.#store = settings.store;
    this.#settings = settings;
  }

  /** Commits under the same id, or rotates to another, until nobody else wrote in between. */
  exchange(
    state: SessionState,
    session: Data,
    text: string,
    tries: number,
    to: string | undefined,
  ): MaybePromise<void> {
    const from = state.storedId!;
    const record = this.record(session, text);
    const asked: MaybePromise<CommitResult> = to === undefined
      ? this.#store.commit(from, record, state.version)
      : this.#store.rotate(from, to, record, state.version);
    return after(this.#withTimeout(asked), (outcome) => {
      if (outcome.status === "gone") throw this.lost(state);
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
        this.pause(tries),
        () => this.exchange(state, session, dataText(session), tries + 1, to),
      );
    });
  }

  /**
   * Changes the newest data and stores them; `stored` is what was read last,
   * `pending` what this request has changed and not stored.
   */
  update<T>(
    state: SessionState,
    session: Data,
    change: (data: Data) => T,
    pending: ReadonlyMap<string, unknown>,
    stored: StoredSession,
    tries: number,
  ): MaybePromise<T> {
    const theirs = parseStored(stored);
    if (theirs === undefined) throw this.lost(state);
    // From a fresh copy each time: a change that did not get through leaves no trace.
    rebase(session, JSON.parse(theirs.text) as Data, pending);
    this.#adopt(state, session, theirs.data, theirs.text, stored);
    const result = change(session);
    const text = dataText(session);
    if (text === theirs.text) return result;
    this.checkSize(text);
    const record = this.record(session, text);
    const id = session["id"] as string;
    return after(this.#withTimeout(this.#store.commit(id, record, stored.version)), (outcome) => {
      if (outcome.status === "gone") throw this.lost(state);
      if (outcome.status === "conflict") {
        const { current } = outcome;
        return after(
          this.pause(tries),
          () => this.update(state, session, change, pending, current, tries + 1),
        );
      }
      state.savedText = text;
      state.stored(id, text, session, outcome.version);
      return result;
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
      restartLifetime(session["cookie"] as Cookie);
    }
    const edited = state.baseCookie;
    state.stored(state.storedId!, text, session, stored.version);
    if (state.cookieEdited(session)) state.baseCookie = edited;
  }

  record(session: Data, text: string): LazyRecord {
    return new LazyRecord(session, text, subjectOf(session));
  }

  lost(state: SessionState): SessionError {
    state.markGone(state.storedId!);
    return goneError();
  }

  checkSize(text: string): void {
    const { maxBytes } = this.#settings;
    // A UTF-16 unit is at most three bytes: most sessions need no counting.
    if (text.length * 3 <= maxBytes) return;
    if (new TextEncoder().encode(text).length > maxBytes) {
      throw new SessionError("SESSION_TOO_LARGE", `Session data exceed ${maxBytes} bytes`);
    }
  }

  /** Waits a little longer, and less predictably, after each lost race. */
  pause(tries: number): MaybePromise<void> {
    if (tries >= MAX_ATTEMPTS) {
      throw new SessionError("SESSION_CONFLICT", `Other writers won ${tries} times in a row`);
    }
    if (tries === 1) return;
    const [random] = crypto.getRandomValues(new Uint16Array(1));
    const ms = (random! / 0x10000) * Math.min(2 ** tries, 64);
    return new Promise((resolve) => this.#settings.clock.after(ms, resolve));
  }

  #withTimeout<T>(asked: MaybePromise<T>): MaybePromise<T> {
    return withTimeout(asked, this.#settings);
  }
}
