/** Ids that are replaced while others write, log out and revoke: every order of two processes. */
import { describe, expect, test } from "vitest";
import { GRACE } from "../../src/core/alias_record.ts";
import { RenewingStore } from "../../src/core/renewing_store.ts";
import type { SessionStore } from "../../src/store.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { intercept } from "../../src/testing/intercept.ts";

type Any = Record<string, unknown>;
const jsonOf = (data: object) => JSON.stringify({ cookie: { originalMaxAge: null }, ...data });
const record = (data: object) => ({ json: jsonOf(data), expires: null, subject: "ada" });
const dataIn = (json: string | undefined) => {
  if (json === undefined) return undefined;
  const { cookie: _, ...data } = JSON.parse(json);
  return data;
};

/** A process with a connection of its own: each of its store calls waits for its turn. */
class Process {
  readonly store: RenewingStore;
  #waiting: (() => void)[] = [];
  /** Its work is done. */
  isDone = false;

  constructor(shared: SessionStore, clock: { now(): number; after(): () => void }) {
    const gated = intercept(shared, async (_call, proceed) => {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      return await proceed();
    });
    this.store = RenewingStore.of(gated)(clock);
  }

  get canStep(): boolean {
    return this.#waiting.length > 0;
  }

  /** Lets one call through, and waits until the next one comes, or all is done. */
  async step(): Promise<void> {
    this.#waiting.shift()!();
    await this.settle();
  }

  async settle(): Promise<void> {
    while (!this.canStep && !this.isDone) await new Promise(setImmediate);
  }

  async run<T>(act: (store: RenewingStore) => Promise<T>): Promise<T> {
    try {
      return await act(this.store);
    } finally {
      this.isDone = true;
    }
  }
}

type Act = (store: RenewingStore) => Promise<unknown>;

/** Runs two acts in every order of their store calls, and looks at what is left each time. */
async function inEveryOrder(
  one: Act,
  other: Act,
  look: (left: Left) => void,
  before: Act = async () => {},
): Promise<number> {
  let runs = 0;
  const orders: boolean[][] = [[]];
  for (let order = orders.pop(); order !== undefined; order = orders.pop()) {
    const shared = memoryStore({ sweepInterval: 0 });
    const clock = { now: () => Date.now(), after: () => () => {} };
    shared.create("old", record({ n: 1 }));
    await before(RenewingStore.of(shared)(clock));
    const [first, second] = [new Process(shared, clock), new Process(shared, clock)];
    const results = [first.run(one), second.run(other)] as const;
    const taken: boolean[] = [];
    await first.settle();
    await second.settle();
    while (!first.isDone || !second.isDone) {
      const mayChoose = first.canStep && second.canStep;
      const isFirst = mayChoose ? order[taken.length] ?? true : first.canStep;
      if (mayChoose) {
        if (order[taken.length] === undefined) orders.push([...taken, false]);
        taken.push(isFirst);
      }
      await (isFirst ? first : second).step();
    }
    const [a, b] = await Promise.all(results);
    const live = RenewingStore.of(shared)(clock);
    const [byOld, byNew] = [await live.read("old"), await live.read("new")];
    look({
      results: [a, b],
      byOld: dataIn(byOld?.json),
      byNew: dataIn(byNew?.json),
      listed: shared.list("ada"),
    });
    runs++;
  }
  return runs;
}

interface Left {
  readonly results: readonly [unknown, unknown];
  readonly byOld: unknown;
  readonly byNew: unknown;
  readonly listed: readonly string[];
}

/** As the core does it: whoever loses a round goes on from what stands there. */
async function change(store: RenewingStore, edit: object, to?: string): Promise<string> {
  let found = await store.read("old");
  for (;;) {
    if (found === undefined) return "gone";
    const next = record({ ...dataIn(found.json), ...edit });
    const result = to === undefined
      ? await store.commit("old", next, found.version)
      : await store.renew("old", to, next, found.version);
    if (result.status !== "conflict") return result.status;
    found = result.current as typeof found;
  }
}

const renew: Act = (store) => change(store, { renewed: 1 }, "new");

describe("while one process replaces an id, in every order,", () => {
  test("a change of another is kept, by either id", async () => {
    const runs = await inEveryOrder(renew, (store) => change(store, { other: 1 }), (left) => {
      expect(left.results).toEqual(["committed", "committed"]);
      expect(left.byOld).toEqual({ n: 1, renewed: 1, other: 1 });
      expect(left.byNew).toEqual(left.byOld);
      expect(left.listed).toEqual(["new"]);
    });
    expect(runs).toBeGreaterThan(5);
  });

  test("a logout of another by the old id ends the session, whoever is first", async () => {
    const runs = await inEveryOrder(renew, (store) => store.destroy("old"), (left) => {
      expect([left.byOld, left.byNew, left.listed]).toEqual([undefined, undefined, []]);
    });
    expect(runs).toBeGreaterThan(10);
  });

  test("an end of all of a subject's sessions ends it", async () => {
    const revoke: Act = async (store) => await store.destroyAll!("ada");
    const runs = await inEveryOrder(renew, revoke, ({ byOld, byNew, listed }) => {
      expect([byOld, byNew, listed]).toEqual([undefined, undefined, []]);
    });
    expect(runs).toBeGreaterThan(2);
  });

  test("another that replaces it too leaves one session with both changes", async () => {
    const again: Act = (store) => change(store, { again: 1 }, "newer");
    await inEveryOrder(renew, again, ({ byOld, listed }) => {
      expect(byOld).toEqual({ n: 1, renewed: 1, again: 1 });
      expect(listed).toHaveLength(1);
    });
  });

  test("a login of another leaves neither the old id nor the new one", async () => {
    const login: Act = async (store) => {
      let found = await store.read("old");
      for (;;) {
        const next = record({ ...dataIn(found!.json), login: 1 });
        const result = await store.rotate("old", "login", next, found!.version);
        if (result.status !== "conflict") return result.status;
        found = result.current as typeof found;
      }
    };
    await inEveryOrder(renew, login, ({ results, byOld, byNew, listed }) => {
      expect(results[1]).toBe("committed");
      expect([byOld, byNew, listed]).toEqual([undefined, undefined, ["login"]]);
    });
  });
});

describe("while one process moves a session whose id was replaced, in every order,", () => {
  test("a logout of another by the old id ends it, or says that it found none there", async () => {
    let moved = 0;
    const move: Act = async (store) => {
      const found = await store.read("old");
      if (found === undefined) return "gone";
      return (await store.rotate("old", "moved", record({ n: 2 }), found.version)).status;
    };
    const logout: Act = (store) => store.destroy("old");
    const runs = await inEveryOrder(move, logout, ({ results, byOld, byNew, listed }) => {
      expect([byOld, byNew]).toEqual([undefined, undefined]);
      const [status, wasThere] = results;
      expect(listed).toEqual(status === "committed" ? ["moved"] : []);
      // Whoever logs out is to look for it elsewhere.
      if (status === "committed") expect(wasThere).toBe(false);
      moved += Number(status === "committed");
    }, renew);
    expect([runs > 10, moved > 2]).toEqual([true, true]);
  });
});

describe("an alias", () => {
  const made = async () => {
    let now = Date.now();
    const store = memoryStore({ sweepInterval: 0 });
    const clock = { now: () => now, after: () => () => {} };
    store.create("old", record({ n: 1 }));
    const renewing = RenewingStore.of(store)(clock);
    await change(renewing, {}, "new");
    return { store, renewing, later: (ms: number) => void (now += ms) };
  };

  test("says nothing any more when its time is over, even where its record was extended", async () => {
    const { renewing, store, later } = await made();
    expect(await renewing.touch("old", Date.now() + 10 * GRACE)).toBe(true);
    later(GRACE - 1);
    expect(dataIn((await renewing.read("old"))?.json)).toEqual({ n: 1 });
    later(1);
    expect(await renewing.read("old")).toBe(undefined);
    expect(store.read("old")).toBeDefined();
  });

  test("is not replaced by a store whose touch() puts the whole session", async () => {
    const memory = memoryStore({ sweepInterval: 0 });
    const putting = Object.assign(intercept(memory, (_call, proceed) => proceed()), {
      atomic: false,
      touch: (id: string, expires: number | null, session?: object) => {
        memory.destroy(id);
        return memory.create(id, { json: JSON.stringify(session), expires });
      },
    });
    memory.create("old", record({ n: 1 }));
    const renewing = RenewingStore.of(putting)({ now: () => Date.now(), after: () => () => {} });
    await change(renewing, {}, "new");
    const seen = { cookie: { originalMaxAge: null }, n: 1 };
    expect(await renewing.touch("old", null, seen)).toBe(true);
    await renewing.destroy("new");
    expect(await renewing.read("old")).toBe(undefined);
    expect(await renewing.touch("old", null, seen)).toBe(false);
    expect(await renewing.read("old")).toBe(undefined);
  });

  test("is read by nobody who has another id", async () => {
    const { renewing, store } = await made();
    const { json } = store.read("old")!;
    expect(json).not.toContain("new");
    store.create("stolen", { json, expires: null });
    expect(await renewing.read("stolen")).toBe(undefined);
  });

  test("leads nowhere, and throws nothing, where its text was damaged", async () => {
    for (const moved of ["", "x", "%", "a".repeat(100), 7, null]) {
      const store = memoryStore({ sweepInterval: 0 });
      const renewing = RenewingStore.of(store)({ now: () => 0, after: () => () => {} });
      store.create("id", {
        json: jsonOf({ $websession: { alias: { moved, until: 1 } } }),
        expires: null,
      });
      expect(await renewing.read("id")).toBe(undefined);
    }
  });

  test("of what the application calls an alias there is none", async () => {
    const store = memoryStore({ sweepInterval: 0 });
    const renewing = RenewingStore.of(store)({ now: () => 0, after: () => () => {} });
    const data = { alias: { until: 0 }, $websession: { alias: { until: "soon" } } };
    store.create("id", { json: jsonOf(data), expires: null });
    expect(dataIn((await renewing.read("id"))?.json)).toEqual(data);
  });

  test.each(["before", "after"])(
    "that fails %s it took effect leaves one session",
    async (when) => {
      const store = memoryStore({ sweepInterval: 0 });
      store.create("old", record({ n: 1 }));
      const failing = intercept(store, async ({ verb }, proceed) => {
        if (verb !== "commit") return await proceed();
        if (when === "after") await proceed();
        throw new Error("planned");
      });
      const renewing = RenewingStore.of(failing)({ now: () => Date.now(), after: () => () => {} });
      const outcome = await change(renewing, {}, "new").catch((error) => (error as Any).code);
      expect(outcome).toBe(when === "after" ? "committed" : "STORE_FAILED");
      expect(store.list("ada")).toEqual([when === "after" ? "new" : "old"]);
      expect(dataIn((await renewing.read("old"))?.json)).toEqual({ n: 1 });
    },
  );

  test("of a store that fails tells no id", async () => {
    const store = memoryStore({ sweepInterval: 0 });
    store.create("old", record({}));
    const failing = intercept(store, ({ verb, args: [id] }, proceed) => {
      if (verb === "create") throw new Error(`cannot create ${id}`);
      return proceed();
    });
    const renewing = RenewingStore.of(failing)({ now: () => Date.now(), after: () => () => {} });
    const failed = change(renewing, {}, "new-id");
    await expect(failed).rejects.toMatchObject({ code: "STORE_FAILED" });
    await expect(failed).rejects.toSatisfy((error: Error) => {
      return !`${error.message}${(error.cause as Error).message}`.includes("new-id");
    });
    expect(dataIn((await renewing.read("old"))?.json)).toEqual({});
  });
});
