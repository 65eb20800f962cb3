/** A store's `clear()` under way: it ends every session there was, and what begins meanwhile stays. */
import { after, attempt, isPromise } from "../../maybe_promise.ts";
import type { MaybePromise } from "../../store.ts";
import type { Entry } from "./entry.ts";
import { isOld, type Sent } from "./sent.ts";

/** What it brings to one session. */
interface Cleared {
  readonly sent: Sent;
  /** It began since: the store may have swept it away all the same, and is told it again. */
  readonly stays: boolean;
}

/** What tells the store again what calls that crossed may have undone. */
interface Mender {
  ended(entry: Entry, sent: Sent): MaybePromise<void>;
  mendIfPossible(entry: Entry): MaybePromise<void>;
}

export class Clearings {
  readonly #mender: Mender;
  #underWay: readonly Clearing[] = [];

  constructor(mender: Mender) {
    this.#mender = mender;
  }

  /** Somebody asks for a session nobody knew. */
  meet(entry: Entry): void {
    if (this.#underWay.length === 0) return;
    // One that has lost its call must not hide for ever what there is.
    this.#underWay = this.#underWay.filter((each) => !isOld(each));
    for (const clearing of this.#underWay) clearing.meet(entry);
  }

  /** A session begins, or an application stores one. */
  spare(entry: Entry): void {
    for (const clearing of this.#underWay) clearing.spare(entry);
  }

  /** Runs it; `ended` hears which of the sessions that somebody knows it has ended. */
  run<T>(
    known: Iterable<Entry>,
    act: () => MaybePromise<T>,
    ended: (id: string) => void,
  ): MaybePromise<T> {
    const clearing = new Clearing(known);
    this.#underWay = [...this.#underWay, clearing];
    const outcome = attempt<{ readonly error: unknown } | { readonly result: T }>(
      () => after(act(), (result) => ({ result })),
      (error) => ({ error }),
    );
    return after(outcome, (came) => {
      this.#underWay = this.#underWay.filter((each) => each !== clearing);
      const hasFailed = "error" in came;
      const told = [...clearing.cleared].map(([entry, { sent, stays }]) => {
        if (!stays && !hasFailed) {
          return after(this.#mender.ended(entry, sent), () => ended(entry.id));
        }
        entry.end(sent);
        if (!stays) entry.failedToEnd();
        return this.#mender.mendIfPossible(entry);
      });
      const waiting = told.filter(isPromise);
      return after(waiting.length === 0 ? undefined : Promise.all(waiting), () => {
        if (hasFailed) throw came.error;
        return came.result;
      });
    });
  }
}

class Clearing {
  readonly since = performance.now();
  readonly cleared = new Map<Entry, Cleared>();
  /** Nobody knew them when it began: they may be sessions that begin. */
  readonly #unknown = new WeakSet<Entry>();

  constructor(known: Iterable<Entry>) {
    for (const entry of known) this.#end(entry);
  }

  /** Until the store has answered it may still find what is to end. */
  meet(entry: Entry): void {
    this.#unknown.add(entry);
    this.#end(entry);
  }

  /** What was known before does not begin now: whoever stores it would bring it back. */
  spare(entry: Entry): void {
    if (!this.#unknown.delete(entry)) return;
    entry.end(this.cleared.get(entry)!.sent);
    // It ends nothing any more, and may undo what is stored.
    const sent = entry.begin("destroy", undefined, "mend");
    sent.isSeen = true;
    this.cleared.set(entry, { sent, stays: true });
  }

  #end(entry: Entry): void {
    const sent = entry.begin("destroy", undefined, "application");
    this.cleared.set(entry, { sent, stays: false });
  }
}
