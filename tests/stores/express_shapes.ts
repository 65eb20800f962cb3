/** Callback stores of several shapes, each step of which waits for its turn. */

// deno-lint-ignore no-explicit-any
export type Any = any;

export const SHAPES = [
  "touch in one step",
  "touch that reads, then writes",
  "touch that calls set()",
  "touch that never answers",
  "no touch",
] as const;
export type ShapeName = typeof SHAPES[number];

/** What goes wrong with a call: it fails before it takes effect, or after; or it never answers. */
export type Fault = "before" | "after" | "hangs" | "is mute" | undefined;

export interface Steps {
  /** A moment at which anything else may happen first. */
  turn(): Promise<void>;
  /** Asked once for each `set()` and `destroy()`. */
  fault(verb: string): Fault;
}

export interface ShapedStore {
  readonly store: Any;
  /** What it keeps, by id. */
  readonly texts: Map<string, string>;
}

export function shapedStore(shape: ShapeName, { turn, fault }: Steps): ShapedStore {
  const texts = new Map<string, string>();

  /** Takes effect between its turns, and answers once more after that. */
  async function run(verb: string, effect: () => unknown, callback: Any): Promise<void> {
    const how = fault(verb);
    await turn();
    const answer = how === "before" || how === "hangs" ? undefined : effect();
    await turn();
    if (how === "hangs" || how === "is mute") return;
    const error = how === undefined ? null : new Error("the disk is full");
    if (typeof callback === "function") callback(error, answer);
  }

  const parsed = (id: string) => texts.has(id) ? JSON.parse(texts.get(id)!) : undefined;
  const store: Any = {
    get: (id: string, callback: Any) => void run("get", () => parsed(id), callback),
    set(id: string, session: Any, callback: Any) {
      // It writes down what it is handed when it is handed it.
      const text = JSON.stringify(session);
      void run("set", () => void texts.set(id, text), callback);
    },
    destroy: (id: string, callback: Any) => {
      void run("destroy", () => void texts.delete(id), callback);
    },
    async touch(id: string, { cookie }: Any, callback: Any) {
      const text = JSON.stringify(cookie);
      const touched = () => {
        const session = parsed(id);
        return session && { ...session, cookie: JSON.parse(text) };
      };
      if (shape === "touch in one step") {
        const effect = () => {
          const session = touched();
          if (session) texts.set(id, JSON.stringify(session));
        };
        return void run("touch", effect, callback);
      }
      await turn();
      const session = touched();
      await turn();
      if (!session) return callback?.(null);
      if (shape === "touch that calls set()") return this.set(id, session, callback);
      texts.set(id, JSON.stringify(session));
      await turn();
      if (shape === "touch that reads, then writes") callback?.(null);
    },
  };
  if (shape === "no touch") delete store.touch;
  return { store, texts };
}

/** Lets those who wait go on one at a time, in an order that `pick` draws. */
export class Scheduler {
  readonly #waiting: (() => void)[] = [];
  readonly #pick: (count: number) => number;
  #isOpen = false;

  constructor(pick: (count: number) => number) {
    this.#pick = pick;
  }

  turn(): Promise<void> {
    if (this.#isOpen) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Runs until nobody waits any more. */
  async run(between: () => void): Promise<void> {
    for (let idle = 0; idle < 3; idle++) {
      await new Promise(setImmediate);
      if (this.#waiting.length === 0) continue;
      idle = -1;
      const [next] = this.#waiting.splice(this.#pick(this.#waiting.length), 1);
      next!();
      between();
    }
  }

  /** From now on nobody waits. */
  open(): void {
    this.#isOpen = true;
    for (const go of this.#waiting.splice(0)) go();
  }
}
