/** Tells the reference model what was asked over HTTP, and what was answered. */
import { idOf } from "../model/entries.ts";
import { History } from "../model/history.ts";
import { type Fate, Session } from "../model/model.ts";
import type { Program } from "../model/program.ts";
import { type Outcome, Visit } from "../model/visit.ts";
import { type Asked, holder, type Notes, perform, stored } from "./acts.ts";
import type { Reply } from "./client.ts";
import { overtaken } from "./overtaken.ts";
import { type Act, LIFE, type Told } from "./protocol.ts";

/** What the model's history wants to know of a program. */
const PROGRAM: Program = { entry: "open", store: "atomic", life: LIFE, waves: [], schedule: [] };
/** Errors after which nothing was stored, for sure. */
const SURE: ReadonlySet<string> = new Set(["SESSION_GONE", "SESSION_CONFLICT"]);

export class Recorder {
  readonly history = new History(PROGRAM);
  readonly counts: Record<Fate, number> = { open: 0, acked: 0, refused: 0, doubt: 0 };
  /** Everything, for whoever looks for the reason: no second run is the same. */
  readonly log: object[] = [];
  /** Logouts that another process's rotation has overtaken. */
  overtaken = 0;
  /** Ids in the place of which another came. */
  replaced = 0;
  /** What refusals were called, and how often. */
  readonly reasons = new Map<string, number>();
  /** Whether the fault explains a refusal. */
  readonly #isExplained: (told: Told) => boolean;
  readonly #byId = new Map<string, Session>();
  /** An id that nobody has seen yet, on a session that was found, is another one of the same. */
  readonly #areReplaced: boolean;
  readonly #notes: Notes = { history: this.history, unheard: [], taken: new Map() };
  /** Which process served the nth visit. */
  readonly #processes = [""];
  readonly #began = Date.now();
  #step = 0;
  #visits = 0;
  #tokens = 0;

  constructor(isExplained: (told: Told) => boolean, areReplaced: boolean) {
    this.#isExplained = isExplained;
    this.#areReplaced = areReplaced;
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
    if (known !== undefined && told?.id !== undefined) this.#alias(told.id, known);
    const fate = fateOf(reply);
    this.counts[fate]++;
    const what = `request ${number}: ${JSON.stringify(act)}`;
    if (told?.began && known !== undefined) this.#opened(asked, told, what, to);
    if (told?.error !== undefined) this.#refused(asked, told, what, to);
    const isLoaded = known !== undefined && (!told?.began || this.#leadsTo(told.id, known));
    const outcome: Outcome = { fate, until: fate === "doubt" ? Infinity : to };
    if (act[0] === "revokeAll") this.#revoked(act[1], asked, outcome);
    // Nobody will ever have the cookie of what it began.
    if (!isLoaded && fate === "doubt" && !reply.cookie) return;
    const visit = new Visit(number, from, { known, isLoaded }, LIFE);
    perform(this.#notes, { visit, asked, told, outcome, isLoaded, to });
    visit.answered(outcome);
    for (const each of [...visit.past, visit.current]) this.history.everySession.add(each);
    if (reply.cookie) {
      const session = holder(visit, asked, reply, to);
      if (session === known) this.#alias(idOf(reply.cookie), session);
      this.#bind(session, reply.cookie, what, fate, to);
    }
  }

  #leadsTo(id: string | undefined, session: Session): boolean {
    return id !== undefined && this.#byId.get(id) === session;
  }

  /** It is asked for by its newest id. */
  #alias(id: string, session: Session): void {
    if (!this.#areReplaced || this.#byId.has(id)) return;
    this.#byId.set(id, session);
    this.replaced++;
    session.id = id;
  }

  /** What a lost answer may have told: every message of its session that nobody else was told. */
  conclude(): void {
    this.overtaken = overtaken(this.history, (visit) => this.#processes[visit]);
    for (const { session, by, from } of this.#notes.unheard) {
      const { all } = session.tokens("said", Infinity);
      const heard = new Set(session.allHeard().all.flatMap(({ tokens }) => tokens));
      const tokens = all.filter(({ token, fate }) => fate !== "refused" && !heard.has(token))
        .map(({ token }) => token);
      session.heard.push({ tokens, from, to: Infinity, fate: "doubt", by });
    }
  }

  #opened({ known, from }: Asked, told: Told, what: string, to: number): void {
    const session = known!;
    const isLoaded = this.#leadsTo(told.id, session);
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

  #revoked(subject: string, { from, number: by }: Asked, { fate, until: to }: Outcome): void {
    this.history.revoked.push({ subject, spared: undefined, from, to, fate, by });
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
    } else if (!this.#leadsTo(id, session)) {
      this.history.failures.push(
        `another's cookie: ${what} was sent the cookie of another session`,
      );
      return;
    }
    session.cookie = cookie;
    if (fate === "acked") stored(session, to);
  }
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
