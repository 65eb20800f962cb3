/** Runs a program in a world of its own, and writes down its history. */
import { aliasIn, targetOf } from "../../src/core/alias_record.ts";
import { conclude } from "./conclude.ts";
import {
  type Answer,
  type Conclusion,
  type Entry,
  idOf,
  isWeb,
  makeEntry,
  NAME,
  Planned,
  type Scene,
  valueOf,
} from "./entries.ts";
import { Gate } from "./gate.ts";
import { Handler, type Stage } from "./handler.ts";
import { hasId, History } from "./history.ts";
import { Session } from "./model.ts";
import type { Program, Request } from "./program.ts";
import { makeStore, type Shape } from "./stores.ts";
import { Visit } from "./visit.ts";
import { type Choose, within, World } from "./world.ts";

export interface Run {
  readonly history: History;
  /** Who went next, as it was drawn. */
  readonly schedule: readonly number[];
  readonly trace: readonly string[];
}

/** Runs a program. `draw` says who goes next where the program's schedule has ended. */
export async function run(program: Program, draw: Choose, gc?: () => void): Promise<Run> {
  const schedule: number[] = [];
  const choose = (count: number) => {
    const planned = program.schedule[schedule.length];
    const chosen = (planned ?? draw(count)) % count;
    schedule.push(chosen);
    return chosen;
  };
  const world = new World(choose, program.gc && gc);
  const engine = await within(world, async () => {
    const engine = new Engine(program, world);
    await engine.play();
    return engine;
  });
  return { history: engine.history, schedule, trace: world.trace };
}

class Engine implements Stage {
  readonly program: Program;
  readonly world: World;
  readonly history: History;
  readonly entry: Entry;
  readonly #gate: Gate;
  readonly #shape: Shape;
  /** The session cookie of each visitor's browser. */
  readonly #jars = new Map<number, string>();
  /** When the wave began. */
  #began = 0;
  #tokens = 0;
  #visits = 0;

  constructor(program: Program, world: World) {
    this.program = program;
    this.world = world;
    this.history = new History(program);
    this.#gate = new Gate(world);
    this.history.broken = this.#gate.broken;
    this.#shape = makeStore(program.store, this.#gate, world);
    this.entry = makeEntry(program, this.#shape, world);
  }

  token(name: string): string {
    return `${name}-${++this.#tokens}`;
  }

  bind(session: Session, id: string): void {
    if (hasId(session, id)) return;
    const known = this.history.byId(id);
    if (known !== undefined) this.history.failures.push(`an id is used by two sessions: ${id}`);
    const { id: before, cookie } = session;
    session.id = id;
    if (before === undefined) return void this.history.sessions.push(session);
    if (this.program.rotateAfter === undefined) {
      this.history.failures.push("an id was replaced, and nobody has asked for that");
    }
    this.history.count("an id is replaced");
    session.former.push({ id: before, cookie, earliest: this.#began, latest: this.world.now });
  }

  async play(): Promise<void> {
    const loose = (error: unknown) => void this.history.failures.push(`nobody caught: ${error}`);
    process.on("unhandledRejection", loose);
    process.on("uncaughtException", loose);
    try {
      for (const wave of this.program.waves) {
        this.#began = this.world.now += wave.later ?? 0;
        this.#gate.plan(wave.faults ?? []);
        if (!await this.world.run(wave.requests.map((request) => this.#ask(request)))) {
          this.history.failures.push("a request never ended");
          return;
        }
        await this.#look();
      }
      this.#gate.open();
      const cookies = this.history.sessions.flatMap(({ cookie, former }) => {
        return [cookie, ...former.map((before) => before.cookie)].flatMap((each) => each ?? []);
      });
      for (const cookie of cookies) {
        const look: Request = { visitor: 0, ops: [["hear"]], ends: "ok" };
        await this.world.run([this.#visit(++this.#visits, cookie, look)]);
      }
    } finally {
      process.off("unhandledRejection", loose);
      process.off("uncaughtException", loose);
    }
  }

  /** What is stored, now that nothing is under way. */
  async #look(): Promise<void> {
    const { history: { sessions, states }, world } = this;
    const records = this.#shape.records();
    // What nobody was told of: an answer that never arrived has replaced the id.
    for (const session of sessions) {
      for (let to = await leadsTo(records, session.id); to !== undefined;) {
        this.bind(session, to);
        to = await leadsTo(records, session.id);
      }
    }
    // An id that leads to another is no session's any more.
    for (const [id, { data }] of records) if (data["$websession"]?.alias) records.delete(id);
    states.push({ at: world.tick(), now: world.now, records });
  }

  async #ask(request: Request): Promise<void> {
    const number = ++this.#visits;
    await this.world.turn(`request ${number} comes`);
    const answer = await this.#visit(number, this.#jars.get(request.visitor), request);
    const field = answer.setCookies.find((text) => text.startsWith(`${NAME}=`));
    if (field === undefined) return;
    const value = valueOf(field);
    if (value === "") this.#jars.delete(request.visitor);
    else this.#jars.set(request.visitor, value);
  }

  async #visit(number: number, cookie: string | undefined, request: Request): Promise<Answer> {
    const { world, history } = this;
    const from = world.tick();
    const began = world.now;
    const known = cookie === undefined ? undefined : history.byId(idOf(cookie));
    let handler: Handler | undefined;
    const answer = await this.entry.request({
      cookie,
      isPlain: Boolean(request.isPlain),
      handler: async (scene) => {
        const to = world.tick();
        const isLoaded = known !== undefined && this.#isOf(scene, known);
        const what = `request ${number}`;
        const id = cookie && idOf(cookie);
        const former = known?.former.find((before) => before.id === id);
        if (known !== undefined) {
          history.openings.push({
            from,
            to,
            what,
            session: known,
            isLoaded,
            now: world.now,
            former,
          });
        }
        const visit = new Visit(number, from, { known, isLoaded }, this.program.life);
        handler = new Handler(this, scene, visit);
        if (isLoaded) handler.see("when it came", { from, to });
        return await this.#handle(handler, request);
      },
    });
    const to = world.tick();
    if (handler === undefined) {
      // No handler ever ran: only a store that failed can be the reason.
      const error = answer.errors[0] ?? new Error(`status ${answer.status}`);
      const session = known ?? new Session(this.program.life);
      history.refusals.push({ from, to, what: `request ${number}`, session, error, by: number });
      // A read that failed may have moved the end.
      session.visits.push({ from, to, began, ended: world.now, fate: "doubt", by: number });
    } else {
      conclude(this, { handler, request, answer, known, from, to, began, shape: this.#shape });
    }
    return answer;
  }

  /** Whether a request that came with a session's cookie was given that session. */
  #isOf({ id }: Scene, session: Session): boolean {
    if (id === undefined) return false;
    if (hasId(session, id)) return true;
    const other = this.history.byId(id);
    if (other !== undefined) {
      this.history.failures.push("ended, and back: an id led to the session that took its place");
    }
    if (other !== undefined || !this.#shape.records().has(id)) return false;
    // Its id was replaced, and nobody has been told yet.
    this.bind(session, id);
    return true;
  }

  async #handle(handler: Handler, { ops, ends, rest = [] }: Request): Promise<Conclusion> {
    await handler.run(ops);
    this.history.count(`ends ${ends}`);
    if (ends === "throw") throw new Planned("a planned error");
    if (ends === "abort") handler.scene.leave();
    if (ends === "throwResponse" || ends === "throwRedirect") return { how: ends, status: 303 };
    if (ends !== "stream" && ends !== "cut") {
      return { how: "answer", status: ends === "error" ? 500 : ends === "redirect" ? 302 : 200 };
    }
    handler.headersLeave(isWeb(this.program.entry));
    return {
      how: "stream",
      rest: async (leave) => {
        if (ends === "cut") leave();
        await handler.run(rest);
      },
    };
  }
}

/** Where an id leads that was replaced. */
async function leadsTo(
  records: ReturnType<Shape["records"]>,
  id: string | undefined,
): Promise<string | undefined> {
  const record = records.get(id!);
  const alias = record && aliasIn({ json: record.text, expires: record.expires, version: 0 });
  return alias && await targetOf(id!, alias);
}
