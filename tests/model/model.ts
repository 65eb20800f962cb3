/**
 * The reference model: what may be seen of a session, by what was asked and what was answered.
 *
 * Every value is written once, so a value says which write it is of. A write takes
 * effect at one moment between its beginning and its end; what was acknowledged did,
 * what was refused did not, and what the store left in doubt may have.
 */
import type { Attribute, Keep } from "./program.ts";

export type Fate = "open" | "acked" | "refused" | "doubt";

/** Something asked for: the steps at which it began and ended, and what came of it. */
export interface Deed {
  readonly from: number;
  to: number;
  fate: Fate;
  /** The visit that asked. */
  readonly by: number;
  /** Acknowledged by nothing but the answer to the request. */
  byAnswer?: true;
  /** A call that stored it may have done so, and another has stored it again. */
  mayBeTwice?: true;
}

/** A value under a key, as JSON; `undefined`: the key was removed. */
export interface Write extends Deed {
  readonly key: string;
  readonly value: string | undefined;
}

/** A list that only `update()` writes to, or a flash message. */
export interface Token extends Deed {
  readonly token: string;
}

/** Messages somebody was handed, and which are taken away with that. */
export interface Heard extends Deed {
  readonly tokens: readonly string[];
}

export interface End extends Deed {
  readonly how: "logout" | "regenerate" | "move" | "revoke";
}

/** Where a session came from, and what it took along. */
export interface Link extends Deed {
  readonly parent: Session;
  readonly keep: Keep;
  readonly isLogin: boolean;
  /** The request that moved it had read it after this step. */
  readonly read: number;
}

/** A visit whose end, if nothing fails, begins the lifetime again. */
export interface Visit extends Deed {
  readonly began: number;
  readonly ended: number;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The keys of what is no data. */
export const LIFE = "#life";
export const SUBJECT = "#subject";
/** The list that updates append to. */
export const LOG = "log";

/** An id that a session had before, and when it was replaced: at the earliest, and at the latest. */
export interface FormerId {
  readonly id: string;
  readonly cookie: string | undefined;
  readonly earliest: number;
  readonly latest: number;
}

export class Session {
  id: string | undefined;
  /** The value of its cookie. */
  cookie: string | undefined;
  /** It has had these ids, and goes on under another. */
  readonly former: FormerId[] = [];
  /** From this step on the store must have it: it was asked for, or it has moved. */
  stored = Infinity;
  moved = Infinity;
  readonly writes: Write[] = [];
  readonly appended: Token[] = [];
  readonly said: Token[] = [];
  readonly heard: Heard[] = [];
  readonly ends: End[] = [];
  readonly visits: Visit[] = [];
  readonly children: Session[] = [];
  /** The attributes of its cookie that a handler has changed. */
  readonly edits = new Set<Attribute>();
  readonly life: number | null;
  readonly link: Link | undefined;

  constructor(life: number | null, link?: Link) {
    this.life = life;
    this.link = link;
    link?.parent.children.push(this);
  }

  /** Two logins of one form: both have been served, and one of them is a session beside the other. */
  get isBeside(): boolean {
    const { link } = this;
    if (link === undefined) return false;
    const { children } = link.parent;
    const isTwice = children.length > 1 && children.some((child) => child.link!.isLogin);
    return isTwice || this.isAfterFailure ||
      (link.parent.isBeside && link.parent.stored === Infinity);
  }

  /** A move or a logout before it that failed may have ended what this was to move. */
  get isAfterFailure(): boolean {
    const { link } = this;
    return link !== undefined && link.isLogin &&
      link.parent.ends.some(({ fate, by, from }) => {
        return fate === "doubt" && (by !== link.by || from < link.from);
      });
  }

  get must(): number {
    return this.isBeside ? this.stored : Math.min(this.stored, this.moved);
  }

  /** The step from which it must be gone for ever, whoever ended it. */
  get over(): number {
    return Math.min(Infinity, ...this.ends.filter(isAcked).map(({ to }) => to), ...this.#logouts());
  }

  /** A logout follows a session that another request has just moved. */
  #logouts(): number[] {
    const own = this.ends.filter((end) => isAcked(end) && end.how === "logout").map(({ to }) => to);
    const { link } = this;
    if (link === undefined || this.isBeside) return own;
    return [...own, ...link.parent.#logouts().map((step) => Math.max(step, link.to))];
  }

  /** Whether somebody, one visit aside, may have ended it by then. */
  mayBeOver(by: number, except?: number): boolean {
    const may = (end: End) => end.fate !== "refused" && end.from < by && end.by !== except;
    if (this.ends.some(may)) return true;
    // Whoever ends one of two that one form has begun ends both.
    const endsBoth = (end: End) => (end.how === "logout" || end.how === "revoke") && may(end);
    if (this.#others().some(({ ends }) => ends.some(endsBoth))) return true;
    for (let { link } = this; link !== undefined; link = link.parent.link) {
      if (link.parent.#others().some(({ ends }) => ends.some(endsBoth))) return true;
      if (
        link.parent.ends.some((end) => (end.how === "logout" || end.how === "revoke") && may(end))
      ) return true;
    }
    return false;
  }

  /** Whether a read between two steps may have shown this value. */
  mayShow(
    key: string,
    value: string | undefined,
    read: Span,
    seen: ReadonlySet<Session> = new Set(),
  ): boolean {
    const own = this.writes.filter((write) => write.key === key && write.fate !== "refused");
    const surely = own.filter((write) => {
      return isAcked(write) && write.to < read.from && !this.#mayHaveLeft(write);
    });
    const isOver = (write: Span) => surely.some((later) => later.from > write.to);
    if (own.some((each) => each.value === value && each.from < read.to && !isOver(each))) {
      return true;
    }
    return surely.length === 0 && this.#mayBring(key, value, seen);
  }

  #mayBring(key: string, value: string | undefined, seen: ReadonlySet<Session>): boolean {
    const nothing = key === LIFE ? JSON.stringify(this.life) : undefined;
    const kept = this.link === undefined ? "no" : keeps(this.link, key);
    if (kept !== "yes" && value === nothing) return true;
    if (kept === "no") return false;
    const { parent, from, to, read } = this.link!;
    if (!this.isBeside) return parent.mayShow(key, value, { from, to });
    if (seen.has(this)) return parent.mayShow(key, value, { from: read, to }, seen);
    // Of two logins of one form the later has what the session is by then.
    // … and of what somebody else has logged in to, or a failed call has emptied, nothing.
    if (value === nothing && this.mayHaveNothing) return true;
    const others = this.#others();
    const moved = others.filter(({ link }) => link!.to < from && isAcked(link!));
    const at = { from: moved.length > 0 ? from : read, to };
    const aside = new Set(seen).add(this);
    return others.some((other) => other.mayShow(key, value, at, aside)) ||
      (moved.length === 0 && parent.mayShow(key, value, at, aside));
  }

  /** It came of a session that may have held nothing for it. */
  get mayHaveNothing(): boolean {
    const own = this.#subjects();
    return this.isAfterFailure ||
      this.#others().some((other) => other.#subjects().some((each) => !own.includes(each)));
  }

  #subjects(): (string | undefined)[] {
    return this.writes.filter(({ key }) => key === SUBJECT).map(({ value }) => value);
  }

  /** Written before the login that kept nothing. */
  #mayHaveLeft({ from }: Deed): boolean {
    return this.link !== undefined && from < this.link.from && this.isBeside && this.mayHaveNothing;
  }

  /** What else came of the session this one came from, one way or another. */
  #others(): Session[] {
    if (!this.isBeside) return [];
    const below = (session: Session): Session[] => [session, ...session.children.flatMap(below)];
    return this.link!.parent.children.filter((child) => child !== this).flatMap(below);
  }

  /** Every list token of this session and of those it came from, as far as it took them along. */
  tokens(of: "appended" | "said", by: number): { all: Token[]; must: Token[] } {
    const own = this[of];
    const sure = own.filter((each) => isAcked(each) && each.to < by && !this.#mayHaveLeft(each));
    const { link } = this;
    const key = of === "said" ? "flash" : LOG;
    if (link === undefined || keeps(link, key) === "no") return { all: [...own], must: sure };
    const before = link.parent.tokens(of, this.isBeside ? link.read : link.from);
    const others = this.#others();
    const isKept = !(this.isBeside && this.mayHaveNothing) &&
      [this, ...others].every((each) => keeps(each.link!, key) === "yes");
    const theirs = others.flatMap((other) => other[of]);
    return {
      all: [...before.all, ...theirs, ...own],
      must: [...(isKept ? before.must : []), ...sure],
    };
  }

  /** What was handed out of this session and of those it came from; and what it cannot have any more. */
  allHeard(): { all: Heard[]; sure: Heard[] } {
    const { heard, link } = this;
    const { all, sure } = link?.parent.allHeard() ?? { all: [], sure: [] };
    const left = this.isBeside ? sure.filter(({ to }) => to < link!.read) : sure;
    const theirs = link === undefined ? [] : this.#others().flatMap((other) => other.heard);
    return { all: [...heard, ...all, ...theirs], sure: [...heard, ...left] };
  }
}

export function isAcked(deed: Deed): boolean {
  return deed.fate === "acked";
}

/** What goes along when a session moves: exactly what is named. */
function keeps({ keep }: Link, key: string): "yes" | "no" | "either" {
  if (keep === true) return "yes";
  if (key === LIFE || key === SUBJECT) return "either";
  return keep !== false && keep.includes(key) ? "yes" : "no";
}

const LISTS = ["writes", "said", "heard"] as const;

/** A deed that is taken along may have been done already where it was. */
export function leaveIn(session: Session, deed: Deed, to: number): void {
  for (const list of LISTS) {
    if ((session[list] as Deed[]).includes(deed)) {
      (session[list] as Deed[]).push({ ...deed, to, fate: "doubt" });
    }
  }
}

/** A deed is one of another session from now on. */
export function hand(deed: Deed, from: Session, to: Session): void {
  for (const list of LISTS) {
    const index = (from[list] as Deed[]).indexOf(deed);
    if (index < 0) continue;
    from[list].splice(index, 1);
    (to[list] as Deed[]).push(deed);
  }
}
