/**
 * The reference model: what may be seen of a session, by what was asked and what was answered.
 *
 * Every value is written once, so a value says which write it is of. A write takes
 * effect at one moment between its beginning and its end; what was acknowledged did,
 * what was refused did not, and what the store left in doubt may have.
 */
import { below, type Family, lineage, NOBODY } from "./lineage.ts";
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
  /** `elsewhere`: not of itself, which was not found, but of what it has moved to. */
  readonly how: "logout" | "logout elsewhere" | "regenerate" | "move" | "revoke";
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

/** Whether a read of somebody may show a value, aside from those that have been asked already. */
interface Question {
  readonly of: Session;
  readonly read: Span;
  readonly aside: Family;
}

/** Beyond these, too many ways lead past others for anybody to say that a value is on none. */
const MOST_WAYS = 20_000;

let serials = 0;

export class Session {
  /** Tells it from every other. */
  readonly serial = ++serials;
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
    for (const { link, isAfterFailure } of lineage(this)) {
      if (link === undefined) return false;
      const { children, stored } = link.parent;
      const isTwice = children.length > 1 && children.some((child) => child.link!.isLogin);
      if (isTwice || isAfterFailure) return true;
      if (stored !== Infinity) return false;
    }
    return false;
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
    const own = this.ends.filter((end) => isAcked(end) && end.how !== "logout elsewhere");
    return Math.min(Infinity, ...own.map(({ to }) => to), ...this.#logouts());
  }

  /** A logout follows a session that another request has just moved. */
  #logouts(): number[] {
    const steps: number[] = [];
    let moved = -Infinity;
    for (const each of lineage(this)) {
      for (const end of each.ends) {
        const isElsewhere = end.how === "logout elsewhere" && each !== this;
        if (isAcked(end) && (end.how === "logout" || isElsewhere)) {
          steps.push(Math.max(end.to, moved));
        }
      }
      if (each.link === undefined || each.isBeside) break;
      moved = Math.max(moved, each.link.to);
    }
    return steps;
  }

  /** Whether somebody, one visit aside, may have ended it by then. */
  mayBeOver(by: number, except?: number): boolean {
    const may = (end: End) => end.fate !== "refused" && end.from < by && end.by !== except;
    if (this.ends.some(may)) return true;
    // Whoever ends one of two that one form has begun ends both.
    const endsBoth = (end: End) => /^(logout|revoke)/.test(end.how) && may(end);
    if (this.#others().some(({ ends }) => ends.some(endsBoth))) return true;
    for (let { link } = this; link !== undefined; link = link.parent.link) {
      if (link.parent.#others().some(({ ends }) => ends.some(endsBoth))) return true;
      if (link.parent.ends.some(endsBoth)) return true;
    }
    return false;
  }

  /** Whether a read between two steps may have shown this value. */
  mayShow(key: string, value: string | undefined, read: Span): boolean {
    const asked = new Set<string>();
    const waiting: Question[] = [{ of: this, read, aside: NOBODY }];
    let ways = 0;
    for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
      const { of, read, aside } = each;
      const name = `${of.serial} ${read.from} ${read.to} ${aside.name}`;
      // What leads back to itself shows nothing: two sessions of one form ask each other, and what
      // came of them asks both again.
      if (asked.has(name)) continue;
      asked.add(name);
      if (aside !== NOBODY && ++ways > MOST_WAYS) return true;
      const further = of.#shows(key, value, each);
      if (further === "yes") return true;
      waiting.push(...further.reverse());
    }
    return false;
  }

  /** Of whom to ask the same, if nothing of its own shows it: one of them has to say yes. */
  #shows(key: string, value: string | undefined, { read, aside }: Question): "yes" | Question[] {
    const own = this.writes.filter((write) => write.key === key && write.fate !== "refused");
    const surely = own.filter((write) => {
      return isAcked(write) && write.to < read.from && !this.#mayHaveLeft(write);
    });
    const isOver = (write: Span) => surely.some((later) => later.from > write.to);
    if (own.some((each) => each.value === value && each.from < read.to && !isOver(each))) {
      return "yes";
    }
    return surely.length === 0 ? this.#brings(key, value, aside) : [];
  }

  #brings(
    key: string,
    value: string | undefined,
    aside: Family,
  ): "yes" | Question[] {
    const nothing = key === LIFE ? JSON.stringify(this.life) : undefined;
    const kept = this.link === undefined ? "no" : keeps(this.link, key);
    if (kept !== "yes" && value === nothing) return "yes";
    if (kept === "no") return [];
    const { parent, from, to, read } = this.link!;
    if (!this.isBeside) return [{ of: parent, read: { from, to }, aside: NOBODY }];
    if (aside.has(this)) return [{ of: parent, read: { from: read, to }, aside }];
    // Of two logins of one form the later has what the session is by then.
    // … and of what somebody else has logged in to, or a failed call has emptied, nothing.
    if (value === nothing && this.mayHaveNothing) return "yes";
    const others = this.#others();
    const moved = others.filter(({ link }) => link!.to < from && isAcked(link!));
    const at = { from: moved.length > 0 ? from : read, to };
    const further = aside.and(this);
    return [...others, ...(moved.length === 0 ? [parent] : [])]
      .map((of) => ({ of, read: at, aside: further }));
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
    const { children } = this.link!.parent;
    return children.filter((child) => child !== this).flatMap((child) => [...below(child)]);
  }

  /** Every list token of this session and of those it came from, as far as it took them along. */
  tokens(of: "appended" | "said", by: number): { all: Token[]; must: Token[] } {
    const key = of === "said" ? "flash" : LOG;
    /** Itself, and those whose tokens it took along; and the step up to which it did. */
    const sources: { session: Session; until: number }[] = [];
    let until = by;
    for (const session of lineage(this)) {
      sources.push({ session, until });
      const { link } = session;
      if (link === undefined || keeps(link, key) === "no") break;
      until = session.isBeside ? link.read : link.from;
    }
    const all: Token[] = [];
    let must: Token[] = [];
    for (const { session, until } of sources.reverse()) {
      if (session !== sources[0]!.session) {
        const others = session.#others();
        const isKept = !(session.isBeside && session.mayHaveNothing) &&
          [session, ...others].every((each) => keeps(each.link!, key) === "yes");
        if (!isKept) must = [];
        for (const other of others) all.push(...other[of]);
      }
      const own = session[of];
      all.push(...own);
      must.push(...own.filter((each) => {
        return isAcked(each) && each.to < until && !session.#mayHaveLeft(each);
      }));
    }
    return { all, must };
  }

  /** What was handed out of this session and of those it came from; and what it cannot have any more. */
  allHeard(): { all: Heard[]; sure: Heard[] } {
    let all: Heard[] = [];
    let sure: Heard[] = [];
    for (const session of [...lineage(this)].reverse()) {
      const { heard, link } = session;
      const left = session.isBeside ? sure.filter(({ to }) => to < link!.read) : sure;
      const theirs = link === undefined ? [] : session.#others().flatMap((other) => other.heard);
      all = [...heard, ...all, ...theirs];
      sure = [...heard, ...left];
    }
    return { all, sure };
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
