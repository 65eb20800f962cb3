/** A handler: it does to its session what the program says, and tells the model. */
import { CALLS, isCall } from "./calls.ts";
import { type Any, type Entry, isWeb, Planned, type Scene } from "./entries.ts";
import { type History, valuesOf } from "./history.ts";
import { LIFE, type Session, type Span, SUBJECT } from "./model.ts";
import { type Attribute, EDITS, type Op, type Program, titleOf } from "./program.ts";
import type { Outcome, Visit } from "./visit.ts";
import type { World } from "./world.ts";

/** A cookie's attributes, as the session object has them. */
export type Attributes = { readonly [Name in Attribute]?: unknown };

export function attributesOf(cookie: Any): Attributes {
  const names = Object.keys(EDITS) as Attribute[];
  return Object.fromEntries(names.map((name) => [name, cookie?.[name]]));
}

/** What all handlers of a run share. */
export interface Stage {
  readonly program: Program;
  readonly world: World;
  readonly history: History;
  readonly entry: Entry;
  /** A value nobody has written before. */
  token(name: string): string;
  /** This id was seen to be the session's. */
  bind(session: Session, id: string): void;
}

/** How a call ended, for the model. */
export interface Ended<T> extends Outcome {
  readonly span: Span;
  readonly result: T | undefined;
  readonly isAcked: boolean;
  /** What an error of ours calls itself. */
  readonly code?: string | undefined;
}

/** How a promise ends, without being among those who await it. */
function unheard<T>(made: T | Promise<T>): T | Promise<T> {
  if (!(made instanceof Promise)) return made;
  return new Promise((resolve, reject) => Promise.prototype.then.call(made, resolve, reject));
}

/** Faults after which nobody knows whether the store did it. */
const DOUBTFUL: ReadonlySet<string> = new Set(["after", "hang", "mute", "late"]);

export class Handler {
  readonly stage: Stage;
  readonly scene: Scene;
  readonly visit: Visit;
  /** What this request's cookie is to be sent with. */
  attributes: Attributes = {};
  /** How many calls nobody awaited there were, and are. */
  loose = 0;
  loosePending = 0;
  readonly #unheard = new Set<Op>();
  /** The session whose cookie left with the headers, and how, where these left early. */
  atHeaders: { readonly session: Session; readonly attributes: Attributes } | undefined;
  /** Settles what was asked for before the response was handed over. */
  settleEarly: ((outcome: Outcome) => void) | undefined;

  constructor(stage: Stage, scene: Scene, visit: Visit) {
    this.stage = stage;
    this.scene = scene;
    this.visit = visit;
    this.asIs();
  }

  /** The session is another: so is its cookie. */
  asIs(): void {
    this.attributes = attributesOf(this.scene.session?.cookie);
  }

  async run(ops: readonly Op[]): Promise<void> {
    for (const op of ops) {
      await this.stage.world.turn(this.nameOf(op));
      if (this.scene.session === undefined) return;
      if (op[0] !== "void") await this.#perform(op);
      else void this.#letLoose(op[1]);
    }
  }

  async #letLoose(op: Op): Promise<void> {
    this.loose++;
    this.stage.history.count("not awaited");
    this.loosePending++;
    if (this.#isFailureOfTheAnswer(op)) this.#unheard.add(op);
    await this.#perform(op);
    this.loosePending--;
  }

  /** Where nobody awaits it. What a save() has not stored, the end stores; express-session's are its own. */
  #isFailureOfTheAnswer([name, option]: Op): boolean {
    if (name === "update") return option !== "retried";
    if (name === "take" || name === "login") return true;
    if (name === "regenerate" && option) return true;
    return isWeb(this.stage.program.entry) && /^(regenerate|destroy|logout)$/.test(name);
  }

  /** The headers leave; and with them, on the Web, all that the response stores. */
  headersLeave(storesNow: boolean): void {
    this.atHeaders = { session: this.visit.current, attributes: this.attributes };
    if (storesNow) this.settleEarly = this.visit.store({ byAnswer: true });
  }

  nameOf(op: Op): string {
    return `request ${this.visit.number}: ${JSON.stringify(op)}`;
  }

  #perform(op: Op): Promise<void> | void {
    this.stage.history.count(titleOf(op));
    if (isCall(op)) return CALLS[op[0]](this, op as never);
    const { world } = this.stage;
    const { session } = this.scene;
    switch (op[0]) {
      case "set":
        return this.#change(op[1], () => void (session[op[1]] = this.stage.token(op[1])));
      case "delete":
        // Whoever removes what he does not see changes nothing.
        if (!Object.hasOwn(session, op[1])) return;
        return this.#change(op[1], () => void delete session[op[1]]);
      case "nest":
        return this.#change("n", () => void ((session.n ??= {}).x = this.stage.token("n")));
      case "touch":
        return void session.touch();
      case "maxAge": {
        // Who sets what there was already changes nothing.
        const was = session.cookie.originalMaxAge;
        session.cookie.maxAge = op[1];
        if (was === op[1]) return;
        return this.visit.set(LIFE, JSON.stringify(op[1]), JSON.stringify(was), world.tick());
      }
      case "attribute": {
        const edit = { [op[1]]: EDITS[op[1]] };
        Object.assign(session.cookie, edit);
        this.attributes = { ...this.attributes, ...edit };
        return void this.visit.current.edits.add(op[1]);
      }
      case "wait":
        world.now += op[1];
    }
  }

  #change(key: string, act: () => void): void {
    const { session } = this.scene;
    const was = JSON.stringify(session[key]);
    act();
    this.visit.set(key, JSON.stringify(session[key]), was, this.stage.world.tick());
  }

  /** Makes a call and says how it ended; one that is refused has to be accounted for. */
  async call<T>(op: Op, act: () => T | Promise<T>): Promise<Ended<T>> {
    const { world, history } = this.stage;
    const { current: session, isOver, isSpoiled } = this.visit;
    const from = world.tick();
    try {
      const made = act();
      const result = await (this.#unheard.has(op) ? unheard(made) : made);
      const to = world.tick();
      return { span: { from, to }, result, fate: "acked", until: to, isAcked: true };
    } catch (error) {
      const span = { from, to: world.tick() };
      if (this.#unheard.has(op)) {
        const { code } = error as { code?: string };
        history.unheard.push({ what: this.nameOf(op), by: this.visit.number, code });
      }
      if (!(error instanceof Planned)) {
        const { number: by } = this.visit;
        history.refusals.push({
          ...span,
          what: this.nameOf(op),
          session,
          known: this.visit.missed ?? this.visit.past.at(-1),
          error,
          by,
          isOver: isOver || isSpoiled,
        });
      }
      const { code } = error as { code?: string };
      return { span, result: undefined, ...this.outcome(span, session), isAcked: false, code };
    }
  }

  /** What was refused did not happen, unless the store itself left it in doubt. */
  outcome(span: Span, session: Session): Outcome {
    const calls = this.stage.history.brokenIn(span, [session]).filter(({ deed, how }) => {
      return deed !== "read" && deed !== "touch" && DOUBTFUL.has(how);
    });
    if (calls.length === 0) return { fate: "refused", until: span.to };
    return { fate: "doubt", until: Math.max(span.to, ...calls.map(({ until }) => until)) };
  }

  /** The store has what was asked for. */
  isStored(step: number, session: Session): void {
    session.stored = Math.min(session.stored, step);
    this.bind(session);
  }

  bind(session: Session): void {
    const { id } = this.scene;
    if (id !== undefined && session === this.visit.current) this.stage.bind(session, id);
  }

  /** Notes what the handler sees of its session now. */
  see(when: string, span: Span): void {
    const { session, subject } = this.scene;
    if (session === undefined) return;
    this.stage.history.reads.push({
      ...span,
      what: `request ${this.visit.number} ${when}`,
      session: this.visit.current,
      values: valuesOf(session),
      own: this.visit.ownKeys,
      life: session.cookie.originalMaxAge,
      subject: this.visit.ownKeys.has(SUBJECT) ? null : subject,
      attributes: this.attributes,
    });
  }

  /** What a function was given, or an update found. */
  seeData(when: string, span: Span, data: Any, isPart = false): void {
    // What a session that is being ended still holds, nobody sees.
    if (this.visit.isOver) return;
    this.stage.history.reads.push({
      ...span,
      what: `request ${this.visit.number} ${when}`,
      session: this.visit.current,
      values: valuesOf(data),
      own: this.visit.ownKeys,
      isPart,
      subject: null,
    });
  }
}
