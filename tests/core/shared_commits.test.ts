/** Changes that wait for the same turn are stored together, and each has an outcome of its own. */
import { describe, expect, test } from "vitest";
import { setLifetime } from "../../src/cookie/lifetime.ts";
import type { CommitResult, SessionRecord } from "../../src/store.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { rotate } from "../../src/core/session_operations.ts";
import { WriterQueue } from "../../src/core/writer_queue.ts";
import type { SessionStore } from "../../src/store.ts";
import { handClock, makeManager, noPause, type Visit } from "./manager_support.ts";

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
  // A rotation of the memory store is a commit and more, in one step.
  const { rotate } = memory;
  const distantCommit = memory.commit;
  memory.rotate = (...args) => {
    memory.commit = commit;
    try {
      return rotate.apply(memory, args);
    } finally {
      memory.commit = distantCommit;
    }
  };
  return {
    memory,
    get commits() {
      return commits;
    },
    fail: (error: Error) => void (failure = error),
    /** Lets one commit through. */
    async letOne() {
      while (waiting.length === 0) await new Promise(setImmediate);
      waiting.shift()!();
    },
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

/** A verb that waits until it is let through. */
function held<Verb extends keyof SessionStore>(store: SessionStore, name: Verb) {
  let go!: () => void;
  const gone = new Promise<void>((resolve) => go = resolve);
  const verb = store[name] as (...args: unknown[]) => unknown;
  Object.assign(store, {
    [name]: async (...args: unknown[]) => {
      await gone;
      return verb.apply(store, args);
    },
  });
  return go;
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

const MONTH = 30 * 24 * 60 * 60 * 1000;
const endless = (lifetime: object) => ({ originalMaxAge: null, expires: null, ...lifetime });
const cookieIn = ({ memory }: ReturnType<typeof distant>) =>
  JSON.parse(memory.read("id")!.json).cookie;

/** Each of some requests stores a key of its own; before that, some do more. */
function saveAll(
  visits: readonly Visit[],
  more: Readonly<Record<number, (visit: Visit) => void>> = {},
) {
  return visits.map((visit, number) => {
    visit.session[`key${number}`] = number;
    more[number]?.(visit);
    return visit.save();
  });
}

test("what one request changes in two calls is stored in their order, nothing of it together", async () => {
  const { store, world, visits } = await requests(3);
  const [first, twice, other] = visits as [Visit, Visit, Visit];
  const saved = [first.save()];
  for (const visit of [twice, other]) {
    visit.session["n"] = 1;
    saved.push(visit.save());
    delete visit.session["n"];
    visit.session["m"] = 2;
    saved.push(visit.save());
  }
  await store.letThrough();
  await Promise.all(saved);
  expect(world.stored("id")).toEqual({ base: true, m: 2 });
});

describe("the cookie of changes that are stored together", () => {
  const setPath = (path: string) => ({ session }: Visit) => {
    (session["cookie"] as { path: string }).path = path;
  };
  const setMonth = ({ session }: Visit) =>
    setLifetime(session["cookie"] as never, { originalMaxAge: MONTH, expires: null });

  test("has the attributes one of them has set, whoever came last", async () => {
    const { store, visits } = await requests(4);
    const saved = saveAll(visits, { 1: setPath("/one"), 2: setPath("/two") });
    await store.letThrough();
    await Promise.all(saved);
    expect(cookieIn(store)).toMatchObject({ path: "/two" });
  });

  test("has the lifetime of one and the attributes of another", async () => {
    const { store, visits } = await requests(4);
    const saved = saveAll(visits, { 1: setMonth, 2: setPath("/two") });
    await store.letThrough();
    await Promise.all(saved);
    expect(cookieIn(store)).toMatchObject({ path: "/two", originalMaxAge: MONTH });
  });

  test("has the lifetime another process has given the session meanwhile, where none of them set one", async () => {
    const { store, visits } = await requests(4);
    const saved = saveAll(visits, { 2: setPath("/two") });
    const { version } = store.memory.read("id")!;
    const expires = Date.now() + MONTH;
    const cookie = endless({ originalMaxAge: MONTH, expires: new Date(expires) });
    const json = JSON.stringify({ cookie, base: true });
    store.commitDirectly("id", { json, expires }, version);
    await store.letThrough();
    await Promise.all(saved);
    expect(cookieIn(store)).toMatchObject({ path: "/two", originalMaxAge: MONTH });
    for (const { session } of visits) {
      expect(session["cookie"]).toMatchObject({ originalMaxAge: MONTH });
    }
  });

  test("is edited no more once it is stored", async () => {
    const { store, visits } = await requests(3);
    const saved = saveAll(visits, { 1: setPath("/"), 2: setPath("/") });
    await store.letThrough();
    await Promise.all(saved);
    for (const { state, session } of visits) expect(state.cookieEdited(session)).toBe(false);
  });
});

describe("beside another process", () => {
  test("a round that is lost is played again, on what stands there now", async () => {
    const { store, world, visits } = await requests(4);
    const saved = saveAll(visits);
    // The first goes alone; the others, together, are too late.
    await store.letOne();
    await saved[0];
    for (let rivals = 0; rivals < 2; rivals++) {
      const { version, json } = store.memory.read("id")!;
      const rival = JSON.stringify({ ...JSON.parse(json), [`rival${rivals}`]: true });
      store.commitDirectly("id", { json: rival, expires: null }, version);
      await store.letOne();
    }
    await store.letThrough();
    await Promise.all(saved);
    expect(Object.keys(world.stored("id")!).toSorted()).toEqual(
      ["base", "key0", "key1", "key2", "key3", "rival0", "rival1"],
    );
    for (const { session } of visits.slice(1)) expect(session).toHaveProperty("rival1", true);
  });

  test("a session that has ended meanwhile is gone for all", async () => {
    const { store, visits } = await requests(3);
    const saved = saveAll(visits);
    const outcomes = settled(saved.slice(1));
    await store.letOne();
    await saved[0];
    store.memory.destroy("id");
    await store.letThrough();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "SESSION_GONE" } });
    }
    for (const { state } of visits.slice(1)) expect(state.isGone("id")).toBe(true);
  });

  test("whoever always loses is told so", async () => {
    const memory = memoryStore({ sweepInterval: 0 });
    const world = makeManager({ store: memory, clock: noPause }, memory);
    await world.begin("id", { base: true }).save();
    const visits = await Promise.all([1, 2, 3].map(() => world.open("id")));
    let rounds = 0;
    memory.commit = (async (id: string) => {
      rounds++;
      await Promise.resolve();
      return { status: "conflict", current: memory.read(id)! };
    }) as never;
    for (const outcome of await settled(saveAll(visits))) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "SESSION_CONFLICT" } });
    }
    // The first alone, and the others together.
    expect(rounds).toBe(2_000);
  });

  test.each<[string, boolean, number]>([
    ["knows what they have stored", true, 0],
    ["asks where the store does not tell the mark", false, 1],
  ])("whoever has the next turn %s", async (_rule, tells, expected) => {
    const { store, world, visits } = await requests(4);
    const { commit, read } = store.memory;
    let reads = 0;
    store.memory.read = (id) => (reads++, read.call(store.memory, id));
    store.memory.commit = (async (...args: Parameters<typeof commit>) => {
      const outcome = await commit.apply(store.memory, args);
      return tells || outcome.status !== "committed" ? outcome : { status: "committed" };
    }) as never;
    const next = visits.pop()!;
    const saved = saveAll(visits);
    let seen: unknown;
    const updated = next.update((data) => void (seen = { ...data, mine: data["mine"] = 1 }));
    await store.letThrough();
    await Promise.all([...saved, updated]);
    expect([reads, seen]).toEqual([
      expected,
      { base: true, key0: 0, key1: 1, key2: 2, mine: 1 },
    ]);
    expect(world.stored("id")).toMatchObject({ key0: 0, key1: 1, key2: 2, mine: 1 });
  });
});

describe("one whose session is not there any more when the turn comes", () => {
  /** Rejections nobody has listened to in time. */
  async function unheard(act: () => Promise<void>): Promise<unknown[]> {
    const heard: unknown[] = [];
    const listen = (error: unknown) => void heard.push(error);
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection").on("unhandledRejection", listen);
    try {
      await act();
      await new Promise(setImmediate);
    } finally {
      process.removeListener("unhandledRejection", listen);
      for (const other of others) process.on("unhandledRejection", other);
    }
    return heard;
  }

  test("is told so, be it the first of them, and nothing is left unheard", async () => {
    const { store, visits } = await requests(4);
    let outcomes!: PromiseSettledResult<unknown>[];
    const left = await unheard(async () => {
      const saved = settled(saveAll(visits));
      // Known to that request alone; the first of those that go together.
      visits[1]!.state.markGone("id");
      await store.letThrough();
      outcomes = await saved;
    });
    expect(outcomes.map(({ status }) => status))
      .toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
    expect(outcomes[1]).toMatchObject({ reason: { code: "SESSION_GONE" } });
    expect(left).toEqual([]);
  });

  test("is told so, be it all of them", async () => {
    const { store, visits } = await requests(3);
    const saved = settled(saveAll(visits));
    for (const { state } of visits.slice(1)) state.markGone("id");
    await store.letThrough();
    const [first, ...others] = await saved;
    expect(first).toMatchObject({ status: "fulfilled" });
    for (const outcome of others) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "SESSION_GONE" } });
    }
  });

  test("and has begun anew instead, is told so, and has nothing of the others'", async () => {
    const { store, visits } = await requests(4);
    const saved = settled(saveAll(visits));
    visits[2]!.state.forgetStored();
    await store.letThrough();
    expect((await saved).map(({ status }) => status))
      .toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect(visits[2]!.state.storedId).toBeUndefined();
    expect(visits[2]!.session).not.toHaveProperty("key3");
  });

  test("but under the id its own request has moved it to, is stored there", async () => {
    const { store, world, visits } = await requests(4);
    const [first, moving, leader, alone] = visits as [Visit, Visit, Visit, Visit];
    const saved = [first.save()];
    first.session["key0"] = 0;
    const moved = rotate(moving, true);
    leader.session["key2"] = 2;
    saved.push(leader.save());
    moving.session["key1"] = 1;
    saved.push(moving.save());
    alone.session["key3"] = 3;
    saved.push(alone.save());
    const outcomes = settled(saved);
    await store.letThrough();
    await moved;
    expect((await outcomes).map(({ status }) => status))
      .toEqual(["fulfilled", "rejected", "fulfilled", "rejected"]);
    expect([world.stored("id"), world.stored("drawn")])
      .toEqual([undefined, { base: true, key1: 1 }]);
  });

  test("likewise where it has the turn for itself", async () => {
    const { store, world, visits } = await requests(1);
    const [visit] = visits as [Visit];
    const go = held(store.memory, "rotate");
    const moved = rotate(visit, true);
    visit.session["key0"] = 0;
    const saved = visit.save();
    go();
    await store.letThrough();
    await Promise.all([moved, saved]);
    expect([world.stored("id"), world.stored("drawn")])
      .toEqual([undefined, { base: true, key0: 0 }]);
  });
});

describe("one that cannot be stored", () => {
  const tooMuch = ({ session }: Visit) => void (session["big"] = "x".repeat(2_000));

  test("fails alone, be it all of them", async () => {
    const { store, world, visits } = await requests(3);
    const saved = settled(saveAll(visits, { 1: tooMuch, 2: tooMuch }));
    await store.letThrough();
    const [first, ...others] = await saved;
    expect(first).toMatchObject({ status: "fulfilled" });
    for (const outcome of others) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "SESSION_TOO_LARGE" } });
    }
    expect(world.stored("id")).toEqual({ base: true, key0: 0 });
  });

  test("goes on from where it was: what the others have stored is none of its", async () => {
    const { store, visits } = await requests(4);
    const saved = settled(saveAll(visits, { 2: tooMuch }));
    await store.letThrough();
    await saved;
    const { session, state } = visits[2]!;
    expect([session, state.baseText]).toEqual([
      expect.not.objectContaining({ key3: 3 }),
      '{"base":true}',
    ]);
  });
});

describe("one that rides with a request that may be gone", () => {
  /** A session whose first writer holds the line until it is told to end. */
  async function behind(names: readonly string[]) {
    const clock = handClock();
    const world = makeManager({ clock, ioTimeout: 1_000 });
    const { store } = world;
    await world.begin("id", { n: 0 }).save();
    const queue = WriterQueue.of(store);
    let end!: () => void;
    const ended = new Promise<void>((resolve) => end = resolve);
    queue.take("id", () => ended, { ioTimeout: 1_000, clock });
    const visits: Record<string, Visit> = {};
    for (const name of names) visits[name] = await world.open("id");
    const { commit } = store;
    let commits = 0;
    store.commit = (...args) => (commits++, commit.apply(store, args));
    const save = (name: string, value: unknown = 1) => {
      visits[name]!.session[name] = value;
      const saved = visits[name]!.save();
      saved.catch(() => {});
      return saved;
    };
    return { ...world, clock, end, save, visits, commits: () => commits };
  }
  const turn = () => new Promise(setImmediate);

  test("waits for a commit under way: nothing is stored twice", async () => {
    const { clock, save, store, stored, end, commits } = await behind(["a", "b"]);
    const go = held(store, "commit");
    const saved = [save("a"), save("b")];
    await turn();
    clock.pass(900);
    end();
    await turn();
    // Longer than a store may take since it came, and not since it was asked.
    clock.pass(900);
    await turn();
    go();
    await Promise.all(saved);
    expect([stored("id"), commits()]).toEqual([{ n: 0, a: 1, b: 1 }, 1]);
    expect(clock.waiting).toBe(0);
  });

  test("leaves one that is not heard of any more after its turn began", async () => {
    const { clock, save, store, stored, end } = await behind(["a", "b"]);
    const { commit } = store;
    let calls = 0;
    store.commit = (...args) =>
      calls++ === 0 ? new Promise(() => {}) as never : commit.apply(store, args);
    save("a");
    const last = save("b");
    await turn();
    // That request is gone with all its timers.
    const { after } = clock;
    clock.after = () => () => {};
    end();
    await turn();
    clock.after = after;
    for (let looks = 0; looks < 3; looks++) {
      clock.pass(1_000);
      await turn();
    }
    await last;
    expect(stored("id")).toEqual({ n: 0, b: 1 });
  });

  test("is stored once: one that comes back has nothing of it any more", async () => {
    const { clock, save, stored, end, open } = await behind(["a", "b", "c"]);
    const first = save("a");
    clock.pass(500);
    const [b, c] = [save("b", "early"), save("c", "early")];
    await turn();
    for (let looks = 0; looks < 2; looks++) {
      clock.pass(1_000);
      await turn();
    }
    await Promise.all([b, c]);
    const later = await open("id");
    later.session["b"] = later.session["c"] = "late";
    await later.save();
    end();
    await turn();
    clock.pass(1_000);
    await first;
    expect(stored("id")).toEqual({ n: 0, a: 1, b: "late", c: "late" });
  });

  test("whoever comes after it waits for nobody", async () => {
    const { clock, save, stored } = await behind(["a", "b", "c"]);
    const { after } = clock;
    // The request of the one it rides with has no timers any more.
    clock.after = () => () => {};
    save("a");
    clock.after = after;
    const b = save("b");
    await turn();
    for (let looks = 0; looks < 2; looks++) {
      clock.pass(1_000);
      await turn();
    }
    await b;
    await save("c");
    expect([stored("id"), clock.waiting]).toEqual([{ n: 0, a: 1, b: 1, c: 1 }, 0]);
  });
});
