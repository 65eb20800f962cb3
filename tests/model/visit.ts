/** One request, as the model follows it: what it has changed, and what became of that. */
import {
  type Deed,
  type End,
  type Fate,
  hand,
  type Heard,
  leaveIn,
  LIFE,
  type Link,
  Session,
  SUBJECT,
  type Token,
  type Write,
} from "./model.ts";
import type { Keep } from "./program.ts";

/** A change that is stored with the next call that stores, or with the answer. */
interface Pending {
  readonly deed: Deed & { readonly key?: string };
  /** A call may have stored it although nobody was told. */
  maybe: boolean;
  /** The value it has taken the place of. */
  was?: string | undefined;
  /** The handler was told that it could not be stored, and that is all anybody is told. */
  isTold?: boolean;
}

/** What a call that stores says of that. */
interface Storing {
  /** It was called for something else. */
  readonly isAside?: boolean;
  /** Whoever called is told where it fails, and nobody else is. */
  readonly tells?: boolean;
  /** It is the answer. */
  readonly byAnswer?: boolean;
}

/** How a call ended: `until` is the last moment at which it can have taken effect. */
export interface Outcome {
  readonly fate: Fate;
  readonly until: number;
}

export class Visit {
  readonly number: number;
  /** The request has read its session after this step. */
  readonly read: number;
  current: Session;
  /** The session that its cookie is of, where it was not found: a logout follows it. */
  readonly missed: Session | undefined;
  /** The session is in the store under its id, as far as this request was told. */
  isStored: boolean;
  /** A failed call has left the request's session in an unknown state. */
  isSpoiled = false;
  isOver = false;
  /** The sessions it had before. */
  readonly past: Session[] = [];
  /** How many updates are under way. */
  updating = 0;
  readonly #life: number | null;
  /** How many calls that store are under way. */
  #storing = 0;
  #pending: Pending[] = [];

  constructor(
    number: number,
    read: number,
    { known, isLoaded }: { known: Session | undefined; isLoaded: boolean },
    life: number | null,
  ) {
    this.number = number;
    this.read = read;
    this.#life = life;
    this.isStored = isLoaded;
    this.missed = isLoaded ? undefined : known;
    this.current = isLoaded ? known! : new Session(life);
  }

  /** A value is assigned, or removed, where there was another. */
  set(key: string, value: string | undefined, was: string | undefined, step: number): void {
    const write: Write = { key, value, from: step, to: Infinity, fate: "open", by: this.number };
    this.current.writes.push(write);
    const pending: Pending = { deed: write, maybe: false, was };
    if (this.isOver) return void this.#settle(pending, "refused", step);
    const before = this.#pending.find(({ deed }) => deed.key === key);
    if (before !== undefined) this.#superseded(before, step);
    const original = before === undefined ? was : before.was;
    // It is what it was, and nothing is stored.
    if (before?.maybe === false && original === value) return this.#superseded(pending, step);
    // An update nobody awaited may run once more, on what the request holds by then; and any call
    // that waits for its turn stores the cookie as it is when the turn has come.
    pending.maybe = this.updating > 0 || (key === LIFE && this.#storing > 0);
    pending.was = original;
    this.#pending.push(pending);
  }

  /** A call has put something else in its place: what was to be stored is no more. */
  unset(key: string, step: number): void {
    const before = this.#pending.find(({ deed }) => deed.key === key);
    if (before !== undefined) this.#superseded(before, step);
  }

  say(token: string, step: number): void {
    const said: Token = { token, from: step, to: Infinity, fate: "open", by: this.number };
    this.current.said.push(said);
    if (this.isOver) return void this.#settle({ deed: said, maybe: false }, "refused", step);
    this.#pending.push({ deed: said, maybe: this.updating > 0 });
  }

  /** What is handed out is what the request found when it came. */
  hear(tokens: readonly string[]): void {
    const heard: Heard = { tokens, from: this.read, to: Infinity, fate: "open", by: this.number };
    this.current.heard.push(heard);
    this.#pending.push({ deed: heard, maybe: this.updating > 0 });
  }

  /** The keys whose values are this request's own. */
  get ownKeys(): ReadonlySet<string> {
    return new Set(this.#pending.map(({ deed }) => deed.key ?? ""));
  }

  /** Whether there is something to store: a lifetime alone makes no session, nor does what was undone. */
  get hasChanges(): boolean {
    if (this.isStored) return this.#pending.length > 0;
    const deeds = this.#pending.map(({ deed }) => deed as Partial<Write & Token & Heard>);
    const heard = deeds.flatMap(({ tokens }) => tokens ?? []);
    return deeds.some(({ key, value, token }) =>
      token !== undefined ? !heard.includes(token) : value !== undefined && key !== LIFE
    );
  }

  /** Whether something to be stored is more than the handler was told of. */
  get isUnsaid(): boolean {
    return this.#pending.some(({ isTold }) => isTold);
  }

  /** Whether what the answer stores is more than a lifetime. */
  get changesData(): boolean {
    return this.#pending.some(({ deed, isTold }) => deed.key !== LIFE && !isTold);
  }

  /** A call begins that stores what was changed so far; the result says how it ended. */
  store({ isAside, tells, byAnswer }: Storing = {}): (outcome: Outcome) => void {
    const stored = [...this.#pending];
    // What a call of another kind stores on the way is stored, and not asked for.
    const before = stored.map(({ maybe }) => maybe);
    for (const each of stored) each.maybe = true;
    this.#storing++;
    return ({ fate, until }) => {
      this.#storing--;
      for (const [index, each] of stored.entries()) {
        if (fate === "doubt") each.deed.mayBeTwice = true;
        if (byAnswer && fate === "acked") each.deed.byAnswer = true;
        if (fate === "acked" && !isAside) this.#settle(each, "acked", until);
        else each.maybe = fate === "refused" ? before[index]! : true;
        each.isTold ||= Boolean(tells) && fate !== "acked";
      }
      if (fate === "acked") this.isStored = true;
    };
  }

  /** What was changed and not stored is dropped. */
  drop(step: number): void {
    for (const each of [...this.#pending]) this.#superseded(each, step);
  }

  /** The session has moved, with what was named. */
  moved(keep: Keep, isLogin: boolean, from: number, to: number, subject?: string): void {
    const { current: parent, number: by } = this;
    this.past.push(parent);
    const link: Link = { parent, keep, isLogin, read: this.read, from, to, fate: "acked", by };
    const wasStored = this.isStored;
    this.current = new Session(this.#life, link);
    const stays = (key: string) => {
      const isOurs = key === LIFE || (key === SUBJECT && !isLogin);
      return keep === true || isOurs || (keep !== false && keep.includes(key));
    };
    for (const each of [...this.#pending]) {
      const key = each.deed.key ?? "flash";
      if (!stays(key)) this.#superseded(each, to);
      else {
        // What a call may have stored on the way was seen under the old id as well.
        if (each.maybe) leaveIn(parent, each.deed, to);
        hand(each.deed, parent, this.current);
        // What an update has stored on the way others may have changed since.
        if (wasStored) this.#settle(each, each.maybe ? "doubt" : "acked", to);
      }
    }
    // A call nobody awaited may be storing it just now.
    this.end("move", from, { fate: wasStored ? "acked" : "doubt", until: to }, parent);
    if (subject !== undefined) this.set(SUBJECT, JSON.stringify(subject), undefined, from);
    if (wasStored) this.store()({ fate: "acked", until: to });
  }

  /** A session is ended, by this request or in its name; where that fails, nobody knows whether it was. */
  end(how: End["how"], from: number, { fate, until }: Outcome, session = this.current): void {
    session.ends.push({
      how,
      from,
      to: until,
      fate: fate === "acked" ? fate : "doubt",
      by: this.number,
    });
  }

  /**
   * The request goes on with a session of which nobody knows yet.
   *
   * @param isSure A store that did not answer may have left it the one it had.
   */
  begin(isSure: boolean): void {
    this.past.push(this.current);
    const { edits } = this.current;
    this.current = new Session(this.#life);
    if (!isSure) { for (const name of edits) this.current.edits.add(name); }
    this.isStored = false;
  }

  /**
   * The visitor has the answer, or nobody ever will.
   *
   * @param lifeStays The answer says nothing of a lifetime.
   */
  answered({ fate, until }: Outcome, lifeStays = false): void {
    for (const each of [...this.#pending]) {
      if (fate === "acked") each.deed.byAnswer = true;
      const isUnsaid = each.isTold || (lifeStays && each.deed.key === LIFE);
      const isInDoubt = fate === "refused" ? each.maybe : isUnsaid;
      this.#settle(each, isInDoubt ? "doubt" : fate, until);
    }
  }

  #superseded(each: Pending, step: number): void {
    this.#settle(each, each.maybe ? "doubt" : "refused", step);
  }

  #settle(each: Pending, fate: Fate, until: number): void {
    // A call that is still under way may yet say that it stored it.
    each.deed.fate = fate;
    each.deed.to = until;
    this.#pending = this.#pending.filter((other) => other !== each);
  }
}
