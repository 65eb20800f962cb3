import { expect, test } from "vitest";
import type { SessionRecord } from "../../src/store.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { seedOfRun } from "../../src/testing/environment.ts";
import { type AnyStore, testStore, type TestStoreOptions } from "../../src/testing/mod.ts";
import { but, lateStore } from "./late_store.ts";
import { outcomes, outcomesOf, red } from "./outcomes.ts";
import { wrongSweeps } from "./wrong/sweeps.ts";
import { EVERYTHING } from "./wrong/wrong_store.ts";
import { wrongWrites } from "./wrong/writes.ts";

const memory = (now: () => number) => memoryStore({ now });

const compares = wrongWrites.find(({ fault }) => fault.startsWith("commit() compares"))!
  .make as (now: () => number) => AnyStore;
const unlimited = wrongSweeps.find(({ fault }) => fault.startsWith("sweep() knows"))!
  .make as (now: () => number) => AnyStore;

test("a failure prints the seed, and the seed repeats it", async () => {
  const name = "concurrent verbs answer as if they came one after the other";
  const messages = [];
  for (let time = 0; time < 2; time++) {
    const all = await outcomesOf(compares, { seed: 42 });
    const { error } = all.find((one) => one.name === name)!;
    // Ids are new in each run, as a database may still have the old ones.
    messages.push(error?.message.replace(/until \d+/g, "…").replace(/ {2}last calls.*/, ""));
  }
  expect(messages[0]).toContain('[store "x", seed 42; WEBSESSION_SEED=42 repeats it]');
  expect(messages[0]).toContain("No sequential order explains round");
  expect(messages[1]).toBe(messages[0]);
});

test("the seed is WEBSESSION_SEED where it is set and may be read, and no other text", () => {
  const env = (text?: string) => ({ process: { env: { WEBSESSION_SEED: text } } });
  expect(seedOfRun(env("42"))).toBe(42);
  expect(seedOfRun(env())).not.toBe(seedOfRun(env()));
  expect(seedOfRun(env(""))).not.toBe(seedOfRun(env("")));
  expect(seedOfRun({})).not.toBe(seedOfRun({}));
  expect(() => seedOfRun(env("forty-two"))).toThrow(/WEBSESSION_SEED must be a whole number/);
  const deno = (state: string) => ({
    Deno: { env: { get: () => "42" }, permissions: { querySync: () => ({ state }) } },
  });
  expect(seedOfRun(deno("granted"))).toBe(42);
  // Nobody is asked at the terminal for it.
  expect(seedOfRun(deno("prompt"))).not.toBe(42);
});

test("a failure names the verb, the id, the last calls and what the store threw", async () => {
  const all = await outcomesOf((now) =>
    ({
      ...lateStore(now),
      touch: (id: string) => Promise.reject(new Error(`no route for ${id.slice(0, 2)}`)),
    }) as AnyStore
  );
  const { error } = all.find(({ name }) => name === "touch() leaves the version valid")!;
  expect(error?.message).toMatch(/^store\.touch\("[\da-f]{20}-\d+"\) threw: no route for/);
  expect(error?.message).toMatch(/last calls: store\.create\("[\da-f]{20}-\d+"\) = true; /);
  expect((error?.cause as Error).message).toMatch("no route for");
});

test("who copies a record is told that its text may be a getter, and by which verb", async () => {
  const copying = (now: () => number) =>
    but(now, (store) => ({
      create: (id: string, record: SessionRecord) => store.create(id, { ...record }),
      commit: (id: string, record: SessionRecord, version: unknown) =>
        store.commit(id, JSON.parse(JSON.stringify(record)) as SessionRecord, version),
      rotate(_from: string, _to: string, record: SessionRecord) {
        throw new TypeError(`no text in ${Object.keys(record).join()}`);
      },
    }));
  const all = await outcomesOf(copying);
  for (const verb of ["create", "commit"]) {
    const { error } = all.find(({ name }) => name.startsWith(`${verb}() stores a record`))!;
    expect(error?.message).toContain(`after ${verb}(): \`json\` may be a getter`);
    expect(error?.message).toContain("read `record.json`");
  }
  const { error } = all.find(({ name }) => name.startsWith("rotate() stores a record"))!;
  expect(error?.message).toMatch(
    /^rotate\(\) of a record whose json is a getter: no text in expires,subject,owner\. `json` may be/,
  );
});

test("a store that fails now and then leaves no failure behind for the next test", async () => {
  const left: unknown[] = [];
  const note = (error: unknown) => void left.push(error);
  process.on("unhandledRejection", note);
  let calls = 0;
  const flaky = (now: () => number) => {
    const store = lateStore(now) as unknown as Record<string, (...args: unknown[]) => unknown>;
    const verbs = Object.entries(store).map(([name, verb]) => [
      name,
      typeof verb !== "function" || name === "all" ? verb : async (...args: unknown[]) => {
        const answer = await verb(...args);
        if (++calls % 13 === 0) throw new Error("connection reset");
        return answer;
      },
    ]);
    return Object.fromEntries(verbs) as AnyStore;
  };
  const all = await outcomesOf(flaky, { seed: 7, interleavings: 50, revivals: 50 });
  expect(red(all).length).toBeGreaterThan(20);
  // Node tells of them after the microtasks.
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  process.off("unhandledRejection", note);
  expect(left).toEqual([]);
});

test("a call that is never answered is named, and ends its case", async () => {
  const hanging = (now: () => number) =>
    ({
      ...lateStore(now),
      destroy: () => new Promise<never>(() => {}),
    }) as unknown as AnyStore;
  const all = await outcomes({
    create: ({ now }) => ({ store: hanging(now) }),
    answerWithin: 20,
  }, (name) => name === "create() after destroy() starts anew");
  expect(all).toHaveLength(1);
  expect(all[0]?.error?.message).toMatch(
    /^store\.destroy\("[\da-f]{20}-\d+"\) has not answered within 20 ms/,
  );
});

test("no call is under way when a case has failed", async () => {
  let [under, afterwards] = [0, 0];
  const counting = (now: () => number) => {
    const store = lateStore(now) as unknown as Record<string, (...args: unknown[]) => unknown>;
    let writes = 0;
    const commit = async (...args: unknown[]) => {
      under++;
      try {
        const answer = await store["commit"]!(...args);
        if (++writes === 3) throw new Error("connection reset");
        return answer;
      } finally {
        under--;
      }
    };
    return { ...store, commit } as unknown as AnyStore;
  };
  const all = await outcomesOf(counting, {
    seed: 7,
    interleavings: 50,
    revivals: 50,
    create: ({ now }) => ({ store: counting(now), close: () => void (afterwards += under) }),
  });
  expect(red(all)).toContain("concurrent increments are all counted");
  expect(afterwards).toBe(0);
});

test("an excepted case has to fail, and must exist", async () => {
  const name =
    "sweep() drops at most `limit` expired sessions, says how many, and keeps the live ones";
  const options = { except: { [name]: "it sweeps all" } };
  expect(red(await outcomesOf(unlimited, options))).not.toContain(
    `not (${name}), because it sweeps all`,
  );
  expect(red(await outcomesOf(memory, options))).toEqual([`not (${name}), because it sweeps all`]);
  expect(() => testStore({ ...nothing, except: { "no such": "" } })).toThrow(/names no case/);
});

test("cases of the author's own run with the kit's clock and records, and fail as the others do", async () => {
  const all = await outcomesOf(memory, {
    seed: 3,
    additional: {
      "it ends on time": async ({ store, peer, start, now, pass, id, record }) => {
        const mine = id();
        await store.create(mine, record({ expires: start + 5, subject: "ada", data: { n: 1 } }));
        expect(peer).toBe(store);
        await pass(5);
        expect(await now()).toBe(start + 5);
        expect(await store.read(mine)).toBeUndefined();
      },
      "it does what it does not": async ({ store }) => {
        await store.destroy("a");
        throw new Error("as it should");
      },
      "it is excepted": () => Promise.reject(new Error("known")),
    },
    except: { "it is excepted": "it is young" },
  });
  expect(red(all)).toEqual(["it does what it does not"]);
  expect(all.map(({ name }) => name)).toContain("not (it is excepted), because it is young");
  const { error } = all.find(({ name }) => name === "it does what it does not")!;
  expect(error?.message).toMatch(/^as it should \[store "x", seed 3; .*\]\n {2}last calls: store/);
  const taken = { "touch() leaves the version valid": () => {} };
  expect(() => testStore({ ...nothing, additional: taken })).toThrow(/names a case of the kit/);
  expect(() => testStore({ ...nothing, additional: { x: 1 as never } })).toThrow(TypeError);
});

const nothing: TestStoreOptions = {
  name: "x",
  create: () => ({ store: memoryStore() }),
  capabilities: EVERYTHING,
  test: () => {},
};

test("options are checked", () => {
  const refused = (options: object) => () => testStore({ ...nothing, ...options });
  expect(refused({ test: 1 })).toThrow('Option "test" must be a function, not a value of type');
  expect(refused({ create: 1 })).toThrow(TypeError);
  expect(refused({ capabilities: {} })).toThrow(TypeError);
  expect(refused({ capabilities: { ...EVERYTHING, atomic: "yes" } })).toThrow(
    /"capabilities.atomic"/,
  );
  const rotation = { atomic: false, clock: "server", rotation: true };
  expect(refused({ capabilities: rotation })).toThrow(/"capabilities.rotation" must be "one step"/);
  expect(refused({ seed: "7" })).toThrow(TypeError);
  expect(refused({ takes: -1 })).toThrow(RangeError);
});

test("a store is closed after a case, passed or failed", async () => {
  let [opened, closed] = [0, 0];
  await outcomesOf(memory, {
    create: ({ now }) => {
      opened++;
      return { store: { ...lateStore(now), sweep: 1 as never }, close: () => void closed++ };
    },
  });
  expect(closed).toBe(opened);
  expect(opened).toBeGreaterThan(70);
});

test("a store that claims no order within its process is spared the races", async () => {
  const names = async (claims: object) => {
    const store = (now: () => number) => ({ ...lateStore(now), atomic: false }) as AnyStore;
    const all = await outcomesOf(store, {
      capabilities: { ...EVERYTHING, ...claims },
      revivals: 10,
    });
    return all.map(({ name }) => name);
  };
  const race = "concurrent increments are all counted";
  expect(await names({ atomic: false })).toContain(race);
  expect(await names({ atomic: false, ordered: false })).not.toContain(race);
});

test("the same cases hold with the clock of a server", async () => {
  const options: Partial<TestStoreOptions> = {
    capabilities: { ...EVERYTHING, clock: "server" },
    interleavings: 50,
    revivals: 50,
  };
  expect(red(await outcomesOf(() => memoryStore(), options))).toEqual([]);
  const late = await outcomesOf(() => memoryStore({ now: () => Date.now() - 60_000 }), {
    ...options,
    interleavings: 1,
    revivals: 1,
  });
  expect(red(late)).toContain("a session lives until 1 ms before its end and is gone at its end");
});

test("a store that is slow for a moment is not accused of what ended meanwhile", async () => {
  const names = [
    "a session lives until 1 ms before its end and is gone at its end",
    "a session outlives its first end in list() when touch() moved the end",
    "list() knows a session past the end it had, whichever verb moved it",
    "sweep() goes by the end that stands, whichever verb moved it",
  ];
  const slow = () => {
    let isSlow = true;
    return but(Date.now, (store) => ({
      async create(id: string, record: SessionRecord) {
        if (isSlow) await new Promise((resolve) => setTimeout(resolve, 1_100));
        isSlow = false;
        return await store.create(id, record);
      },
    }));
  };
  const capabilities = { ...EVERYTHING, clock: "server" } as const;
  const create = () => ({ store: slow() });
  const found = await outcomes({ create, capabilities }, (name) => names.includes(name));
  expect(found.map(({ name }) => name).sort()).toEqual([...names].sort());
  expect(found.map(({ error }) => error?.message)).toEqual(names.map(() => undefined));
});
