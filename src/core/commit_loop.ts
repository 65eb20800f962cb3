/** Compare and swap, again and again until nobody else wrote in between. */
import { type Lifetime, lifetimeOf, withEnd, withLifetime } from "../cookie/lifetime.ts";
import { goneError, SessionError } from "../errors.ts";
import { expiryOf } from "../expiry.ts";
import { after } from "../maybe_promise.ts";
import type { CommitResult, MaybePromise, StoredSession } from "../store.ts";
import type { StoreSettings } from "./ask_store.ts";
import {
  type Change,
  changeOf,
  follow,
  knownTo,
  newestIn,
  newestOf,
  uneditedCookie,
} from "./change.ts";
import { Leases } from "./lease.ts";
import type { DataSchema } from "./data_schema.ts";
import { endOf, type LifecycleRules, type WhyOver, whyOver } from "./lifecycle.ts";
import { OutgoingRecord } from "./outgoing_record.ts";
import type { RenewingStore } from "./renewing_store.ts";
import type { Data } from "./session_data.ts";
import { type Parsed, parseStored } from "./session_json.ts";
import { type Notes, notesIn, subjectIn } from "./session_metadata.ts";
import type { SessionState } from "./session_state.ts";
import { SharedCommits } from "./shared_commits.ts";
import type { Snapshot } from "./snapshot.ts";
import { StoreCalls } from "./store_calls.ts";
import { type Newest, type Turn, WriterQueue } from "./writer_queue.ts";

/** What the loop needs to know of its manager's settings. */
export interface CommitSettings extends StoreSettings {
  /** The most bytes of data a session may have; Infinity: no limit. */
  readonly maxBytes: number;
  /** What data must look like; left out: any. */
  readonly schema?: DataSchema | undefined;
  /** When sessions end. */
  readonly rules: LifecycleRules;
  /** The most sessions of one subject; left out: any number. */
  readonly maxSessions?: number | undefined;
}

/**
 * Each round lost is one that somebody else has won, so this many in a row mean
 * that something other than contention is wrong.
 */
const MAX_ROUNDS = 1000;
/** After so many a writer asks for the right of way. */
const ROUNDS_IN_A_ROW = 6;

export class CommitLoop {
  readonly settings: CommitSettings;
  readonly calls: StoreCalls;
  readonly #queue: WriterQueue;
  readonly #leases: Leases;
  readonly #shared = new SharedCommits(this);

  constructor(settings: CommitSettings) {
    this.settings = settings;
    this.calls = new StoreCalls(settings);
    this.#queue = WriterQueue.of(settings.store);
    this.#leases = new Leases(this.calls);
  }

  /**
   * Stores what a call made of the session on top of what others stored
   * meanwhile; the session itself follows when the store has it.
   */
  commit(state: SessionState, session: Data, held: Snapshot): MaybePromise<void> {
    const change = changeOf(state, session, held);
    // Others are handed the session itself, each its own.
    return this.settings.store.atomic ? this.#shared.commit(change) : this.exchange(change);
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
    return this.inLine(id, (turn) => {
      // A call of this request that came before may have moved the session.
      if (state.storedId !== id) return this.inTurn(state, act);
      if (state.isGone(id)) throw this.lost(state, id);
      return act(turn);
    });
  }

  /** Runs `act` when the writers of an id before it are done, of this process and of others. */
  inLine<T>(id: string, act: (turn: Turn) => MaybePromise<T>): MaybePromise<T> {
    return this.#queue.take(id, (turn) => {
      const acted = () => this.#leases.during(id, turn, () => act(turn));
      return after(this.#leases.giveWay(id, turn), acted);
    }, this.settings);
  }

  /** Asks the writers of other processes to wait; what was read before does not count. */
  async claim(id: string, turn: Turn): Promise<void> {
    await this.#leases.claim(id, turn);
    turn.newest = undefined;
  }

  /** One round, and as many more as it takes. */
  attempt(change: Change, target: Newest, turn: Turn, round: number): MaybePromise<void> {
    const { state, session, held, to } = change;
    const id = state.storedId!;
    const text = change.onto(target.text);
    this.check(text, target.text);
    const cookie = this.cookieFor(change, target);
    const { version } = target;
    if (text === target.text && change.isOptional) {
      return follow(change, id, { version, text, cookie: uneditedCookie(change, cookie) });
    }
    const record = this.record(state, session, held.holds(text), text, cookie);
    // What the handler does to its cookie while the store is busy is an edit again.
    const sent = { ...(cookie as object), ...lifetimeOf(cookie) };
    const asked = this.calls.ask([id, to], () => {
      const { store } = this.settings;
      if (to === undefined) return store.commit(id, record, version);
      if (!change.leavesAlias) return store.rotate(id, to, record, version);
      return (store as RenewingStore).renew(id, to, record, version);
    });
    return after(
      asked,
      (outcome: CommitResult & { readonly id?: string; readonly at?: string }) => {
        if (outcome.status === "gone") throw this.lost(state, id);
        if (outcome.status === "conflict") {
          turn.newest = newestIn(outcome.current, target.text);
          return after(this.next(round, id, turn), (newest) => {
            if (newest === undefined) throw this.lost(state, id);
            return this.attempt(change, newest, turn, round + 1);
          });
        }
        if (outcome.at !== undefined) state.replaced = [id, outcome.at];
        if (to !== undefined) state.markGone(id);
        const stored = { version: outcome.version, text, cookie: sent };
        if (to === undefined) turn.newest = outcome.version === undefined ? undefined : stored;
        follow(change, outcome.id ?? to ?? id, stored);
        record.arrived();
      },
    );
  }

  /** The newest of a session, or `undefined` where there is none any more. */
  read(id: string): MaybePromise<Newest | undefined> {
    return after(this.calls.ask(id, () => this.settings.store.read(id)), (stored) => {
      const parsed = stored && parseStored(stored);
      if (parsed === undefined || this.whyOver(stored!, parsed) !== undefined) return undefined;
      return newestOf(parsed, stored!.version);
    });
  }

  /** An expired record is absent, whatever the store thinks. */
  whyOver({ expires }: StoredSession, { data }: Parsed): WhyOver | undefined {
    const found = { cookie: data["cookie"], notes: notesIn(data), expires };
    return whyOver(found, this.calls.now(), this.settings.rules);
  }

  /** When a session that is stored or visited now ends, and the cookie its store is handed. */
  endOf(cookie: unknown, notes: Notes): { end: number | null; cookie: unknown } {
    const end = endOf(cookie, notes, this.calls.now(), this.settings.rules);
    // What an application's own store is told of a session's end stands in its cookie.
    const isMoved = this.settings.touchKeepsCookie && end !== expiryOf(cookie);
    return { end, cookie: isMoved ? withEnd(cookie as Lifetime, end) : cookie };
  }

  record(
    state: SessionState,
    session: Data,
    isOwn: boolean,
    text: string,
    cookie: unknown,
  ): OutgoingRecord {
    const notes = isOwn ? state.notes : notesIn(JSON.parse(text) as Data);
    const { end, cookie: handed } = this.endOf(cookie, notes);
    // With something to hide, or with others' changes, the object is not what is stored.
    const isLive = () => isOwn && state.isWhole(session) && state.contentOf(session) === text;
    return new OutgoingRecord(session, handed, text, { end, subject: subjectIn(notes) }, isLive);
  }

  /** Whether it may be stored. A session that is too large already may shrink. */
  check(text: string, before = "{}"): void {
    if (text !== before) this.settings.schema?.check(text);
    const { maxBytes } = this.settings;
    // A UTF-16 unit is at most three bytes: most sessions need no counting, and few a second look.
    if (text.length * 3 <= maxBytes || bytesIn(text) <= maxBytes) return;
    const bytes = dataBytesIn(text);
    if (bytes > maxBytes && bytes >= dataBytesIn(before)) {
      throw new SessionError("SESSION_TOO_LARGE", `Session data exceed ${maxBytes} bytes`);
    }
  }

  lost(state: SessionState, id: string): SessionError {
    state.markGone(id);
    return goneError();
  }

  /** Attributes are this request's own. The lifetime is the session's, unless this request set one. */
  cookieFor({ state, session }: Change, { cookie }: Newest): unknown {
    const own = session["cookie"] as Lifetime;
    if (cookie === undefined || state.lifetimeEdited(session)) return own;
    const theirs = lifetimeOf(cookie);
    const isSame = theirs.originalMaxAge === lifetimeOf(own).originalMaxAge;
    return isSame ? own : withLifetime(own, theirs);
  }

  /**
   * What to try next: at once what the store has just said; after too many lost
   * rounds with the right of way, and then never what was read before it.
   */
  next(round: number, id: string, turn: Turn): MaybePromise<Newest | undefined> {
    if (round >= MAX_ROUNDS) {
      throw new SessionError("SESSION_CONFLICT", `Other writers won ${round} times in a row`);
    }
    if (round % ROUNDS_IN_A_ROW !== 0) return turn.newest;
    return this.#leases.claim(id, turn).then(() => this.read(id));
  }
}

function bytesIn(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** What we note of a device is no data: it comes, and changes, without the application. */
function dataBytesIn(text: string): number {
  const data = JSON.parse(text) as Data;
  delete (notesIn(data) as { dbsc?: unknown }).dbsc;
  return bytesIn(JSON.stringify(data));
}
