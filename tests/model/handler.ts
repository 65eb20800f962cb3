/** A handler: it does to its session what the program says, and tells the model. */
import { CALLS, isCall } from "./calls.ts";
import { type Any, type Entry, Planned, type Scene } from "./entries.ts";
import { type History, valuesOf } from "./history.ts";
import { LIFE, type Session, type Span, SUBJECT } from "./model.ts";
import type { Op, Program } from "./program.ts";
import type { Outcome, Visit } from "./visit.ts";
import type { World } from "./world.ts";

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

/** Faults after which nobody knows whether the store did it. */
const DOUBTFUL: ReadonlySet<string> = new Set(["after", "hang", "mute", "late"]);

export class Handler {
  readonly stage: Stage;
  readonly scene: Scene;
  readonly visit: Visit;
  /** The `SameSite` this request's cookie is to be sent with. */
  sameSite: unknown;
  /** How many calls nobody awaited there were, and are. */
  loose = 0;
  loosePending = 0;
  /** The session whose cookie left with the headers, and how, where these left early. */
  atHeaders: { readonly session: Session; readonly sameSite: unknown } | undefined;
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
    this.sameSite = this.scene.session?.cookie.sameSite;
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
    this.loosePending++;
    await this.#perform(op);
    this.loosePending--;
  }

  /** The headers leave; and with them, on the Web, all that the response stores. */
  headersLeave(storesNow: boolean): void {
    this.atHeaders = { session: this.visit.current, sameSite: this.sameSite };
    if (storesNow) this.settleEarly = this.visit.store();
  }

  nameOf(op: Op): string {
    return `request ${this.visit.number}: ${JSON.stringify(op)}`;
  }

  #perform(op: Op): Promise<void> | void {
    if (isCall(op)) return CALLS[op[0]](this, op as never);
    const { world } = this.stage;
    const { session } = this.scene;
    switch (op[0]) {
      case "set":
        session[op[1]] = this.stage.token(op[1]);
        return this.#changed(op[1]);
      case "delete":
        // Whoever removes what he does not see changes nothing.
        if (!Object.hasOwn(session, op[1])) return;
        delete session[op[1]];
        return this.#changed(op[1]);
      case "nest":
        (session.n ??= {}).x = this.stage.token("n");
        return this.#changed("n");
      case "touch":
        return void session.touch();
      case "maxAge": {
        // Who sets what there was already changes nothing.
        const isSame = session.cookie.originalMaxAge === op[1];
        session.cookie.maxAge = op[1];
        return isSame ? undefined : this.visit.set(LIFE, JSON.stringify(op[1]), world.tick());
      }
      case "attribute":
        session.cookie.sameSite = this.sameSite = "strict";
        return;
      case "wait":
        world.now += op[1];
    }
  }

  #changed(key: string): void {
    this.visit.set(key, JSON.stringify(this.scene.session[key]), this.stage.world.tick());
  }

  /** Makes a call and says how it ended; one that is refused has to be accounted for. */
  async call<T>(op: Op, act: () => T | Promise<T>): Promise<Ended<T>> {
    const { world, history } = this.stage;
    const { current: session, isOver, isSpoiled } = this.visit;
    const from = world.tick();
    try {
      const result = await act();
      const to = world.tick();
      return { span: { from, to }, result, fate: "acked", until: to, isAcked: true };
    } catch (error) {
      const span = { from, to: world.tick() };
      if (!(error instanceof Planned)) {
        const { number: by } = this.visit;
        history.refusals.push({
          ...span,
          what: this.nameOf(op),
          session,
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
