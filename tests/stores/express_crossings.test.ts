/** Seeded interleavings on callback stores of several shapes: nothing acknowledged is lost, nothing ended is back. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import type { SessionRecord, SessionStore, StoredSession } from "../../src/store.ts";
import { fromExpressStore } from "../../src/stores/express.ts";
import { type Random, seeded } from "../../src/testing/random.ts";
import { History } from "./express_history.ts";
import { type Any, Scheduler, shapedStore, type ShapeName, SHAPES } from "./express_shapes.ts";

const FIRST = Number(process.env["SEED"] ?? 1);
const RUNS = Number(process.env["RUNS"] ?? 500);

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const ID = "the-session";
const COOKIE = { originalMaxAge: 60_000, expires: "2999-01-01T00:00:00.000Z", path: "/" };
const END = Date.parse(COOKIE.expires);

const record = (data: object): SessionRecord => ({
  json: JSON.stringify({ ...data, cookie: COOKIE }),
  expires: END,
});
const dataIn = (stored: StoredSession): Any => JSON.parse(stored.json);
const keysIn = (data: Any) => data && new Set(Object.keys(data));

/** A promise of what a callback will be told. */
function told(act: (done: (error?: Any, value?: Any) => void) => unknown): Promise<Any> {
  return new Promise((resolve, reject) => {
    act((error, value) => error ? reject(error) : resolve(value));
  });
}

interface Run {
  /** The store as the core asks it, and as an application does. */
  readonly wrapper: SessionStore;
  readonly raw: Any;
  readonly history: History;
  readonly scheduler: Scheduler;
}

type Act = (run: Run, key: string) => Promise<void>;

/** Stores a change on top of what others stored, as the core does; `false`: there is no session. */
async function change(
  wrapper: SessionStore,
  attempt: (data: Any, version: unknown) => Any,
): Promise<boolean> {
  let found = await wrapper.read(ID);
  while (found !== undefined) {
    const result = await attempt(dataIn(found), found.version);
    if (result.status !== "conflict") return result.status === "committed";
    found = result.current as StoredSession;
  }
  return false;
}

const write: Act = ({ wrapper, history, scheduler }, key) =>
  history.follow(
    history.writes,
    { key, isBlind: false },
    () =>
      change(wrapper, async (data, version) => {
        await scheduler.turn();
        return wrapper.commit(ID, record({ ...data, [key]: 1 }), version);
      }),
  );

const ACTS: Record<string, Act> = {
  write,
  /** A visit that reads alone. */
  async visit({ wrapper, scheduler }) {
    const found = await wrapper.read(ID);
    await scheduler.turn();
    if (found !== undefined) await wrapper.touch(ID, END, dataIn(found));
  },
  destroy: ({ wrapper, history }) =>
    history.follow(history.ends, {}, async () => (await wrapper.destroy(ID), true)),
  rotate: ({ wrapper, history }, key) => {
    const into = `moved-${key}`;
    return history.follow(
      history.moves,
      { into },
      () => change(wrapper, (data, version) => wrapper.rotate(ID, into, record(data), version)),
    );
  },
  /** The application's own calls of its store. */
  destroyDirectly: ({ raw, history }) =>
    history.follow(
      history.ends,
      {},
      () => told((done) => raw.destroy(ID, done)).then(() => true),
    ),
  async touchDirectly({ raw }) {
    const session = await told((done) => raw.get(ID, done));
    if (session && raw.touch) await told((done) => raw.touch(ID, session, done));
  },
  setDirectly: ({ raw, history, scheduler }, key) =>
    history.follow(history.writes, { key, isBlind: true }, async () => {
      const session = await told((done) => raw.get(ID, done));
      if (!session) return false;
      await scheduler.turn();
      const isOver = [...history.ends, ...history.moves].some(({ to }) => to < Infinity);
      history.isBegunAnew ||= isOver;
      // As a session of the application: it has methods.
      const saved = Object.assign(Object.create({ save() {} }), session, { [key]: 1 });
      await told((done) => raw.set(ID, saved, done));
      return true;
    }),
  async look({ wrapper, history, scheduler }) {
    for (let times = 0; times < 4; times++) {
      await scheduler.turn();
      const from = history.tick();
      const found = await wrapper.read(ID);
      const keys = found && keysIn(dataIn(found));
      history.looks.push({ id: ID, from, to: history.tick(), keys });
    }
  },
};

const BUSY = ["write", "write", "write", "visit", "visit", "touchDirectly", "look", "setDirectly"];
const ENDS = ["destroy", "rotate", "destroyDirectly"];

function programOf(random: Random): string[] {
  const acts = Array.from({ length: 2 + random.below(4) }, () => random.pick(BUSY));
  const ends = random.below(2) === 0 ? [] : [random.pick(ENDS)];
  return [...acts, ...ends, "look"];
}

async function play(shape: ShapeName, seed: number): Promise<string[]> {
  const random = seeded(seed);
  const isFaulty = random.below(3) === 0;
  const collects = random.below(20) === 0;
  const scheduler = new Scheduler((count) => random.below(count));
  let isPlaying = false;
  let answersAll = shape !== "touch that never answers";
  const { store, texts } = shapedStore(shape, {
    turn: () => isPlaying ? scheduler.turn() : Promise.resolve(),
    fault: () => {
      if (!isPlaying || !isFaulty || random.below(8) > 0) return undefined;
      const how = random.pick(["before", "after", "hangs", "is mute"] as const);
      answersAll &&= how === "before" || how === "after";
      return how;
    },
  });
  const wrapper = fromExpressStore(store);
  await wrapper.create(ID, record({ user: "anna" }));
  isPlaying = true;
  const history = new History();
  const run: Run = { wrapper, raw: store, history, scheduler };
  const acts = programOf(random);
  acts.forEach((act, index) => {
    // A store that never answers is never waited for.
    void ACTS[act]!(run, `k${index}`).catch(() => {});
  });
  await scheduler.run(() => {
    if (collects && random.below(8) === 0) collectGarbage();
  });
  isPlaying = false;
  if (collects) collectGarbage();
  for (const id of [ID, ...history.moves.map(({ into }) => into)]) {
    const found = await wrapper.read(id);
    const from = history.tick();
    const last = { id, from, to: from, isLast: true };
    history.looks.push({ ...last, keys: found && keysIn(dataIn(found)) });
    // What a call does that never answers is known to nobody: it can only be read past.
    if (!answersAll) continue;
    const text = texts.get(id);
    history.looks.push({ ...last, keys: keysIn(text && JSON.parse(text)) });
  }
  return history.failures(ID).map((failure) => `seed ${seed} (${acts.join(", ")}): ${failure}`);
}

describe.each(SHAPES)("%s", (shape) => {
  test(
    `seeds ${FIRST} to ${FIRST + RUNS - 1}: 0 revived, 0 lost, 0 refused and stored`,
    async () => {
      const failures: string[] = [];
      for (let seed = FIRST; seed < FIRST + RUNS; seed++) failures.push(...await play(shape, seed));
      expect(failures).toEqual([]);
    },
    300_000,
  );
});
