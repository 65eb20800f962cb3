/** Seeded interleavings: every store call and every handler waits for chance to let it go. */
import { describe, expect, test } from "vitest";
import { type Random, seeded } from "../../src/testing/random.ts";
import { type Any, type Door, DOORS, idOf, loggedIn, type Scene, whoIs } from "./doors.ts";

const FIRST = Number(process.env["SEED"] ?? 1);
const RUNS = Number(process.env["RUNS"] ?? 1000);

/** Lets waiting steps go, one at a time, in an order drawn by chance. */
class Scheduler {
  readonly #waiting: (() => void)[] = [];
  readonly #random: Random;
  constructor(random: Random) {
    this.#random = random;
  }

  /** A place where anything else may happen first. */
  turn(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async run<T>(work: Promise<T>[]): Promise<T[]> {
    let isDone = false;
    const all = Promise.all(work).finally(() => isDone = true);
    // A save nobody awaits may outlive the responses.
    for (let idle = 0; !isDone || idle < 3; idle++) {
      // Whatever can still go on without a word of ours does so first.
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      if (this.#waiting.length === 0) continue;
      idle = -1;
      const [next] = this.#waiting.splice(this.#random.below(this.#waiting.length), 1);
      next!();
    }
    return await all;
  }
}

function ignored(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: { code?: string }) => {
    if (error.code !== "SESSION_GONE") throw error;
  });
}

type Act = (scene: Scene, turn: () => Promise<void>, key: string) => Promise<unknown> | unknown;

/** What requests do beside the one that ends the session. */
const ACTS: Record<string, Act> = {
  write: ({ session }, _turn, key) => void (session[key] = 1),
  read: ({ session }) => void session.user,
  touch: ({ session }) => void session.touch(),
  async slowWrite({ session }, turn, key) {
    session[key] = 1;
    await turn();
  },
  async save({ session }, turn, key) {
    session[key] = 1;
    await ignored(session.save());
    await turn();
  },
  async saveAndWrite({ session }, turn, key) {
    await ignored(session.save());
    await turn();
    session[key] = 1;
  },
  saveUnawaited({ session }, _turn, key) {
    session[key] = 1;
    void session.save();
  },
  async update({ update }, _turn, key) {
    await ignored(update((data: Any) => data[key] = 1));
  },
  stream(scene, _turn, key) {
    scene.startStreaming();
    scene.session[key] = 1;
  },
  async regenerate(scene, turn, key) {
    await ignored(scene.session.regenerate());
    await turn();
    if (scene.session) scene.session[key] = 1;
  },
};

const ENDS: Record<string, (scene: Scene, turn: () => Promise<void>) => Promise<unknown>> = {
  destroy: ({ session }) => session.destroy(),
  async rotate({ session }, turn) {
    await turn();
    await ignored(session.regenerate({ keep: true }));
  },
  destroyInStore: (scene) => scene.destroyInStore(scene.session.id),
};

interface Run {
  readonly door: Door;
  readonly cookie: string;
  readonly random: Random;
  readonly turn: () => Promise<void>;
  /** Runs the requests together, in an order drawn by chance. */
  play(requests: ((scene: Scene) => unknown)[]): Promise<(string | undefined)[]>;
}

async function prepared(makeDoor: (typeof DOORS)[string], seed: number): Promise<Run> {
  const random = seeded(seed);
  const door = makeDoor({ rolling: random.below(3) === 0, resave: random.below(3) === 0 });
  const cookie = await loggedIn(door);
  const scheduler = new Scheduler(random);
  const turn = () => scheduler.turn();
  return {
    door,
    cookie,
    random,
    turn,
    async play(requests) {
      door.gate.everyStop = turn;
      const answers = await scheduler.run(
        requests.map((act) =>
          door.request(cookie, async (scene) => {
            await turn();
            // By the time it was read the session may have been gone already.
            if (scene.session.user === undefined) return;
            await act(scene);
          })
        ),
      );
      door.gate.everyStop = undefined;
      return answers;
    },
  };
}

describe.each(Object.entries(DOORS))("%s", (_name, makeDoor) => {
  test(`S43 S44 ${RUNS} interleavings with a logout or a rotation: 0 revived`, async () => {
    const revived: string[] = [];
    for (let seed = FIRST; seed < FIRST + RUNS; seed++) {
      const { door, cookie, random, turn, play } = await prepared(makeDoor, seed);
      const end = random.pick(Object.keys(ENDS));
      const acts = Array.from(
        { length: 1 + random.below(3) },
        () => random.pick(Object.keys(ACTS)),
      );
      const answers = await play([
        (scene) => ENDS[end]!(scene, turn),
        ...acts.map((act, index) => (scene: Scene) => ACTS[act]!(scene, turn, `k${index}`)),
      ]);
      const run = `seed ${seed}: ${end} against ${acts.join(", ")}`;
      if (door.records().has(idOf(cookie))) revived.push(`${run}: the old id is in the store`);
      if (await whoIs(door, cookie) !== undefined) revived.push(`${run}: the old cookie logs in`);
      const alive = [...door.records().values()].filter(({ user }) => user === "anna");
      if (alive.length > (end === "rotate" ? 1 : 0)) {
        revived.push(`${run}: ${alive.length} logged in`);
      }
      if (end === "rotate" && !acts.includes("regenerate")) {
        const rotated = answers[0];
        if (rotated === undefined || await whoIs(door, rotated) !== "anna") {
          revived.push(`${run}: the new id does not log in`);
        }
      }
    }
    expect(revived).toEqual([]);
  }, 300_000);

  test(`S65 ${RUNS} interleavings of parallel writers: 0 lost keys`, async () => {
    const lost: string[] = [];
    const writers = [
      "write",
      "slowWrite",
      "save",
      "saveAndWrite",
      "saveUnawaited",
      "update",
      "stream",
    ];
    for (let seed = FIRST; seed < FIRST + RUNS; seed++) {
      const { door, cookie, random, turn, play } = await prepared(makeDoor, seed);
      const acts = Array.from({ length: 2 + random.below(4) }, () => random.pick(writers));
      const readers = Array.from({ length: random.below(3) }, () => random.pick(["read", "touch"]));
      await play(
        [...acts, ...readers].map((act, index) => (scene: Scene) =>
          ACTS[act]!(scene, turn, `k${index}`)
        ),
      );
      const record = door.records().get(idOf(cookie)) ?? {};
      const missing = acts.map((_, index) => `k${index}`).filter((key) => record[key] !== 1);
      if (missing.length > 0 || record.user !== "anna") {
        lost.push(`seed ${seed}: ${acts.join(", ")} with ${readers.join(", ")}: ${missing.join()}`);
      }
    }
    expect(lost).toEqual([]);
  }, 300_000);
});
