/** Changes that wait for the same turn are stored together, and each has an outcome of its own. */
import { describe, expect, test } from "vitest";
import { setLifetime } from "../../src/cookie/lifetime.ts";
import type { CommitResult, SessionRecord } from "../../src/store.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { makeManager } from "./manager_support.ts";

/** A memory store that is elsewhere: commits wait until they are let through. */
function distant() {
  const memory = memoryStore({ sweepInterval: 0 });
  const { commit } = memory;
  const waiting: (() => void)[] = [];
  let commits = 0;
  let failure: Error | undefined;
  memory.commit = ((id: string, record: SessionRecord, version: unknown) => {
    commits++;
    // Written now: what the session holds later is another commit's.
    const { json, expires, subject } = record;
    return new Promise<CommitResult>((resolve, reject) => {
      waiting.push(() => {
        if (failure !== undefined) reject(failure);
        else resolve(commit.call(memory, id, { json, expires, subject }, version));
      });
    });
  }) as never;
  return {
    memory,
    get commits() {
      return commits;
    },
    fail: (error: Error) => void (failure = error),
    /** Lets the commits through, one after the other, until none waits. */
    async letThrough() {
      for (let idle = 0; idle < 20;) {
        await new Promise(setImmediate);
        const next = waiting.shift();
        if (next === undefined) idle++;
        else {
          idle = 0;
          next();
        }
      }
    },
    commitDirectly: commit.bind(memory),
  };
}

/** So many requests of one session, open at once. */
async function requests(count: number, settings = {}) {
  const store = distant();
  const world = makeManager({ store: store.memory, ...settings }, store.memory);
  await world.begin("id", { base: true }).save();
  const visits = [];
  for (let number = 0; number < count; number++) visits.push(await world.open("id"));
  return { store, world, visits };
}

const settled = (saved: Promise<unknown>[]) => Promise.allSettled(saved);

describe("parallel changes of one session", () => {
  test("a burst of 100 is two commits: the first, and all that waited for it", async () => {
    const { store, world, visits } = await requests(100, { maxBytes: 100_000 });
    const saved = visits.map((visit, number) => {
      visit.session[`key${number}`] = number;
      return visit.save();
    });
    await store.letThrough();
    expect((await settled(saved)).map(({ status }) => status)).toEqual(
      Array(100).fill("fulfilled"),
    );
    expect(Object.keys(world.stored("id")!)).toHaveLength(101);
    // The first is refused once: what it loaded was older than what was stored by nobody else.
    expect(store.commits).toBeLessThanOrEqual(3);
  });

  test("each session follows what was stored, the others' changes included", async () => {
    const { store, visits } = await requests(4);
    const saved = visits.map((visit, number) => {
      visit.session[`key${number}`] = number;
      return visit.save();
    });
    await store.letThrough();
    await Promise.all(saved);
    for (const { session } of visits.slice(1)) {
      expect({ ...session, cookie: undefined }).toEqual({
        base: true,
        key0: 0,
        key1: 1,
        key2: 2,
        key3: 3,
        cookie: undefined,
      });
    }
  });

  test("the same key goes to the one who came last", async () => {
    const { store, world, visits } = await requests(5);
    const saved = visits.map((visit, number) => {
      visit.session["n"] = number;
      return visit.save();
    });
    await store.letThrough();
    await Promise.all(saved);
    expect(world.stored("id")).toEqual({ base: true, n: 4 });
  });

  test("one that would make the session too large fails alone", async () => {
    const { store, world, visits } = await requests(4);
    const saved = visits.map((visit, number) => {
      visit.session[`key${number}`] = number === 2 ? "x".repeat(2000) : number;
      return visit.save();
    });
    const outcomes = settled(saved);
    await store.letThrough();
    expect((await outcomes).map(({ status }) => status))
      .toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect(world.stored("id")).toEqual({ base: true, key0: 0, key1: 1, key3: 3 });
  });

  test("where the store fails, all are told, and nothing of theirs is stored", async () => {
    const { store, world, visits } = await requests(3);
    const saved = visits.map((visit, number) => {
      visit.session[`key${number}`] = number;
      return visit.save();
    });
    store.fail(new Error("no disk"));
    const outcomes = settled(saved);
    await store.letThrough();
    expect((await outcomes).map(({ status }) => status)).toEqual(Array(3).fill("rejected"));
    expect(world.stored("id")).toEqual({ base: true });
  });

  test("where the session has ended, all are told that it is gone", async () => {
    const { store, world, visits } = await requests(3);
    const saved = visits.map((visit, number) => {
      visit.session[`key${number}`] = number;
      return visit.save();
    });
    store.memory.destroy("id");
    const outcomes = settled(saved);
    await store.letThrough();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "SESSION_GONE" } });
    }
    expect(world.stored("id")).toBeUndefined();
  });

  test("one whose own request ended the session takes nobody else with it", async () => {
    const { store, visits } = await requests(3);
    const saved = visits.map((visit, number) => {
      visit.session[`key${number}`] = number;
      return visit.save();
    });
    // Known to that request alone.
    visits[1]!.state.markGone("id");
    const outcomes = settled(saved);
    await store.letThrough();
    expect((await outcomes).map(({ status }) => status))
      .toEqual(["fulfilled", "rejected", "fulfilled"]);
  });

  test("what another process stores in between is kept, and all are laid on it", async () => {
    const { store, world, visits } = await requests(3);
    const saved = visits.map((visit, number) => {
      visit.session[`key${number}`] = number;
      return visit.save();
    });
    const { version } = store.memory.read("id")!;
    store.commitDirectly("id", {
      json: '{"cookie":{"originalMaxAge":null},"base":true,"theirs":1}',
      expires: null,
    }, version);
    await store.letThrough();
    await Promise.all(saved);
    expect(world.stored("id")).toEqual({ base: true, theirs: 1, key0: 0, key1: 1, key2: 2 });
  });

  test("a lifetime one of them has set is the session's, whoever came last", async () => {
    const { store, visits } = await requests(3);
    const month = 30 * 24 * 60 * 60 * 1000;
    const saved = visits.map((visit, number) => {
      visit.session[`key${number}`] = number;
      if (number === 1) {
        setLifetime(visit.session["cookie"] as never, { originalMaxAge: month, expires: null });
      }
      return visit.save();
    });
    await store.letThrough();
    await Promise.all(saved);
    const { cookie } = JSON.parse(store.memory.read("id")!.json);
    expect(cookie.originalMaxAge).toBe(month);
  });
});
