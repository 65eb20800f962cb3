/**
 * One request's interest in the end of its session: the signal it was handed, and what keeps it.
 *
 * Until its connection is known to be over it is kept here, whoever else has forgotten it: a
 * listener that nobody holds must still be called. From then on it lives as long as somebody
 * has the signal, the session or the request.
 */
import { afterQuietlyBy, type Clock } from "../clock.ts";
import { endedError, type SessionEndReason } from "../errors.ts";
import type { EventHub } from "../events.ts";
import { after, attempt } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import type { CommitSettings } from "./commit_loop.ts";
import { type Living, type LoginOf, lookAt } from "./live_look.ts";
import { LiveSessions } from "./live_sessions.ts";
import type { Waiting } from "./waiting.ts";

/** What a session is looked at by. */
export type LiveSettings = CommitSettings & { readonly events: EventHub };

/** How long to wait before a store that failed is asked again, at first and at most. */
const PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;

/** Tells of signals that nobody has any more. */
const collected = typeof FinalizationRegistry === "undefined"
  ? undefined
  : new FinalizationRegistry<LiveSession>((live) => live.release());

export class LiveSession implements Waiting {
  readonly clock: Clock;
  readonly recheckInterval: number | undefined;
  readonly #settings: LiveSettings;
  readonly #sessions: LiveSessions;
  #login: LoginOf = { subject: undefined, since: undefined };
  /** What aborts the signal: kept until the connection is over … */
  #controller: AbortController | undefined;
  /** … and only looked up from then on. */
  #lookUp: { deref(): AbortController | undefined } | undefined;
  #id: string | undefined;
  #name: string | undefined;
  /** When it ends, as far as is known. */
  #end: number | undefined;
  #cancel: (() => void) | undefined;
  #pause = PAUSE;
  /** Grows with each look: what an earlier one found does not count. */
  #looks = 0;
  #isOver = false;

  constructor(settings: LiveSettings, controller: AbortController) {
    this.#settings = settings;
    this.clock = settings.clock;
    this.recheckInterval = settings.rules.recheckInterval;
    this.#sessions = LiveSessions.of(settings.store);
    this.#controller = controller;
  }

  get subject(): string | undefined {
    return this.#login.subject;
  }

  /** Waits for the end of a session that is stored. */
  begin(id: string, login: LoginOf): void {
    this.#login = login;
    this.follow(id);
  }

  follow(to: string): void {
    if (this.#isOver) return;
    this.#id = to;
    // What is under way was about the id before.
    this.#looks++;
    void after(this.#sessions.nameOf(to), (name) => {
      if (this.#isOver || this.#id !== to) return;
      const before = this.#name;
      if (name !== before) {
        this.#name = name;
        this.#sessions.add(name, this);
        if (before !== undefined) this.#sessions.remove(before, this);
      }
      // It may have ended before anybody waited for that.
      return this.look();
    });
  }

  look(why?: SessionEndReason): MaybePromise<void> {
    const id = this.#id;
    if (id === undefined || this.#isOver) return;
    const looks = ++this.#looks;
    const isOld = () => this.#isOver || looks !== this.#looks;
    return attempt(() => {
      return after(
        lookAt(this.#settings, id),
        (found) => isOld() ? undefined : this.#saw(found, why),
      );
    }, () => {
      if (isOld()) return;
      // Whether it lives nobody can tell, nor would the store hand it to a visitor.
      this.#plan(this.#pause);
      this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
    });
  }

  #saw(found: Living | undefined, why: SessionEndReason | undefined): void {
    this.#pause = PAUSE;
    if (found === undefined) {
      // This process is at it, and will say what came of it.
      if (this.#sessions.isExpected(this.#name!)) return;
      const left = (this.#end ?? Infinity) - this.clock.now();
      // Where its browser has the session, all that is known of it is its end.
      if (left > 0 && this.#sessions.isSealed) return this.#plan(left);
      return this.end(why ?? (left > 0 ? "destroyed" : "expired"));
    }
    const { subject, since } = this.#login;
    if (found.subject !== subject || found.since !== since) return this.end("login");
    if (found.id !== this.#id) return this.follow(found.id);
    this.#end = this.#sessions.isSealed ? Math.max(this.#end ?? 0, found.end) : found.end;
    this.#plan(this.#end - this.clock.now());
  }

  extend(end: number): void {
    if (this.#end !== undefined) this.#end = Math.max(this.#end, end);
  }

  /** A visit may move the end until it has come: then the store is asked. */
  #plan(ms: number): void {
    this.#cancel?.();
    this.#cancel = ms === Infinity
      ? undefined
      : afterQuietlyBy(this.clock, Math.max(ms, 0), () => void this.look());
  }

  end(why: SessionEndReason): void {
    if (this.#isOver) return;
    const controller = this.#controller ?? this.#lookUp?.deref();
    this.release();
    controller?.abort(endedError(why));
  }

  report(error: unknown): void {
    this.#settings.events.emit("error", { error, during: "watch" });
  }

  /** The connection is over: who still has the signal learns of the end, and nobody else needs it. */
  loosen(): void {
    const controller = this.#controller;
    if (this.#isOver || controller === undefined) return;
    if (collected === undefined) return this.release();
    this.#lookUp = new WeakRef(controller);
    this.#controller = undefined;
    collected.register(controller, this);
  }

  /** Nobody waits for it any more. */
  release(): void {
    this.#isOver = true;
    this.#cancel?.();
    this.#controller = this.#lookUp = this.#cancel = undefined;
    if (this.#name !== undefined) this.#sessions.remove(this.#name, this);
  }
}
