/**
 * What a session manager tells those who listen.
 *
 * No event ever carries an id, a cookie, a secret or session data: what belongs together
 * is told by {@linkcode SessionEvent.session}.
 *
 * @module
 */
import { isPromise } from "./maybe_promise.ts";
import type { MaybePromise } from "./store.ts";

/**
 * Why a cookie or a record was not accepted. Of a record that the store still
 * has: `expired` with its cookie, `idle` and `absolute` by the limits of those
 * names; `purpose`: its session was begun under another cookie's name.
 */
export type RejectedReason =
  | "signature"
  | "unsigned"
  | "duplicate"
  | "unknown"
  | "corrupt"
  | "expired"
  | "idle"
  | "absolute"
  | "purpose"
  | "schema";

/** Why changes were dropped. */
export type DiscardedReason = "gone" | "destroyed" | "committed";

/**
 * Why no session cookie could be sent (`invalid`: the handler has made of it what cannot be
 * written), or (`refused`) that `beforeCreate` refused the session.
 */
export type BlockedReason = "insecure" | "headers-sent" | "invalid" | "refused";

/** What every event has. */
export interface SessionEvent {
  /**
   * A handle for the session in place of its id, made when it is asked for: the same in all
   * events of one session and in every process with the same secret, until the session
   * moves to another id. It opens nothing. `undefined` where no session is known, as of a
   * cookie that nobody signed. Of sealed sessions it holds for this process.
   */
  session(): Promise<string | undefined>;
}

/** The events and what each carries. */
export interface SessionEvents {
  /** A new session was stored. */
  created: SessionEvent;
  /**
   * The store acknowledged that a session is gone. Of those that `revokeAll()` ended one each,
   * by no handle: the store says how many, and not which. Of sealed sessions it cannot.
   */
  destroyed: SessionEvent;
  /** A session ended because its subject has logged in too often since (`maxSessions`). */
  evicted: SessionEvent;
  /** A session moved to a new id: `before()` is the handle it had until then. */
  rotated: SessionEvent & { before(): Promise<string | undefined> };
  /**
   * Changes were dropped: the session was destroyed, rotated or expired meanwhile
   * (`gone`), was destroyed in this very request (`destroyed`), or its response had
   * left already (`committed`; of writes without a call it is found out by a later request,
   * and looked for in the first 100 requests of a process).
   */
  discarded: SessionEvent & { reason: DiscardedReason };
  /** A request came with a cookie that leads to no session. */
  rejected: SessionEvent & { reason: RejectedReason };
  /**
   * A new session was not stored: its cookie could not be sent, or the application refused it.
   * Or a session has moved (a login), and its headers had left without the new id (Express).
   */
  blocked: SessionEvent & { reason: BlockedReason };
  /** A response with our cookie invites shared caches to keep it. */
  cacheable: SessionEvent;
  /**
   * The store failed where nobody else was told, or to destroy a session; `load`: its
   * request went on without it (`onStoreError`); `save`: also what a call threw that nobody awaits,
   * where the response had left or failed already; `watch`: it does not tell of the ends of
   * sessions, and will be asked to again.
   */
  error: SessionEvent & { error: unknown; during: "load" | "save" | "destroy" | "watch" };
}

/** The names of all events. */
export const EVENT_NAMES: ReadonlySet<keyof SessionEvents> = new Set<keyof SessionEvents>([
  "created",
  "destroyed",
  "evicted",
  "rotated",
  "discarded",
  "rejected",
  "blocked",
  "cacheable",
  "error",
]);

/** A listener for one of the events. */
export type SessionListener<Name extends keyof SessionEvents> = (
  event: SessionEvents[Name],
) => void;

/** Makes the handle of an id. */
export type MakeHandle = (id: string) => MaybePromise<string>;

/** An event as listeners get it: who logs it sees no id. */
class Told implements SessionEvent {
  readonly #make: MakeHandle | undefined;
  readonly #id: string | undefined;
  readonly #before: string | undefined;

  constructor(make: MakeHandle | undefined, id: string | undefined, before: string | undefined) {
    this.#make = make;
    this.#id = id;
    this.#before = before;
  }

  session(): Promise<string | undefined> {
    return this.#handleOf(this.#id);
  }

  before(): Promise<string | undefined> {
    return this.#handleOf(this.#before);
  }

  /** A session that is not stored yet may have no id. */
  async #handleOf(id: string | undefined): Promise<string | undefined> {
    return id ? await this.#make?.(id) : undefined;
  }
}

/** On a listener: whether it has anybody to tell. One without it has. */
export const IS_HEARD: unique symbol = Symbol.for("websession.isHeard") as never;
type Listening = ((event: never) => unknown) & { [IS_HEARD]?: () => boolean };

/**
 * Listeners by event; emitting to nobody costs one look-up.
 *
 * A listener cannot hurt: what it throws, or rejects with, ends no request and no
 * process. It is reported once, however often it happens.
 */
export class EventHub {
  readonly #listeners = new Map<keyof SessionEvents, Set<Listening>>();
  readonly #report: (error: unknown) => void;
  readonly #make: MakeHandle | undefined;
  readonly #reported = new WeakSet<(event: never) => unknown>();

  /**
   * @param report Is told what a listener threw.
   * @param make Makes the handles of sessions; left out: they have none.
   */
  constructor(report: (error: unknown) => void, make?: MakeHandle) {
    this.#report = report;
    this.#make = make;
  }

  /** Adds a listener and returns the function that removes it. */
  on<Name extends keyof SessionEvents>(name: Name, listener: SessionListener<Name>): () => void {
    if (typeof listener !== "function") throw new TypeError("A listener must be a function");
    if (!EVENT_NAMES.has(name)) throw new TypeError(`There is no event "${String(name)}"`);
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener as (event: never) => void));
    return () => void listeners.delete(listener as (event: never) => void);
  }

  /** Whether anybody hears of an event. */
  hears(name: keyof SessionEvents): boolean {
    for (const listener of this.#listeners.get(name) ?? []) {
      if (listener[IS_HEARD]?.() ?? true) return true;
    }
    return false;
  }

  /**
   * Tells the listeners; what one of them throws reaches no request.
   *
   * @param id The session's; no listener learns it.
   * @param before The id it had before.
   */
  emit<Name extends keyof SessionEvents>(
    name: Name,
    fields: Omit<SessionEvents[Name], keyof Told>,
    id?: string,
    before?: string,
  ): void {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) return;
    const event = Object.assign(new Told(this.#make, id, before), fields);
    for (const listener of listeners) {
      const failed = (error: unknown) => this.#failed(listener, error);
      try {
        const result = listener(event as never);
        if (isPromise(result)) result.then(undefined, failed);
      } catch (error) {
        failed(error);
      }
    }
  }

  #failed(listener: (event: never) => unknown, error: unknown): void {
    if (this.#reported.has(listener)) return;
    this.#reported.add(listener);
    this.#report(error);
  }
}
