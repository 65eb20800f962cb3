import { describe, expect, test } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import { explains, type Operation } from "../../src/testing/history.ts";
import { type AnyStore, testStore, type TestStoreOptions } from "../../src/testing/mod.ts";
import { broken, lateStore } from "./broken_stores.ts";

const everything = {
  atomic: true,
  clock: "injected",
  sliding: true,
  iterate: true,
  sweep: true,
  subject: true,
} as const;

/** Runs the kit without a runner: which case ended how. */
async function outcomes(
  make: (now: () => number) => AnyStore,
  options: Partial<TestStoreOptions> = {},
): Promise<Map<string, Error | undefined>> {
  const found = new Map<string, Error | undefined>();
  const cases: [string, () => Promise<void>][] = [];
  testStore({
    name: "x",
    create: ({ now }) => ({ store: make(now) }),
    capabilities: everything,
    test: (name, run) => cases.push([name.slice("x: ".length), run]),
    interleavings: 300,
    revivals: 200,
    ...options,
  });
  for (const [name, run] of cases) {
    found.set(name, await run().then(() => undefined, (error: Error) => error));
  }
  return found;
}

const red = (all: Map<string, Error | undefined>) =>
  [...all].filter(([, error]) => error).map(([name]) => name);

test("the kit is green for a store that answers late and is right", async () => {
  const all = await outcomes((now) => lateStore(now));
  expect([...all.values()].filter(Boolean)).toEqual([]);
  expect(all.size).toBeGreaterThan(50);
});

describe("the kit goes red when", () => {
  test.for(broken)("$defect", async ({ make, red: expected }) => {
    const all = await outcomes(make, { seed: 7 });
    for (const name of expected) expect([...all.keys()]).toContain(name);
    expect(red(all)).toEqual(expect.arrayContaining([...expected]));
  });

  test("a store says it is atomic and is not", async () => {
    const all = await outcomes((now) => ({ ...lateStore(now), atomic: false }));
    expect(red(all)).toEqual(["claims what it has and has what it claims"]);
  });

  test("clear() reaches the store next door", async () => {
    const all = await outcomes(memory, {
      create({ now }) {
        const [store, neighbour] = [memoryStore({ now }), memoryStore({ now })];
        const clear = store.clear.bind(store);
        return {
          store: Object.assign(store, { clear: () => (neighbour.clear(), clear()) }),
          neighbour,
        };
      },
    });
    expect(red(all)).toEqual(["clear() removes every session of this store, and nothing else"]);
  });

  test("a second handle keeps sessions of its own", async () => {
    const all = await outcomes(memory, {
      create: ({ now }) => ({ store: lateStore(now), peer: lateStore(now) }),
    });
    expect(red(all)).toContain("a second handle sees every write of the first");
    expect(red(all)).toContain("concurrent verbs answer as if they came one after the other");
  });
});

const memory = (now: () => number) => memoryStore({ now });

test("a failure prints the seed, and the seed repeats it", async () => {
  const { make } = broken.find(({ defect }) => defect.startsWith("commit() compares"))!;
  const name = "concurrent verbs answer as if they came one after the other";
  const messages = [];
  for (let time = 0; time < 2; time++) {
    const error = (await outcomes(make, { seed: 42 })).get(name);
    messages.push(error?.message.replace(/until \d+|\d{10,}/g, "…"));
  }
  expect(messages[0]).toContain('[store "x", seed 42]');
  expect(messages[0]).toContain("No sequential order explains round");
  expect(messages[1]).toBe(messages[0]);
});

test("an excepted case has to fail, and must exist", async () => {
  const name =
    "sweep() drops at most `limit` expired sessions, says how many, and keeps the live ones";
  const { make } = broken.find(({ defect }) => defect.startsWith("sweep()"))!;
  const options = { except: { [name]: "it sweeps all" } };
  expect(red(await outcomes(make, options))).toEqual([]);
  expect(red(await outcomes(memory, options))).toEqual([`not (${name}), because it sweeps all`]);
  expect(() => testStore({ ...nothing, except: { "no such": "" } })).toThrow(/names no case/);
});

const nothing: TestStoreOptions = {
  name: "x",
  create: () => ({ store: memoryStore() }),
  capabilities: everything,
  test: () => {},
};

test("options are checked", () => {
  expect(() => testStore({ ...nothing, test: 1 as never })).toThrow(TypeError);
  expect(() => testStore({ ...nothing, create: 1 as never })).toThrow(TypeError);
  expect(() => testStore({ ...nothing, capabilities: {} as never })).toThrow(TypeError);
});

test("a store is closed after a case, passed or failed", async () => {
  let [opened, closed] = [0, 0];
  await outcomes(memory, {
    create: (
      { now },
    ) => (opened++,
      { store: { ...lateStore(now), sweep: 1 as never }, close: () => void closed++ }),
  });
  expect(closed).toBe(opened);
  expect(opened).toBeGreaterThan(50);
});

test("the same cases hold with the clock of a server", async () => {
  const all = await outcomes(memory, {
    create: () => ({ store: memoryStore() }),
    capabilities: { ...everything, clock: "server" },
    interleavings: 50,
    revivals: 50,
  });
  expect([...all.values()].filter(Boolean)).toEqual([]);
  const late = await outcomes(memory, {
    create: () => ({ store: memoryStore({ now: () => Date.now() - 60_000 }) }),
    capabilities: { ...everything, clock: "server" },
    interleavings: 1,
    revivals: 1,
  });
  expect(red(late)).toContain("a session lives until 1 ms before its end and is gone at its end");
});

describe("the checker of histories", () => {
  const one = (called: number, answered: number, rest: object) =>
    ({ worker: 0, id: "a", called, answered, ...rest }) as Operation;
  const state = (json?: string) =>
    new Map(json === undefined ? [] : [["a", { json, expires: 1e6 }]]);
  const commit = { verb: "commit", base: "0", expires: 1e6 };

  test("takes any order of what overlaps", () => {
    const history = [
      one(1, 4, { ...commit, json: "1", answer: { status: "gone" } }),
      one(2, 3, { verb: "destroy" }),
    ];
    expect(explains(state("0"), history, state())).toBe(true);
    expect(explains(state("0"), history, state("1"))).toBe(false);
  });

  test("keeps to real time", () => {
    const late = [
      one(1, 2, { verb: "destroy" }),
      one(3, 4, { ...commit, json: "1", answer: { status: "committed" } }),
    ];
    expect(explains(state("0"), late, state())).toBe(false);
  });

  test("knows a lost update", () => {
    const answer = { status: "committed" };
    const both = [
      one(1, 4, { ...commit, json: "1", answer }),
      one(2, 3, { ...commit, json: "2", answer }),
    ];
    expect(explains(state("0"), both, state("1"))).toBe(false);
    expect(explains(state("0"), both, state("2"))).toBe(false);
  });
});
