/**
 * The sessions of a store whose end somebody in this process waits for.
 *
 * Whoever ends or moves a session says so here, whichever entry, middleware or build of the
 * library it is; what other processes do is heard of by the store's `watch`, or found by looking.
 * Where nobody waits there is nothing: no entry, no timer, no connection.
 */
import type { Clock } from "../clock.ts";
import type { SessionEndReason } from "../errors.ts";
import { after, attempt } from "../maybe_promise.ts";
import { onePer, sharedByBuilds } from "../shared_by_builds.ts";
import type { MaybePromise, SessionStore } from "../store.ts";
import type { SessionNotice, WatchableStore } from "../watchable_store.ts";
import { Rechecks, StoreWatch } from "./live_watch.ts";
import type { Waiting } from "./waiting.ts";

/** So many sessions are looked at together. */
const AT_ONCE = 16;

const all = sharedByBuilds("live", () => new WeakMap<object, LiveSessions>());

/** What the store is that a store stands before for one request, or for one set of options. */
function behind(store: object): object {
  return (store as { readonly behind?: object }).behind ?? store;
}

/** Those of a store that are waited for, if any ever were. */
export function liveSessionsOf(store: object): LiveSessions | undefined {
  return all.get(behind(store));
}

/** What is about to become of a session: why it ends, or `moved`: it lives on. */
export type Outlook = SessionEndReason | "moved";

/** Runs what ends or moves a session, and then tells those who wait for its end. */
export function changingLive<T>(
  store: object,
  id: string,
  outlook: Outlook,
  act: () => MaybePromise<T>,
  tell: (live: LiveSessions, result: T) => MaybePromise<void>,
): MaybePromise<T> {
  const done = liveSessionsOf(store)?.expect(id, outlook);
  const acted = done === undefined ? act() : attempt(act, (error) => {
    done();
    throw error;
  });
  return after(acted, (result) => {
    const live = liveSessionsOf(store);
    if (live !== undefined) void after(tell(live, result), () => done?.());
    return result;
  });
}

/** Runs what ends a session. */
export function endingLive<T>(
  store: object,
  id: string,
  why: SessionEndReason,
  act: () => MaybePromise<T>,
): MaybePromise<T> {
  return changingLive(store, id, why, act, (live) => live.end(id, why));
}

export class LiveSessions {
  readonly #store: SessionStore & Partial<WatchableStore>;
  readonly #byName = new Map<string, Set<Waiting>>();
  /** What is just becoming of sessions: the store's notice may come before its answer. */
  readonly #expected = new Map<string, Outlook[]>();
  #watch: StoreWatch | undefined;
  readonly #rechecks = new Rechecks((which) => this.#lookAtAll(which));

  /** The one of a store, whichever entries use it. */
  static of(store: object): LiveSessions {
    return LiveSessions.#ofKey(behind(store));
  }

  static readonly #ofKey = onePer((store) => new LiveSessions(store as SessionStore), all);

  private constructor(store: SessionStore) {
    this.#store = store;
    // A callback store sees what the application asks of it directly.
    const { direct } = store as { direct?: { heard?: (id: string) => void } };
    if (direct !== undefined) direct.heard = (id) => void this.end(id, "destroyed");
  }

  /** How many are waited for. */
  get size(): number {
    return this.#all().length;
  }

  /** The browsers have the sessions: nobody can look at one. */
  get isSealed(): boolean {
    return "sealed" in this.#store;
  }

  /** What the store calls a session; it may keep no ids. */
  nameOf(id: string): MaybePromise<string> {
    const { listedAs } = this.#store as { listedAs?: (id: string) => MaybePromise<string> };
    return listedAs === undefined ? id : listedAs.call(this.#store, id);
  }

  add(name: string, waiting: Waiting): void {
    const known = this.#byName.get(name);
    this.#byName.set(name, (known ?? new Set()).add(waiting));
    if (this.#watch === undefined) this.#begin(waiting.clock);
    this.#rechecks.plan(waiting);
  }

  remove(name: string, waiting: Waiting): void {
    const known = this.#byName.get(name);
    known?.delete(waiting);
    if (known?.size === 0) this.#byName.delete(name);
    if (this.#byName.size > 0) return;
    this.#watch?.stop();
    this.#watch = undefined;
    this.#rechecks.stop();
  }

  /** Notes what is becoming of a session, until the function it returns is called. */
  expect(id: string, outlook: Outlook): () => void {
    let noted: string | undefined;
    let isOver = false;
    void after(this.nameOf(id), (name) => {
      if (isOver || !this.#byName.has(name)) return;
      noted = name;
      this.#expected.set(name, [...this.#expected.get(name) ?? [], outlook]);
    });
    return () => {
      isOver = true;
      if (noted !== undefined) this.#settled(noted, outlook);
    };
  }

  #settled(name: string, outlook: Outlook): void {
    const left = [...this.#expected.get(name) ?? []];
    left.splice(left.indexOf(outlook), 1);
    if (left.length > 0) return void this.#expected.set(name, left);
    this.#expected.delete(name);
    // Who is still there has been told nothing: what was to happen did not, or did not all.
    for (const waiting of this.#at(name)) void waiting.look();
  }

  /** Whether this process is just ending or moving a session, and will tell. */
  isExpected(name: string): boolean {
    return this.#expected.has(name);
  }

  end(id: string, why: SessionEndReason): MaybePromise<void> {
    return after(this.nameOf(id), (name) => this.#end(name, why));
  }

  #end(name: string, why: SessionEndReason): void {
    for (const waiting of this.#at(name)) waiting.end(why);
  }

  /** Ends those of a subject, except one. */
  endSubject(subject: string, except: string | undefined): void {
    void after(except === undefined ? undefined : this.nameOf(except), (kept) => {
      for (const waiting of this.#of(subject, kept)) waiting.end("revoked");
    });
  }

  /** A session that lives on has another id. */
  move(from: string, to: string): MaybePromise<void> {
    return after(this.nameOf(from), (name) => {
      for (const waiting of this.#at(name)) waiting.follow(to);
    });
  }

  extend(id: string, end: number): void {
    for (const waiting of this.#at(id)) waiting.extend(end);
  }

  #all(): Waiting[] {
    return [...this.#byName.values()].flatMap((some) => [...some]);
  }

  #at(name: string): Waiting[] {
    return [...this.#byName.get(name) ?? []];
  }

  #of(subject: string, except: string | undefined): Waiting[] {
    return [...this.#byName].flatMap(([name, some]) => name === except ? [] : [...some])
      .filter((waiting) => waiting.subject === subject);
  }

  #hear(notice: SessionNotice): void {
    if (notice.what === "missed") return void this.#lookAtAll(() => true);
    if (notice.what === "subject") {
      // One that began since is not meant.
      for (const one of this.#of(notice.subject, notice.except)) void one.look("revoked");
      return;
    }
    const { id } = notice;
    const [outlook] = this.#expected.get(id) ?? [];
    if (outlook === "moved") return;
    if (notice.what === "gone" || outlook !== undefined) {
      return this.#end(id, outlook ?? "destroyed");
    }
    // By a login, or not: what stands under the new id tells.
    for (const waiting of this.#at(id)) waiting.follow(notice.to);
  }

  #begin(clock: Clock): void {
    const { watch } = this.#store;
    if (watch === undefined) return;
    this.#watch = new StoreWatch(clock, {
      watch: (hear) => watch.call(this.#store, hear),
      hear: (notice) => this.#hear(notice),
      report: (error) => this.#all()[0]?.report(error),
    });
  }

  async #lookAtAll(which: (waiting: Waiting) => boolean): Promise<void> {
    const some = this.#all().filter(which);
    for (let at = 0; at < some.length; at += AT_ONCE) {
      await Promise.all(some.slice(at, at + AT_ONCE).map((waiting) => waiting.look()));
    }
  }
}
