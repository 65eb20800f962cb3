/** Tells the reference model what was asked over HTTP, and what was answered. */
import { idOf } from "../model/entries.ts";
import { History } from "../model/history.ts";
import { type Fate, Session, SUBJECT } from "../model/model.ts";
import type { Program } from "../model/program.ts";
import { type Outcome, Visit } from "../model/visit.ts";
import type { Reply } from "./client.ts";
import { type Act, LIFE, type Told } from "./protocol.ts";

/** What the model's history wants to know of a program. */
const PROGRAM: Program = { entry: "open", store: "atomic", life: LIFE, waves: [], schedule: [] };
/** Errors after which nothing was stored, for sure. */
const SURE: ReadonlySet<string> = new Set(["SESSION_GONE", "SESSION_CONFLICT"]);

/** A request that was sent. */
export interface Asked {
  readonly number: number;
  readonly act: Act;
  /** Which process was asked, at which of its entries. */
  readonly url: string;
  readonly from: number;
  /** The session whose cookie it brings. */
  readonly known: Session | undefined;
}

export class Recorder {
  readonly history = new History(PROGRAM);
  readonly counts: Record<Fate, number> = { open: 0, acked: 0, refused: 0, doubt: 0 };
  /** Everything, for whoever looks for the reason: no second run is the same. */
  readonly log: object[] = [];
  /** Logouts that another process's rotation has overtaken. */
  overtaken = 0;
  /** What refusals were called, and how often. */
  readonly reasons = new Map<string, number>();
  /** Whether the fault explains a refusal. */
  readonly #isExplained: (told: Told) => boolean;
  readonly #byId = new Map<string, Session>();
  /** Requests that read messages, and whose answer never came. */
  readonly #unheard: { session: Session; by: number; from: number }[] = [];
  readonly #taken = new Map<string, Session>();
  /** Which process served the nth visit. */
  readonly #processes = [""];
  readonly #began = Date.now();
  #step = 0;
  #visits = 0;
  #tokens = 0;

  constructor(isExplained: (told: Told) => boolean) {
    this.#isExplained = isExplained;
  }

  token(name: string): string {
    return `${name}-${++this.#tokens}`;
  }

  ask(act: Act, cookie: string | undefined, url: string): Asked {
    const known = cookie === undefined ? undefined : this.#byId.get(idOf(cookie));
    this.#processes.push(new URL(url).host);
    return { number: ++this.#visits, act, url, from: ++this.#step, known };
  }

  told(asked: Asked, reply: Reply): void {
    const { known, number, from, act } = asked;
    const { told } = reply;
    const to = ++this.#step;
    this.log.push({ to, ...asked, known: known?.id, reply });
    const fate = fateOf(reply);
    this.counts[fate]++;
    const what = `request ${number}: ${JSON.stringify(act)}`;
    if (told?.began && known !== undefined) this.#opened(asked, told, what, to);
    if (told?.error !== undefined) this.#refused(asked, told, what, to);
    const isLoaded = known !== undefined && (!told?.began || told.id === known.id);
    // Nobody will ever have the cookie of what it began.
    if (!isLoaded && fate === "doubt" && !reply.cookie) return;
    const visit = new Visit(number, from, isLoaded ? known : undefined, LIFE);
    const outcome: Outcome = { fate, until: fate === "doubt" ? Infinity : to };
    this.#perform({ visit, asked, told, outcome, isLoaded, to });
    visit.answered(outcome);
    for (const each of [...visit.past, visit.current]) this.history.everySession.add(each);
    if (reply.cookie) this.#bind(this.#holder(visit, asked, reply, to), reply.cookie, what, fate, to);
  }

  /** What a lost answer may have told: every message of its session that nobody else was told. */
  conclude(): void {
    for (const session of this.history.sessions) this.#overtaken(session);
    for (const { session, by, from } of this.#unheard) {
      const { all } = session.tokens("said", Infinity);
      const heard = new Set(session.allHeard().all.flatMap(({ tokens }) => tokens));
      const tokens = all.filter(({ token, fate }) => fate !== "refused" && !heard.has(token))
        .map(({ token }) => token);
      session.heard.push({ tokens, from, to: Infinity, fate: "doubt", by });
    }
  }

  /**
   * A logout follows a rotation within its process only: where another process moved the
   * session meanwhile, what it has become lives on. It is counted.
   */
  #overtaken({ ends, children }: Session): void {
    for (const child of children) {
      const { from, to, by } = child.link!;
      for (const [index, end] of ends.entries()) {
        const isBeside = end.from < to && end.to > from;
        if (end.how !== "logout" || end.fate !== "acked" || !isBeside) continue;
        if (this.#processes[end.by] === this.#processes[by]) continue;
        // Of an end by others no move is told.
        ends[index] = { ...end, how: "revoke" };
        const isLoaded = this.history.openings.some((opening) => {
          return opening.session === child && opening.isLoaded && opening.from > end.to;
        });
        if (isLoaded) this.overtaken++;
      }
    }
  }

  #opened({ known, from }: Asked, told: Told, what: string, to: number): void {
    const session = known!;
    const isLoaded = told.id === session.id;
    this.history.openings.push({ from, to, what, session, isLoaded, now: Date.now() });
    if (!isLoaded) return;
    const { subject } = told;
    this.history.reads.push({
      ...{ from, to, what, session, subject, own: new Set<string>() },
      values: textsOf(told.values),
    });
    if (told.inside === undefined) return;
    this.history.reads.push({
      ...{ from, to, session, subject: null, own: new Set<string>() },
      ...{ what: `${what}, in update()`, values: textsOf(told.inside) },
    });
  }

  #refused({ known, from, number: by }: Asked, told: Told, what: string, to: number): void {
    const error = told.error!;
    const reason = error.code || error.message;
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
    if (this.#isExplained(told)) return;
    const session = known ?? new Session(LIFE);
    this.history.refusals.push({ from, to, what, session, known, error, by });
  }

  #perform({ visit, asked, told, outcome, isLoaded, to }: {
    readonly visit: Visit;
    readonly asked: Asked;
    readonly told: Told | undefined;
    readonly outcome: Outcome;
    readonly isLoaded: boolean;
    readonly to: number;
  }): void {
    const { act, from, number: by } = asked;
    const { fate, until } = outcome;
    const { current } = visit;
    const isAcked = fate === "acked";
    const { values, result }: Partial<Told> & Pick<Told, "values"> = told ?? { values: {} };
    switch (act[0]) {
      case "set":
        visit.set(act[1], JSON.stringify(act[2]), JSON.stringify(values[act[1]]), from);
        if (isAcked) this.#stored(current, to);
        break;
      case "delete":
        // Whoever removes what he does not see changes nothing.
        if (told !== undefined && !Object.hasOwn(values, act[1])) break;
        visit.set(act[1], undefined, JSON.stringify(values[act[1]] ?? "unseen"), from);
        break;
      case "update":
        current.appended.push({ token: act[1], from, to: until, fate, by });
        if (fate === "refused") this.history.refused.add(act[1]);
        if (isAcked) this.#stored(current, to);
        break;
      case "take":
        if (fate === "refused" || (isAcked && result === undefined)) break;
        current.writes.push({ key: act[1], value: undefined, from, to: until, fate, by });
        if (isAcked) this.#handed(current, String(result), asked);
        break;
      case "say":
        visit.say(act[1], from);
        if (isAcked) this.#stored(current, to);
        break;
      case "hear":
        if (told === undefined) this.#unheard.push({ session: current, by, from });
        else if (Array.isArray(result) && result.length > 0) visit.hear(result as string[]);
        break;
      case "login": {
        moved(visit, keepsAll(told, act[1]), outcome, { from, to }, act[1]);
        break;
      }
      case "regenerate":
        if (act[1]) moved(visit, act[1], outcome, { from, to });
        else if (fate !== "refused") {
          visit.end("regenerate", from, isLoaded ? outcome : { fate: "doubt", until });
          if (isAcked) visit.begin(true);
        }
        break;
      case "logout":
        if (fate === "refused" || !isLoaded) break;
        visit.drop(from);
        visit.isOver = true;
        visit.end("logout", from, outcome);
        break;
      case "revokeAll":
        this.history.revoked.push({
          ...{ subject: act[1], spared: undefined, from, to: until, fate, by },
        });
    }
  }

  /** The session of a cookie: where nobody knows whether it was moved, there may be another. */
  #holder(visit: Visit, { act, from, number: by }: Asked, { told, cookie }: Reply, to: number): Session {
    const { current: parent } = visit;
    if (parent.id === undefined || parent.id === idOf(cookie!) || told?.error === undefined) {
      return parent;
    }
    const keep = act[0] === "regenerate" ? act[1] : keepsAll(told, act[1]);
    const child = new Session(LIFE, {
      ...{ parent, keep, read: from, from, to, fate: "doubt", by },
      // It stands beside the other, or there is but one of the two.
      isLogin: true,
    });
    if (act[0] === "login") {
      const value = JSON.stringify(act[1]);
      child.writes.push({ key: SUBJECT, value, from, to: Infinity, fate: "doubt", by });
    }
    return child;
  }

  #handed(session: Session, token: string, { number }: Asked): void {
    if (this.#taken.get(token) === session) {
      this.history.failures.push(`taken twice: request ${number} took ${token}`);
    }
    this.#taken.set(token, session);
  }

  #stored(session: Session, step: number): void {
    session.stored = Math.min(session.stored, step);
  }

  #bind(session: Session, cookie: string, what: string, fate: Fate, to: number): void {
    const id = idOf(cookie);
    const known = this.#byId.get(id);
    if (session.id === undefined && known === undefined) {
      session.id = id;
      this.#byId.set(id, session);
      this.history.sessions.push(session);
      // Every visit begins a day again, and no run is as long.
      const span = { from: 0, to: 0, began: this.#began, ended: Date.now() };
      session.visits.push({ ...span, fate: "acked", by: 0 });
    } else if (session.id !== id) {
      this.history.failures.push(`another's cookie: ${what} was sent the cookie of another session`);
      return;
    }
    session.cookie = cookie;
    if (fate === "acked") this.#stored(session, to);
  }
}

/** Whoever logs in as somebody else takes nothing along. */
function keepsAll(told: Told | undefined, subject: string | undefined): boolean {
  return told?.subject === undefined || told.subject === subject;
}

function moved(
  visit: Visit,
  keep: boolean | readonly string[],
  outcome: Outcome,
  { from, to }: { readonly from: number; readonly to: number },
  subject?: string,
): void {
  if (outcome.fate === "refused") return;
  if (outcome.fate === "doubt") return visit.end("move", from, outcome);
  const { isStored } = visit;
  visit.moved(keep, subject !== undefined, from, to, subject);
  if (isStored) visit.current.moved = to;
}

function fateOf({ status, isUnsent, told }: Reply): Fate {
  if (status === 200) return "acked";
  if (isUnsent || told?.began === false) return "refused";
  return told?.error !== undefined && SURE.has(told.error.code) ? "refused" : "doubt";
}

/** Values as JSON, by key. */
function textsOf(values: Record<string, unknown>): Map<string, string> {
  return new Map(Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)]));
}
