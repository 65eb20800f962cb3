/** The five invariants, as whoever uses the manager sees them. */
import { describe, expect, test } from "vitest";
import { NO_LIMITS } from "../../src/core/lifecycle.ts";
import { rotate } from "../../src/core/session_operations.ts";
import { SessionState } from "../../src/core/session_state.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { Snapshot } from "../../src/core/snapshot.ts";
import { handClock, makeManager } from "./manager_support.ts";

const GONE = { code: "SESSION_GONE" };

test("I1 only a new session makes a record: what was destroyed is not saved again", async () => {
  const { begin, open, manager, stored, heard } = makeManager();
  await begin("id", { a: 1 }).save();
  const slow = await open("id");
  await manager.destroy(undefined, "id");
  slow.session["late"] = true;
  await expect(slow.save()).rejects.toMatchObject(GONE);
  expect(stored("id")).toBeUndefined();
  expect(heard).toEqual(["created", "destroyed"]);
});

test("S47 from destroy() on the request stores nothing, though the store has not answered yet", async () => {
  const { begin, open, manager, store, stored } = makeManager();
  await begin("id", { a: 1 }).save();
  const visit = await open("id");
  store.destroy = () => new Promise<void>(() => {}) as never;
  void manager.destroy(visit.state, "id");
  visit.session["late"] = true;
  await expect(visit.save()).rejects.toMatchObject(GONE);
  expect(stored("id")).toEqual({ a: 1 });
});

test("I2 a rotation is not undone by a slower request", async () => {
  const { begin, open, stored } = makeManager();
  await begin("old", { a: 1 }).save();
  const [login, slow] = [await open("old"), await open("old")];
  await rotate({ ...login, drawId: () => "new" }, true);
  slow.session["late"] = true;
  await expect(slow.save()).rejects.toMatchObject(GONE);
  expect([stored("old"), stored("new")]).toEqual([undefined, { a: 1 }]);
});

test("I3 I4 S65 different keys all survive, and the same key is the later writer's", async () => {
  const { begin, open, stored } = makeManager();
  await begin("id", { a: 0, shared: 0 }).save();
  const [one, other] = [await open("id"), await open("id")];
  Object.assign(one.session, { one: 1, shared: "first" });
  Object.assign(other.session, { other: 2, shared: "second" });
  await one.save();
  await other.save();
  expect(stored("id")).toEqual({ a: 0, one: 1, other: 2, shared: "second" });
});

test("S67 updates of parallel requests are all counted", async () => {
  const { begin, open, manager, stored } = makeManager();
  await begin("id", { n: 0 }).save();
  const visits = await Promise.all([1, 2, 3, 4].map(() => open("id")));
  for (const { state, session } of visits) {
    await manager.update(state, session, (data) => void (data["n"] = data["n"] as number + 1));
  }
  expect(stored("id")).toEqual({ n: 4 });
});

test("S61 more data than maxBytes never reach the store", async () => {
  const { begin, store } = makeManager({ maxBytes: 100 });
  await expect(begin("id", { a: "ü".repeat(60) }).save()).rejects.toMatchObject({
    code: "SESSION_TOO_LARGE",
  });
  expect(store.length()).toBe(0);
});

test("S03 an id that exists is not taken over: another one is drawn", async () => {
  const ids = ["taken", "free"];
  const { begin, stored } = makeManager({
    renewId: (session) => void (session["id"] = ids.pop()),
  });
  await begin("taken", { owner: "somebody" }).save();
  await begin("taken", { owner: "visitor" }).save();
  expect(stored("taken")).toEqual({ owner: "somebody" });
  expect(stored("free")).toEqual({ owner: "visitor" });
});

test("a record that is none is a stranger's visit", async () => {
  const { manager, store } = makeManager();
  store.create("broken", { json: "no session", expires: null });
  expect([await manager.load("broken"), await manager.load("unknown")]).toEqual([
    undefined,
    undefined,
  ]);
});

test("a touch moves the end and stores no data", async () => {
  const { begin, open, manager, store, stored } = makeManager();
  await begin("id", { a: 1 }).save();
  const { state, session } = await open("id");
  const end = new Date(Date.now() + 60_000);
  Object.assign(session, { a: 2 });
  (session["cookie"] as { _expires: Date })._expires = end;
  await manager.touch(state, session, () => state.contentOf(session));
  expect(stored("id")).toEqual({ a: 1 });
  expect(store.read("id")?.expires).toBe(end.getTime());
});

test("a request that has ended its session asks nothing more of the store", async () => {
  const { begin, open, manager, store } = makeManager();
  await begin("id", { a: 1 }).save();
  const { state, session } = await open("id");
  state.markGone("id");
  store.touch = store.rotate = store.commit = () => expect.unreachable();
  await manager.touch(state, session, () => state.contentOf(session));
  const held = new Snapshot("{}", "{}");
  const change = { state, session, held, onto: (text: string) => text, to: "new" };
  expect(() => manager.rotate(change)).toThrow(expect.objectContaining(GONE));
  expect(() => manager.update(state, session, () => {})).toThrow(expect.objectContaining(GONE));
  expect(() => manager.save(state, session, held)).toThrow(expect.objectContaining(GONE));
});

test("an end that the read has moved is not moved again", async () => {
  const { begin, open, manager, store } = makeManager();
  await begin("id", { a: 1 }).save();
  const { state, session } = await open("id");
  state.touchedInStore = true;
  store.touch = () => expect.unreachable();
  await manager.touch(state, session, () => state.contentOf(session));
});

test("a touch of an edited cookie stores it, where the store is no application's own", async () => {
  for (const touchKeepsCookie of [false, true]) {
    const { begin, open, manager, store } = makeManager({ touchKeepsCookie });
    await begin("id", { a: 1 }).save();
    const { state, session } = await open("id");
    const asked: string[] = [];
    const { touch, commit } = store;
    store.touch = (...args) => (asked.push("touch"), touch.apply(store, args));
    store.commit = (...args) => (asked.push("commit"), commit.apply(store, args));
    (session["cookie"] as { path: string }).path = "/admin";
    await manager.touch(state, session, () => state.contentOf(session));
    expect(asked).toEqual([touchKeepsCookie ? "touch" : "commit"]);
    const path = JSON.parse(store.read("id")!.json).cookie.path;
    expect(path).toBe(touchKeepsCookie ? "/" : "/admin");
  }
});

describe("when a session that is visited now ends", () => {
  const clock = { now: () => 1_000_000, after: () => () => {} };
  const rules = { ...NO_LIMITS, idleTimeout: 60_000 };

  test("is its cookie's end, or an earlier one by a limit", () => {
    const cookie = { originalMaxAge: 5_000, expires: new Date(1_005_000) };
    const { manager } = makeManager({ clock, rules });
    expect(manager.endOf(new SessionState(), { cookie })).toBe(1_005_000);
    expect(manager.endOf(new SessionState(), { cookie: {} })).toBe(1_060_000);
    const { manager: endless } = makeManager({ clock });
    expect(endless.endOf(new SessionState(), { cookie: {} })).toBeNull();
  });

  test("a store that learns it from the cookie is handed a stand-in with it", async () => {
    const memory = memoryStore({ sweepInterval: 0, now: clock.now });
    const settings = { clock, rules, touchKeepsCookie: true };
    const { begin, open, manager, store } = makeManager(settings, memory);
    const ends: unknown[] = [];
    const seen = (session: object | undefined, own: object) => {
      expect(session).not.toBe(own);
      ends.push((session as { cookie: { expires: Date } }).cookie.expires.getTime());
    };
    await begin("id", { a: 1 }).save();
    const { state, session, save } = await open("id");
    // What the browser has ends with it.
    (session["cookie"] as { expires: unknown }).expires = null;
    store.touch = ((_id: string, _end: number, handed: object) => {
      seen(handed, session);
      return true;
    }) as never;
    state.knownEnd = null;
    await manager.touch(state, session, () => state.contentOf(session));
    const { commit } = store;
    store.commit = (id, record, version) => {
      seen(record.session, session);
      return commit.call(store, id, record, version);
    };
    session["b"] = 2;
    await save();
    expect(ends).toEqual([1_060_000, 1_060_000]);
    // The browser's cookie has no end for all that.
    expect((session["cookie"] as { expires: unknown }).expires).toBeNull();
  });

  test("a cookie that says so already is handed over with its session", async () => {
    const { begin, open, store } = makeManager({ clock, touchKeepsCookie: true });
    await begin("id", { a: 1 }).save();
    const { session, save } = await open("id");
    const { commit } = store;
    const handed: unknown[] = [];
    store.commit = (id, record, version) => {
      handed.push(record.session);
      return commit.call(store, id, record, version);
    };
    session["b"] = 2;
    await save();
    expect(handed[0]).toBe(session);
  });
});

test("a visit is not worth telling the store where silence is limited and its end hardly moves", async () => {
  const clock = handClock();
  const memory = memoryStore({ sweepInterval: 0, now: clock.now });
  const rules = { ...NO_LIMITS, idleTimeout: 100_000 };
  const { begin, open, manager, store } = makeManager({ clock, rules }, memory);
  await begin("id", { a: 1 }).save();
  const touched: unknown[] = [];
  const { touch } = store;
  store.touch = (id, end) => (touched.push(end), touch.call(store, id, end));
  for (const ms of [5_000, 300]) {
    clock.pass(ms);
    const { state, session } = await open("id");
    await manager.touch(state, session, () => state.contentOf(session));
  }
  // By a twentieth of what is left it may have moved.
  expect(touched).toEqual([clock.now() + 100_000]);
});

test("a session that was just stored is not stored again for its cookie", async () => {
  const { begin, store } = makeManager();
  const first = begin("id", { a: 1 });
  await first.save();
  expect(first.state.cookieEdited(first.session)).toBe(false);
  // What the handler does to it while the store is busy is an edit.
  const { create } = store;
  store.create = (async (...args: Parameters<typeof create>) => {
    await new Promise(setImmediate);
    return create.apply(store, args);
  }) as never;
  const second = begin("other", { a: 1 });
  const saved = second.save();
  Object.assign(second.session["cookie"] as object, { path: "/admin" });
  await saved;
  expect(second.state.cookieEdited(second.session)).toBe(true);
});

test("what a store notes on a new session it is handed is the session's, though it was a stand-in", async () => {
  const { begin, store } = makeManager();
  const { create } = store;
  store.create = (id, record) => {
    Object.assign(record.session!, { mark: 7 });
    return create.call(store, id, record);
  };
  const visit = begin("id", { a: 1 });
  await visit.update((data) => data["b"] = 2);
  expect({ ...visit.session }).toMatchObject({ a: 1, b: 2, mark: 7 });
});

test.each([[true], [false]])("a touch says whether the session is there: %j", async (found) => {
  const { begin, open, manager, store } = makeManager();
  await begin("id", { a: 1 }).save();
  const { state, session } = await open("id");
  store.touch = () => found;
  await manager.touch(state, session, () => state.contentOf(session));
  expect(state.isGone("id")).toBe(!found);
});

test("a touch hands over the session itself, or a stand-in where that is not all", async () => {
  const { begin, open, manager, store } = makeManager();
  await begin("id", { a: 1 }).save();
  const { state, session } = await open("id");
  const handed: (object | undefined)[] = [];
  store.touch = ((_id: string, _end: number | null, object?: object) => {
    handed.push(object);
    return true;
  }) as never;
  await manager.touch(state, session, () => state.contentOf(session));
  state.notes = { subject: "ada" };
  await manager.touch(state, session, () => state.contentOf(session));
  expect(handed[0]).toBe(session);
  expect(handed[1]).not.toBe(session);
  expect(handed[1]).toMatchObject({ a: 1, $websession: { subject: "ada" } });
});

describe("a session that others have just moved", () => {
  test("ends there as well where it is logged out, and lives on for whoever asks", async () => {
    const { begin, open, manager, stored, heard } = makeManager();
    await begin("old", { a: 1 }).save();
    await rotate({ ...await open("old"), drawId: () => "new" }, true);
    expect(heard.at(-1)).toBe("rotated");
    expect([...await manager.ends.whereabouts("old")]).toEqual([
      ["new", expect.stringContaining('"a":1')],
    ]);
    await manager.end(undefined, "old");
    expect([stored("new"), heard.at(-1)]).toEqual([undefined, "destroyed"]);
    expect([...await manager.ends.whereabouts("old")]).toEqual([]);
  });

  test("a session that was never moved lives nowhere else", async () => {
    const { begin, manager } = makeManager();
    await begin("id", { a: 1 }).save();
    expect([...await manager.ends.whereabouts("id")]).toEqual([]);
  });

  test("a logout waits for a move under way", async () => {
    const { begin, open, manager, store, stored } = makeManager();
    await begin("old", { a: 1 }).save();
    const visit = await open("old");
    let go!: () => void;
    const gone = new Promise<void>((resolve) => go = resolve);
    const original = store.rotate;
    store.rotate = (async (...args: Parameters<typeof original>) => {
      const outcome = original.apply(store, args);
      await gone;
      return outcome;
    }) as never;
    const moving = rotate({ ...visit, drawId: () => "new" }, true);
    let isOver = false;
    const ending = (async () => {
      await manager.end(undefined, "old");
      isOver = true;
    })();
    await new Promise(setImmediate);
    expect(isOver).toBe(false);
    go();
    await Promise.all([moving, ending]);
    expect([stored("old"), stored("new")]).toEqual([undefined, undefined]);
  });

  test.each<[string, () => never | Promise<never>, boolean]>([
    ["did not happen, as others had ended it", () => ({ status: "gone" }) as never, false],
    ["may have happened, as the store failed", () => {
      throw new Error("down");
    }, true],
    ["may have happened, as the store did not answer", () => new Promise(() => {}), true],
  ])("is looked for where a move %s", async (_what, answer, isLookedFor) => {
    const clock = handClock(Date.now());
    const { begin, open, manager, store } = makeManager({ clock, ioTimeout: 1000 });
    await begin("old", { a: 1 }).save();
    const visit = await open("old");
    store.rotate = answer as never;
    const moving = async () => await rotate({ ...visit, drawId: () => "new" }, true);
    const failed = expect(moving()).rejects.toThrow();
    await new Promise(setImmediate);
    clock.pass(1001);
    await failed;
    const destroyed: string[] = [];
    store.destroy = (id) => destroyed.push(id) > 0;
    await manager.end(undefined, "old");
    expect(destroyed).toEqual(isLookedFor ? ["old", "new"] : ["old"]);
  });
});

test("two calls of a request that begins a session store it once, with what both have brought", async () => {
  const { begin, store, stored, heard } = makeManager();
  const visit = begin("id", { a: 1 });
  const { create } = store;
  store.create = (async (id: string, record: never) => {
    await Promise.resolve();
    return create.call(store, id, record);
  }) as never;
  const first = visit.save();
  visit.session["b"] = 2;
  await Promise.all([first, visit.save()]);
  expect(stored("id")).toEqual({ a: 1, b: 2 });
  expect(heard).toEqual(["created"]);
});

describe("whether a session is gone is told at once", () => {
  test("by what the request knows, or by a store that has its records at hand", async () => {
    const { begin, open, manager, store } = makeManager();
    await begin("id", { a: 1 }).save();
    const { state } = await open("id");
    expect(manager.isGone(state, "id")).toBe(false);
    // Another id is none of this record's.
    expect(manager.isGone(state, "other")).toBe(false);
    store.destroy("id");
    expect(manager.isGone(state, "other")).toBe(false);
    expect([manager.isGone(state, "id"), state.isGone("id")]).toEqual([true, true]);
    expect(manager.isGone(state, "id")).toBe(true);
  });

  test("and by no store that would have to be waited for", async () => {
    const { begin, open, store } = makeManager();
    await begin("id", { a: 1 }).save();
    const { state } = await open("id");
    const distant = makeManager({ store: { atomic: true } as never });
    store.destroy("id");
    expect(distant.manager.isGone(state, "id")).toBe(false);
  });
});

test("a new session that its request has ended never reaches the store", async () => {
  const { begin, manager, store } = makeManager();
  const { state, session } = begin("id", { a: 1 });
  await manager.destroy(state, "id");
  store.create = () => expect.unreachable();
  expect(() => manager.save(state, session, new Snapshot("{}", "{}"))).toThrow(
    expect.objectContaining(GONE),
  );
  const change = (data: object) => Object.assign(data, { b: 1 });
  expect(() => manager.update(state, session, change)).toThrow(expect.objectContaining(GONE));
});

test("a session that could not be read is neither touched nor stored: each attempt is why", async () => {
  const { begin, open, manager, store } = makeManager();
  await begin("id", { a: 1 }).save();
  const visit = await open("id");
  const { state, session } = visit;
  state.failure = new Error("down");
  for (const verb of ["touch", "commit", "rotate", "create"] as const) {
    store[verb] = () => expect.unreachable();
  }
  expect(manager.touch(state, session, () => "{}")).toBeUndefined();
  await expect(visit.save()).rejects.toBe(state.failure);
  await expect(visit.update(() => {})).rejects.toBe(state.failure);
  await expect((async () => await rotate(visit, true))()).rejects.toBe(state.failure);
});
