/** What this process has done to its sessions lately: the memory of a store that has none. */
import { after, attempt, isPromise } from "../../maybe_promise.ts";
import type { MaybePromise, StoredSession } from "../../store.ts";
import { Clearings } from "./clearing.ts";
import { Entry, Marks, type Mending } from "./entry.ts";
import { GONE, isOld, type Sent } from "./sent.ts";
import { cookieOf, Written } from "./written.ts";

/** A version holds its entry: the entry lives as long as any request needs it. */
export interface Token {
  readonly entry: Entry;
  readonly mark: number;
}

/** Whether what a token stands for has ended since, or is ending. */
export function isGone({ entry, mark }: Token): boolean {
  return entry.goneMark > mark || entry.isEnding;
}

/** What is acknowledged, as a store would hand it out; `undefined`: not known here, or no session. */
export function newestOf(entry: Entry): StoredSession | undefined {
  const { newest, mark } = entry;
  if (!(newest instanceof Written)) return undefined;
  return { json: newest.json, expires: newest.expires, version: { entry, mark } };
}

/** Who calls the store: an adapter, by this wrapper, or the application past it. */
type Caller = "wrapper" | "application";

/** What came of a write. */
export type Outcome =
  | { readonly status: "written"; readonly version: Token }
  /** Somebody else's was acknowledged while it was under way. */
  | { readonly status: "overtaken" }
  | { readonly status: "gone" };

/**
 * A store that neither answers nor keeps what it should answer to would have
 * its sessions forgotten: so many of those it owes something are remembered.
 */
const OWED = 1000;

export class WriteLog {
  readonly #entries = new Map<string, WeakRef<Entry>>();
  readonly #owed = new Set<Entry>();
  readonly #clearings = new Clearings(this);
  readonly #marks = new Marks();
  readonly #sendAgain: (id: string, session: object | undefined) => MaybePromise<void>;
  #sweepAt = 1024;

  /** @param sendAgain Stores a session once more; without one, destroys it. */
  constructor(sendAgain: (id: string, session: object | undefined) => MaybePromise<void>) {
    this.#sendAgain = sendAgain;
  }

  /** The mark of the latest event of any id. */
  get now(): number {
    return this.#marks.now;
  }

  entry(id: string): Entry {
    const known = this.#entries.get(id)?.deref();
    if (known !== undefined) return known;
    const entry = new Entry(id, this.#marks);
    this.#entries.set(id, new WeakRef(entry));
    if (this.#entries.size >= this.#sweepAt) this.#sweep();
    this.#clearings.meet(entry);
    return entry;
  }

  /**
   * Runs what writes a session. A commit is acknowledged if nobody else's write
   * was since it began; no write is to a record that has ended.
   */
  write(
    entry: Entry,
    written: Written,
    how: "create" | "commit" | "application",
    act: () => MaybePromise<unknown>,
  ): MaybePromise<Outcome> {
    if (how !== "commit") this.#clearings.spare(entry);
    const { acknowledgedAt } = entry;
    const by = how === "application" ? how : "wrapper";
    return this.#run(
      entry.begin("write", written.model, by),
      entry,
      act,
      (sent): MaybePromise<Outcome> => {
        entry.end(sent);
        if (entry.isTooLate(sent)) return after(this.mend(entry), () => ({ status: "gone" }));
        const isOvertaken = how === "commit" && entry.acknowledgedAt !== acknowledgedAt;
        if (!isOvertaken) entry.acknowledge(written, sent);
        const outcome: Outcome = isOvertaken
          ? { status: "overtaken" }
          : { status: "written", version: { entry, mark: entry.mark } };
        return after(this.mendIfPossible(entry), () => outcome);
      },
    );
  }

  /** Runs what touches a session; `false`: it has ended meanwhile. */
  touch(
    entry: Entry,
    session: object | undefined,
    by: Caller,
    act: () => MaybePromise<unknown>,
    isAnew = false,
  ): MaybePromise<boolean> {
    // Written down now: the session goes on changing.
    const isAlone = entry.isQuiet && entry.newest === undefined;
    const cookie = isAlone && !isAnew ? undefined : cookieOf(session);
    return this.#run(entry.begin("touch", session, by), entry, act, (sent) => {
      entry.end(sent);
      const isGone = entry.isTooLate(sent);
      if (cookie !== undefined) entry.touched(cookie, isAnew ? entry.livesAnew(cookie) : sent);
      return after(this.mend(entry), () => !isGone);
    });
  }

  /** Runs what ends a session: it is gone for everybody who read it before that is done. */
  destroy<T>(entry: Entry, by: Caller, act: () => MaybePromise<T>): MaybePromise<T> {
    return this.#run(
      entry.begin("destroy", undefined, by),
      entry,
      act,
      (sent, result) => after(this.ended(entry, sent), () => result),
      () => entry.failedToEnd(),
    );
  }

  /** The store has ended it; what calls that crossed may have brought back is ended again. */
  ended(entry: Entry, sent: Sent): MaybePromise<void> {
    entry.acknowledge(GONE, sent);
    const mended = attempt(() => this.mend(entry), (error) => {
      entry.end(sent);
      throw error;
    });
    return after(mended, () => {
      entry.ended(sent);
      this.#remember(entry);
    });
  }

  /** Runs what ends every session; `ended` hears of those that somebody knows. */
  clear<T>(act: () => MaybePromise<T>, ended: (id: string) => void): MaybePromise<T> {
    const known = [...this.#entries.values()].flatMap((reference) => reference.deref() ?? []);
    return this.#clearings.run(known, act, ended);
  }

  /**
   * Tells the store again what calls that crossed may have undone. Whoever comes
   * while it is being told does not wait for that: it may never answer. That
   * something has ended it is told as often as there is reason to.
   */
  mend(entry: Entry): MaybePromise<void> {
    if (!entry.needsMend()) return this.#remember(entry);
    const { mending, newest } = entry;
    if (mending !== undefined && mending.sent.repeats === newest && !isOld(mending.sent)) {
      // It began too early for whatever has ended since.
      mending.isOnceMore = true;
      if (newest !== GONE) return;
    }
    const session = newest instanceof Written ? newest.copy() : undefined;
    const deed = session === undefined ? "destroy" : "write";
    const sent = entry.begin(deed, session, "mend", newest);
    const begun: Mending = { sent, isOnceMore: false };
    entry.mending = begun;
    return this.#mend(entry, begun);
  }

  /** The same where a failure changes nothing for the caller: the next one tries again. */
  mendIfPossible(entry: Entry): MaybePromise<void> {
    return attempt(() => this.mend(entry), () => {});
  }

  async #mend(entry: Entry, mending: Mending): Promise<void> {
    const { sent } = mending;
    try {
      await this.#sendAgain(entry.id, sent.session);
      entry.end(sent);
      entry.mended(sent);
    } catch (error) {
      entry.end(sent);
      throw error;
    } finally {
      if (entry.mending === mending) entry.mending = undefined;
      // Others have changed it meanwhile, or ended what may have undone this.
      const isOver = entry.newest === sent.repeats && !mending.isOnceMore;
      if (isOver) this.#remember(entry);
      else void this.mendIfPossible(entry);
    }
  }

  /** Runs a call that is noted; `done` notes its end, a failure is noted here. */
  #run<T, U>(
    sent: Sent,
    entry: Entry,
    act: () => MaybePromise<T>,
    done: (sent: Sent, result: T) => MaybePromise<U>,
    failed: () => void = () => {},
  ): MaybePromise<U> {
    this.#remember(entry);
    const onDone = (result: T) => done(sent, result);
    const onFailed = (error: unknown) => {
      entry.end(sent);
      failed();
      return after(this.mendIfPossible(entry), () => {
        throw error;
      });
    };
    let result: MaybePromise<T>;
    try {
      result = act();
    } catch (error) {
      return onFailed(error);
    }
    return isPromise(result) ? result.then(onDone, onFailed) : onDone(result);
  }

  /** An entry is held for as long as the store owes it something, among so many others. */
  #remember(entry: Entry): void {
    if (entry.isQuiet) {
      this.#owed.delete(entry);
      return entry.rest();
    }
    this.#owed.add(entry);
    if (this.#owed.size <= OWED) return;
    for (const oldest of this.#owed) {
      this.#owed.delete(oldest);
      return;
    }
  }

  /** Forgets ids no request in flight knows. */
  #sweep(): void {
    for (const [id, reference] of this.#entries) {
      if (reference.deref() === undefined) this.#entries.delete(id);
    }
    this.#sweepAt = Math.max(1024, this.#entries.size * 2);
  }
}
