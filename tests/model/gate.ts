/** The gate in front of every store: which call happens when, and which one fails. */
import type { Deed, Fault, FaultKind } from "./program.ts";
import type { World } from "./world.ts";

/** A call that went wrong: what it was about, and until when it may still take effect. */
export interface Broken {
  readonly deed: Deed;
  readonly how: FaultKind;
  readonly ids: readonly string[];
  readonly from: number;
  until: number;
}

/** A call with several effects has its turns between them. */
export interface Call {
  readonly deed: Deed;
  readonly verb: string;
  readonly ids: readonly string[];
  readonly effects: readonly (() => unknown)[];
  /** It takes effect, and nobody is ever told. */
  readonly isMute?: boolean;
}

export class Gate {
  readonly broken: Broken[] = [];
  readonly #world: World;
  #faults: readonly Fault[] = [];
  readonly #seen = new Map<Deed, number>();
  readonly #names = new Map<string, string>();
  #isOpen = false;

  constructor(world: World) {
    this.#world = world;
  }

  /** The faults of a wave; their calls are counted from here. */
  plan(faults: readonly Fault[]): void {
    this.#faults = faults;
    this.#seen.clear();
  }

  /** From now on every call passes at once. */
  open(): void {
    this.plan([]);
    this.#isOpen = true;
  }

  /** Resolves with the last effect's result when the store answers; rejects when it fails. */
  async pass(call: Call): Promise<unknown> {
    const { deed, ids, effects } = call;
    if (this.#isOpen) return runAll(effects);
    const verb = [call.verb, ...ids.map((id) => this.#nameOf(id))].join(" ");
    const nth = (this.#seen.get(deed) ?? 0) + 1;
    this.#seen.set(deed, nth);
    const how = this.#faults.find((fault) => fault.deed === deed && fault.nth === nth)?.how;
    if (how !== undefined || call.isMute) return await this.#fail(call, verb, how ?? "mute");
    await this.#world.turn(verb);
    const result = await this.#inTurns(verb, effects);
    await this.#world.turn(`${verb} answers`);
    return result;
  }

  #nameOf(id: string): string {
    if (!this.#names.has(id)) this.#names.set(id, `s${this.#names.size + 1}`);
    return this.#names.get(id)!;
  }

  async #inTurns(verb: string, effects: readonly (() => unknown)[]): Promise<unknown> {
    let result: unknown;
    for (const [index, effect] of effects.entries()) {
      if (index > 0) await this.#world.turn(`${verb} goes on`);
      result = effect();
    }
    return result;
  }

  async #fail({ deed, ids, effects }: Call, verb: string, how: FaultKind): Promise<unknown> {
    const world = this.#world;
    const broken: Broken = { deed, how, ids, from: world.tick(), until: Infinity };
    this.broken.push(broken);
    const name = `${verb} (${how})`;
    const settled = () => void (broken.until = world.tick());
    if (how === "hang" || how === "mute" || how === "late") {
      const given = world.givenUp();
      if (how === "mute") {
        await world.turn(name);
        runAll(effects);
      }
      await given;
      if (how === "late") {
        await world.turn(name);
        const result = await this.#inTurns(name, effects);
        await world.turn(`${name} answers`);
        settled();
        return result;
      }
      settled();
      return await new Promise(() => {});
    }
    await world.turn(name);
    if (how === "after") await this.#inTurns(name, effects);
    await world.turn(`${name} answers`);
    settled();
    throw Object.assign(new Error("a planned failure"), { code: "ECONNRESET" });
  }
}

function runAll(effects: readonly (() => unknown)[]): unknown {
  let result: unknown;
  for (const effect of effects) result = effect();
  return result;
}
