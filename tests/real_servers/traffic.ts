/** What visitors ask for: drawn from a seed, with several requests of one browser in flight. */
import { type Random, seeded } from "../../src/testing/random.ts";
import type { Client, Reply } from "./client.ts";
import type { Fleet } from "./fleet.ts";
import { type Act, SUBJECTS } from "./protocol.ts";
import type { Recorder } from "./recorder.ts";

const KEYS = ["a", "b", "c", "d"];
/** So many browsers, and so many requests of all of them together. */
const VISITORS = 8;
const IN_FLIGHT = 10;

const ACTS:
  readonly (readonly [weight: number, make: (random: Random, recorder: Recorder) => Act])[] = [
    [10, () => ["look"]],
    [30, (random, recorder) => {
      const key = random.pick(KEYS);
      return ["set", key, recorder.token(key)];
    }],
    [3, (random) => ["delete", random.pick(KEYS)]],
    [6, (random) => ["take", random.pick(KEYS)]],
    [24, (_, recorder) => ["update", recorder.token("log")]],
    [5, (_, recorder) => ["say", recorder.token("flash")]],
    [4, () => ["hear"]],
    [7, (random) => ["login", random.pick(SUBJECTS)]],
    [5, () => ["logout"]],
    [3, () => ["regenerate", true]],
    [2, () => ["regenerate", false]],
    [2, (random) => ["revokeAll", random.pick(SUBJECTS)]],
  ];
const TOTAL = ACTS.reduce((sum, [weight]) => sum + weight, 0);

/** What express-session has no name for. */
const OURS: ReadonlySet<string> = new Set(["revokeAll"]);

export class Traffic {
  readonly #random: Random;
  readonly #fleet: Fleet;
  readonly #client: Client;
  readonly #recorder: Recorder;
  readonly #jars = new Map<number, string>();
  readonly #isWhole: boolean;
  #isOver = false;
  #loops: Promise<void>[] = [];

  constructor(given: {
    readonly fleet: Fleet;
    readonly client: Client;
    readonly recorder: Recorder;
    readonly seed: number;
    /** Every act; without it only those express-session knows. */
    readonly isWhole: boolean;
  }) {
    this.#random = seeded(given.seed);
    this.#fleet = given.fleet;
    this.#client = given.client;
    this.#recorder = given.recorder;
    this.#isWhole = given.isWhole;
  }

  start(): void {
    this.#loops = Array.from({ length: IN_FLIGHT }, async () => {
      while (!this.#isOver) await this.#visit();
    });
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
  }

  /** Every session there ever was is looked for, by its cookie, until somebody answers. */
  async lookAtAll(until: number): Promise<boolean> {
    const cookies = this.#recorder.history.sessions.map(({ cookie }) => cookie!);
    const waiting = cookies.values();
    let isWhole = true;
    await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
      for (const cookie of waiting) {
        for (;;) {
          const { status } = await this.#ask(["hear"], cookie);
          if (status === 200) break;
          if (performance.now() > until) isWhole = false;
          if (!isWhole) return;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    }));
    return isWhole;
  }

  async #visit(): Promise<void> {
    const visitor = this.#random.below(VISITORS);
    const { cookie, isUnsent } = await this.#ask(this.#draw(), this.#jars.get(visitor));
    if (cookie === "") this.#jars.delete(visitor);
    else if (cookie !== undefined) this.#jars.set(visitor, cookie);
    // A process that is not there answers very fast.
    if (isUnsent) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async #ask(act: Act, cookie: string | undefined): Promise<Reply> {
    const url = this.#random.pick(this.#fleet.urls);
    const asked = this.#recorder.ask(act, cookie, url);
    const reply = await this.#client.ask(url, act, cookie);
    this.#recorder.told(asked, reply);
    return reply;
  }

  #draw(): Act {
    let left = this.#random.below(TOTAL);
    for (const [weight, make] of ACTS) {
      if (left >= weight) left -= weight;
      else {
        const act = make(this.#random, this.#recorder);
        return this.#isWhole || !OURS.has(act[0]) ? act : ["look"];
      }
    }
    return ["look"];
  }
}
