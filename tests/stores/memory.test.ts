import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import { LruList, type LruNode } from "../../src/stores/shared/lru_list.ts";
import { LruMap } from "../../src/stores/shared/lru_map.ts";
import { testStore } from "../../src/testing/mod.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

testStore({
  name: "memory",
  create: ({ now }) => ({ store: memoryStore({ now }) }),
  capabilities: {
    atomic: "one process",
    clock: "injected",
    sliding: true,
    iterate: true,
    sweep: true,
    subject: true,
  },
  test,
});

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const record = (expires: number | null = null, subject?: string) => ({
  json: '{"cookie":{"originalMaxAge":null}}',
  expires,
  subject,
});

test("an option that memoryStore() does not have is refused", () => {
  const make = (options: unknown) => () => memoryStore(options as never);
  expect(make({ clock: Date })).toThrow(
    new TypeError('There is no option "clock", only max, sweepInterval, now'),
  );
  expect(make({ sweepIntervall: 5 })).toThrow(TypeError);
  for (const wrong of [null, "fast", 5]) expect(make(wrong)).toThrow(TypeError);
  expect(make({ max: 1, clock: undefined })).not.toThrow();
});

test("S75 never more than max sessions, and the least recently used one makes room", () => {
  const store = memoryStore({ max: 3, sweepInterval: 0 });
  for (const id of ["a", "b", "c"]) store.create(id, record(null, "ada"));
  store.read("a");
  store.commit("b", record(null, "ada"), store.read("b")?.version);
  store.create("d", record());
  expect(store.ids()).toEqual(["a", "b", "d"]);
  expect(store.list("ada").sort()).toEqual(["a", "b"]);
  for (let count = 0; count < 10_000; count++) store.create(`x${count}`, record());
  expect(store.length()).toBe(3);
  expect(store.list("ada")).toEqual([]);
});

test("S75 expired sessions are swept without a read, and the subject index with them", async () => {
  const store = memoryStore({ sweepInterval: 5 });
  for (let count = 0; count < 50_000; count++) store.create(`x${count}`, record(1, "ada"));
  store.create("live", record(Date.now() + 60_000));
  await vi.waitFor(() => expect(store.ids()).toEqual(["live"]), { timeout: 60_000 });
  expect(store.list("ada")).toEqual([]);
});

test("S75 where a timer ended with the request that set it, as in Workers, sweeping begins again", () => {
  vi.useFakeTimers();
  try {
    const store = memoryStore();
    store.create("over", record(Date.now() + 1_000));
    vi.clearAllTimers();
    vi.setSystemTime(Date.now() + 10 * 60_000);
    store.create("live", record());
    vi.advanceTimersByTime(1);
    expect(store.ids()).toEqual(["live"]);
  } finally {
    vi.useRealTimers();
  }
});

describe("S75 the sweep timer keeps no process alive", () => {
  const script = here("memory_exit.ts");
  test.for([
    ["node", script],
    ["deno", "run", script],
    ["bun", script],
  ])("%s", ([command, ...args]) => {
    const child = spawnSync(command!, args, { timeout: 240_000, encoding: "utf8" });
    expect(child.stderr).toBe("");
    expect(child.stdout).toBe("stored 1\n");
    expect([child.status, child.signal]).toEqual([0, null]);
  });
});

describe("a million sessions", () => {
  const script = here("memory_growth.ts");
  const counted = (() => {
    let answer:
      | Record<"few" | "many" | "busy", Record<string, number>>
        & Record<"longestStep" | "bytes", number>
      | undefined;
    // A process of its own: other tests' garbage is not measured.
    return () =>
      answer ??= JSON.parse(
        spawnSync("node", ["--expose-gc", script], {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "inherit"],
        }).stdout,
      );
  })();

  test("ask for as many look-ups to load, change and store one as a thousand do", () => {
    const { few, many } = counted()!;
    expect(many).toEqual(few);
    expect(few["get"]).toBeGreaterThan(100);
    for (const walk of ["keys", "values", "entries", "forEach"]) expect(few[walk]).toBeUndefined();
  });

  test("make no busy session slow: a read takes no key out of a map to put it back", () => {
    expect(counted()!.busy).toEqual({ get: 1_000 });
  });

  test("are swept at most 2,000 at a time, and others run in between", () => {
    expect(counted()!.longestStep).toBeGreaterThan(0);
    expect(counted()!.longestStep).toBeLessThanOrEqual(2_000);
  });

  test("take less than 1 KiB each", () => {
    expect(counted()!.bytes).toBeLessThan(1024);
  });
});

describe("of very many sessions no call keeps others waiting", () => {
  const run = () => {
    const { stdout } = spawnSync("node", [here("memory_slices.ts")], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    return JSON.parse(stdout) as {
      slices: Record<string, number>;
      ms: Record<string, number>;
      found: Record<string, unknown>;
    };
  };

  test("at most 2,000 are looked at in one go, and a subject's sessions end in one step", () => {
    const { slices, ms, found } = run();
    console.log("milliseconds in one go, as this machine was loaded:", ms);
    expect(slices).toEqual({
      // Once for all: they are told by their subject.
      ...{ list: 1, destroyAll: 1, clear: 0 },
      ...{ length: 2_000, all: 2_000, sweep: 2_000 },
    });
    expect(found).toEqual({
      ...{ listed: 100_000, ended: 99_999, left: ["id-7"], alive: [false, true], counted: 1 },
      ...{ before: 1_000_000, walked: 1_000_000, swept: 500_000 },
    });
  });
});

describe("where a timer dies with the request that set it, as in Workers", () => {
  test("the sweep goes on with a later call", () => {
    const lost: (() => void)[] = [];
    vi.useFakeTimers({ toFake: ["Date"] });
    const plain = globalThis.setTimeout;
    // Timers are set, and none ever goes off.
    globalThis.setTimeout = ((act: () => void) => lost.push(act)) as unknown as typeof setTimeout;
    try {
      const store = memoryStore({ sweepInterval: 60_000 });
      for (let count = 0; count < 5_000; count++) store.create(`x${count}`, record(Date.now() + 1));
      store.create("live", record());
      store.read("live");
      expect(store.ids().length).toBe(5_001);
      vi.setSystemTime(Date.now() + 62_000);
      // Three slices, each by another visitor.
      for (const left of [3_001, 1_001, 1]) {
        store.read("live");
        expect(store.ids().length).toBeLessThanOrEqual(left);
        vi.setSystemTime(Date.now() + 2_000);
      }
      expect(store.ids()).toEqual(["live"]);
      // Those who are late all the same take no step twice.
      for (const act of lost.slice(0, -1)) act();
      store.create("ended", record(1));
      vi.setSystemTime(Date.now() + 62_000);
      store.create("new", record());
      expect(store.ids().sort()).toEqual(["live", "new"]);
    } finally {
      globalThis.setTimeout = plain;
      vi.useRealTimers();
    }
  });
});

test("what ended with its subject makes room before a session that lives does", () => {
  const store = memoryStore({ max: 5_000, sweepInterval: 0 });
  store.create("live", record());
  for (let count = 0; count < 4_999; count++) store.create(`x${count}`, record(null, "ada"));
  expect(store.destroyAll("ada", "x7")).toBe(4_998);
  // Its timer has not gone off yet: most of them still take room.
  for (let count = 0; count < 4_990; count++) store.create(`y${count}`, record(null, "bob"));
  expect(store.read("live")).toBeDefined();
  expect(store.list("ada")).toEqual(["x7"]);
  expect(store.length()).toBeDefined();
  expect(store.create("x8", record(null, "ada"))).toBe(true);
  expect(store.list("ada").sort()).toEqual(["x7", "x8"]);
});

test("options are checked", () => {
  for (const wrong of [0, -1, NaN, "1"]) {
    expect(() => memoryStore({ max: wrong as number })).toThrow(/"max" must be/);
  }
  for (const wrong of [-1, NaN, "1"]) {
    expect(() => memoryStore({ sweepInterval: wrong as number })).toThrow(
      /"sweepInterval" must be/,
    );
  }
  expect(() => memoryStore({ now: 1 as never })).toThrow(/"now" must be/);
});

test("the order of use is that of a model, whatever the calls", () => {
  const [list, map] = [new LruList<Thing>(), new LruMap<number>()];
  let model: string[] = [];
  for (let step = 0; step < 20_000; step++) {
    const key = `k${(step * 7919 + (step >> 3)) % 13}`;
    const node = list.get(key);
    expect(node !== undefined).toBe(model.includes(key));
    expect(map.peek(key) !== undefined).toBe(model.includes(key));
    const without = model.filter((other) => other !== key);
    switch ((step * 31 + (step >> 5)) % 7) {
      case 0:
        if (node) list.delete(node);
        map.delete(key);
        model = without;
        break;
      case 1:
      case 2:
        if (node) list.use(node);
        map.use(key);
        if (node) model = [...without, key];
        break;
      default:
        if (node) list.use(node);
        else list.add({ key, older: undefined, newer: undefined });
        map.set(key, step);
        expect(map.peek(key)).toBe(step);
        model = [...without, key];
    }
    if (step % 5_000 === 4_999) {
      list.clear();
      map.clear();
      model = [];
    }
    expect(list.keys()).toEqual(model);
    expect([list.oldest?.key, map.oldest?.key]).toEqual([model[0], model[0]]);
    expect([list.size, map.size]).toEqual([model.length, model.length]);
    expect([...list.values()].map((thing) => thing.key).sort()).toEqual([...model].sort());
  }
});

interface Thing extends LruNode<Thing> {}
