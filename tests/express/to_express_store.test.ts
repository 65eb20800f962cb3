/** A native store behind callbacks gives what the stores of express-session give, and makes nothing up. */
import { describe, expect, test } from "vitest";
import { type MemoryStore, toExpressStore } from "../../src/express/mod.ts";
import type { SessionStore } from "../../src/store.ts";
import { nativeOf } from "../../src/express/to_express_store.ts";
import { type MemorySessionStore, memoryStore } from "../../src/stores/memory.ts";
import { makeApp, tell, told, useDriver } from "./support/app.ts";
import { type Any, ours, theirs } from "./support/libraries.ts";
import { sessionsWith, visit } from "./support/visit.ts";

useDriver();

const HOUR = 3_600_000;
const inAnHour = () => new Date(Date.now() + HOUR).toISOString();

/** A store that gives every session an end of its own where the record names none, as Redis does. */
function limited(native: SessionStore): SessionStore {
  return {
    ...methodsOf(native),
    async read(id) {
      const stored = await native.read(id);
      return stored && { ...stored, expires: stored.expires ?? Date.now() + HOUR };
    },
  };
}

function methodsOf(native: SessionStore): SessionStore {
  const { read, create, commit, touch, rotate, destroy } = native;
  const bound = { read, create, commit, touch, rotate, destroy };
  return Object.fromEntries(
    Object.entries(bound).map(([name, method]) => [name, method.bind(native as never)]),
  ) as unknown as SessionStore;
}

describe("a store that can be iterated", () => {
  test("all() gives a list of sessions that say their ids, as connect-redis does, and ids() those alone", async () => {
    const store: Any = toExpressStore(memoryStore());
    expect(await told((done) => store.all(done))).toEqual([]);
    expect(await told((done) => store.ids(done))).toEqual([]);
    const cookie = { originalMaxAge: HOUR, expires: inAnHour(), httpOnly: true, path: "/" };
    for (const id of ["a", "b"]) {
      await told((done) => store.set(id, { cookie, user: `user of ${id}` }, done));
    }
    const all = await told((done) => store.all(done));
    expect(all.sort((one: Any, other: Any) => one.id < other.id ? -1 : 1)).toEqual([
      { cookie, user: "user of a", id: "a" },
      { cookie, user: "user of b", id: "b" },
    ]);
    expect((await told((done) => store.ids(done))).sort()).toEqual(["a", "b"]);
    expect((await store.ids()).sort()).toEqual(["a", "b"]);
    await told((done) => store.clear(done));
    expect(await told((done) => store.ids(done))).toEqual([]);
  });

  test("an id is no part of what is stored, and says which session it is whatever the data say", async () => {
    const store: Any = toExpressStore(memoryStore());
    await told((done) => store.set("a", { cookie: {}, id: "of the data" }, done));
    expect((await told((done) => store.all(done)))[0].id).toBe("a");
    expect((await told((done) => store.get("a", done))).id).toBe("of the data");
  });

  test("MemoryStore gives an object of sessions by id, as express-session's does, and has no ids()", async () => {
    const found = [];
    for (const library of [theirs, ours]) {
      const store: Any = new library.MemoryStore();
      expect("ids" in store).toBe(false);
      await told((done) => store.set("a", { cookie: { path: "/" }, user: "ada" }, done));
      found.push(await told((done) => store.all(done)));
    }
    expect({ ...found[1] }).toEqual({ ...found[0] });
    expect({ ...found[1] }).toEqual({ a: { cookie: { path: "/" }, user: "ada" } });
  });
});

test("one that cannot be iterated has neither", () => {
  const store: Any = toExpressStore(methodsOf(memoryStore()));
  expect(["all", "ids", "length", "clear"].filter((name) => name in store)).toEqual([]);
});

describe("the cookie of a record is given as it was written", () => {
  const ends = inAnHour();
  const cookies: Record<string, object> = {
    "without an end": { path: "/" },
    "whose end is null": { path: "/", expires: null },
    "whose end is false": { path: "/", expires: false },
    "whose end is a text": { path: "/", expires: ends },
    "whose end is a number": { path: "/", expires: Date.parse(ends) },
    "with a lifetime and no end": { originalMaxAge: HOUR, path: "/" },
  };

  test.each(Object.entries(cookies))("%s", async (_kind, cookie) => {
    const native = memoryStore();
    const store: Any = toExpressStore(native);
    const memory: MemoryStore = new ours.MemoryStore();
    for (const each of [store, memory]) {
      await told((done) => each.set("a", { cookie, user: "ada" }, done));
      expect(await told((done) => each.get("a", done))).toEqual({ cookie, user: "ada" });
    }
    expect(await told((done) => store.all(done))).toEqual([{ cookie, user: "ada", id: "a" }]);
  });

  test("where the store has an end of its own, too: that one is no cookie's", async () => {
    const native = memoryStore();
    const store: Any = toExpressStore(limited(native));
    await told((done) => store.set("a", { cookie: { path: "/" } }, done));
    expect(await told((done) => store.get("a", done))).toEqual({ cookie: { path: "/" } });
    const app = makeApp({ library: ours, options: { store, genid: () => "a" } });
    const { cookie } = await app.play((req, res) => {
      req.session.user = "ada";
      res.end();
    });
    native.destroy("a");
    native.create("a", { json: '{"cookie":{"path":"/"},"user":"ada"}', expires: null });
    const { body } = await app.play(tell, cookie);
    expect(JSON.parse(body)).toMatchObject({ user: "ada", cookie: { expires: null } });
  });

  test("a number is an end: once it is past there is no session", async () => {
    for (const store of [toExpressStore(memoryStore()), new ours.MemoryStore()] as Any[]) {
      for (const [expires, n] of [[Date.now() - 1, undefined], [Date.now() + HOUR, 1]]) {
        await told((done) => store.set("a", { cookie: { expires }, n: 1 }, done));
        expect((await told((done) => store.get("a", done)))?.n).toBe(n);
      }
    }
  });

  test("an end that was moved is told: touch() counts", async () => {
    const native = memoryStore();
    const store: Any = toExpressStore(native);
    await told((done) => store.set("a", { cookie: { expires: ends } }, done));
    const later = Date.parse(ends) + HOUR;
    native.touch("a", later);
    const found = await told((done) => store.get("a", done));
    expect(found.cookie.expires).toBe(new Date(later).toISOString());
  });
});

describe("its methods", () => {
  /** A native store whose verbs answer on a later turn, and may be got in between with. */
  function laterStore(): { memory: MemorySessionStore; native: Any; calls: string[] } {
    const memory = memoryStore();
    const calls: string[] = [];
    const verbs = ["create", "read", "commit", "touch", "rotate", "destroy", "length", "clear"];
    const native = Object.fromEntries(verbs.map((verb) => [verb, async (...args: unknown[]) => {
      calls.push(verb);
      await new Promise(setImmediate);
      return (memory as Any)[verb](...args);
    }]));
    return { memory, calls, native: { ...native, atomic: true, all: () => memory.all() } };
  }
  const heard = (act: (done: (...args: unknown[]) => void) => unknown) =>
    new Promise<unknown[]>((resolve) => void act((...args) => resolve(args)));
  const data = (n: number) => ({ cookie: { path: "/" }, n });

  describe.each<[string, () => Any]>([
    ["MemoryStore", () => new ours.MemoryStore()],
    ["a native store", () => toExpressStore(memoryStore())],
    ["a native store that answers later", () => toExpressStore(laterStore().native)],
  ])("of %s", (_kind, make) => {
    test("tell a callback what express-session's store tells", async () => {
      const store = make();
      const answers: unknown[] = [];
      for (
        const [method, ...args] of [
          ["get", "a"],
          ["set", "a", data(1)],
          ["get", "a"],
          ["touch", "a", { cookie: { path: "/x" } }],
          ["length"],
          ["destroy", "a"],
          ["length"],
          ["clear"],
        ]
      ) {
        answers.push([method, ...await heard((done) => store[method as string](...args, done))]);
      }
      expect(answers).toEqual([
        ["get", null, undefined],
        ["set"],
        ["get", null, data(1)],
        ["touch"],
        ["length", null, 1],
        ["destroy"],
        ["length", null, 0],
        ["clear"],
      ]);
    });

    test("promise the same without one", async () => {
      const store = make();
      expect(await store.set("a", data(1))).toBeUndefined();
      expect(await store.get("a")).toEqual(data(1));
      expect(await store.touch("a", { cookie: { path: "/x" } })).toBeUndefined();
      expect(await store.get("a")).toEqual({ cookie: { path: "/x" }, n: 1 });
      expect(await store.length()).toBe(1);
      expect(await store.clear()).toBeUndefined();
      expect(await store.length()).toBe(0);
    });

    test("touch() of what is not there makes nothing", async () => {
      const store = make();
      expect(await heard((done) => store.touch("a", data(1), done))).toEqual([]);
      expect(await store.length()).toBe(0);
    });
  });

  test.each([
    ["throws", () => {
      throw new Error("no disk");
    }],
    ["rejects", () => Promise.reject(new Error("no disk"))],
  ])("tell what went wrong, in a store that %s", async (_how, fails) => {
    const { native } = laterStore();
    const store: Any = toExpressStore(Object.assign(native, { read: fails, destroy: fails }));
    const error = new Error("no disk");
    expect(await heard((done) => store.get("a", done))).toEqual([error]);
    expect(await heard((done) => store.destroy("a", done))).toEqual([error]);
    await expect(store.set("a", data(1))).rejects.toThrow(error);
  });

  test("set() of a request's session, or of one that load() made, brings none back", async () => {
    for (const store of [toExpressStore(memoryStore()), new ours.MemoryStore()] as Any[]) {
      const { result } = await visit(sessionsWith({ store }), async (req) => {
        const { session, sessionID: id } = req;
        session.n = 1;
        await session.save();
        const live = await told((done) => store.load(id, done));
        await session.destroy();
        const set = (each: Any) => told((done) => store.set(id, each, done));
        const codes = [session, live].map((each) => set(each).catch((error) => error.code));
        return [await Promise.all(codes), await store.length()];
      });
      expect(result).toEqual([["SESSION_GONE", "SESSION_GONE"], 0]);
    }
  });

  describe.each<[string, () => Any]>([
    ["MemoryStore", () => new ours.MemoryStore()],
    ["a native store", () => toExpressStore(memoryStore())],
  ])("that an application has replaced, on %s", (_kind, make) => {
    test.each(["get", "set", "destroy", "touch"])(
      "%s() is asked in its place",
      async (verb) => {
        const store = make();
        expect(nativeOf(store)).toBeDefined();
        const original = store[verb];
        let asked = 0;
        store[verb] = function (...args: unknown[]) {
          asked++;
          return original.apply(this, args);
        };
        expect(nativeOf(store)).toBeUndefined();
        const sessions = sessionsWith({ store });
        const { cookie } = await visit(sessions, (req) => void (req.session.n = 1));
        const { result } = await visit(sessions, (req) => req.session.n, { cookie });
        await visit(sessions, (req) => req.session.destroy(), { cookie });
        expect([result, asked > 0]).toEqual([1, true]);
      },
    );
  });

  test("set() replaces what others make or change meanwhile: it has the last word", async () => {
    const others: Record<string, (memory: MemorySessionStore) => unknown> = {
      read: (memory) => memory.create("a", { json: JSON.stringify(data(7)), expires: null }),
      create: (memory) => memory.create("a", { json: JSON.stringify(data(8)), expires: null }),
    };
    for (const [verb, act] of Object.entries(others)) {
      const { memory, native, calls } = laterStore();
      const original = native[verb];
      native[verb] = async (...args: unknown[]) => {
        if (verb === "create") act(memory);
        const result = await original(...args);
        if (verb === "read" && calls.length === 1) act(memory);
        return result;
      };
      await toExpressStore(native).set("a", data(1) as Any);
      expect(JSON.parse(memory.read("a")!.json), verb).toEqual(data(1));
    }
  });

  test.each(["set", "touch"])(
    "%s() beside another's change is done on top of it",
    async (method) => {
      const { memory, native } = laterStore();
      memory.create("a", { json: JSON.stringify(data(1)), expires: null });
      const { commit } = native;
      native.commit = async (...args: unknown[]) => {
        native.commit = commit;
        const { version } = memory.read("a")!;
        memory.commit("a", { json: JSON.stringify(data(2)), expires: null }, version);
        return await commit(...args);
      };
      const store: Any = toExpressStore(native);
      const cookie = { path: "/x" };
      await heard((done) => store[method]("a", { cookie, n: 3 }, done));
      const n = method === "set" ? 3 : 2;
      expect(JSON.parse(memory.read("a")!.json)).toEqual({ cookie, n });
    },
  );

  test("touch() of what ends meanwhile brings nothing back", async () => {
    const { memory, native } = laterStore();
    memory.create("a", { json: JSON.stringify(data(1)), expires: null });
    const { commit } = native;
    native.commit = (...args: unknown[]) => (memory.destroy("a"), commit(...args));
    const store: Any = toExpressStore(native);
    expect(await heard((done) => store.touch("a", data(1), done))).toEqual([]);
    expect(memory.ids()).toEqual([]);
  });

  test("set() of a request's session, under another id or in another store, is a copy", async () => {
    const [one, two] = [toExpressStore(memoryStore()), toExpressStore(memoryStore())] as Any[];
    const { result } = await visit(sessionsWith({ store: one }), async ({ session }) => {
      session.n = 1;
      await told((done) => one.set("copy", session, done));
      await told((done) => two.set(session.id, session, done));
      return [session.id, await one.ids()];
    });
    const [id, during] = result;
    expect(during).toEqual(["copy"]);
    expect((await one.get("copy")).n).toBe(1);
    expect([await two.ids(), (await two.get(id)).n]).toEqual([[id], 1]);
  });

  test("set() of data that have an `id` stores them like any others", async () => {
    const store: Any = toExpressStore(memoryStore());
    await told((done) => store.set("a", { ...data(1), id: "a" }, done));
    expect(await store.get("a")).toEqual({ ...data(1), id: "a" });
  });
});

test.each<[string, unknown, string]>([
  ["nothing", undefined, 'Option "store" must be a session store, not undefined'],
  ["a text", "redis", 'Option "store" must be a session store, not a value of type string'],
  [
    "an empty object",
    {},
    'Option "store" must be a session store: it has no method "create"',
  ],
  [
    "a sealed store",
    { sealed: true },
    'Option "store" must keep the sessions: a sealed store needs a Web entry',
  ],
  [
    "a store that has its callbacks already",
    toExpressStore(memoryStore()),
    'Option "store" must be a session store: it has no method "create". A store of ' +
    "express-session's kind goes through fromExpressStore()",
  ],
  [
    "a store of both kinds",
    Object.assign(memoryStore(), { get: () => {} }),
    'toExpressStore() needs a native store, not a value of type object with "get"',
  ],
])("%s is refused, and told why", (_kind, store, message) => {
  expect(() => toExpressStore(store as Any)).toThrow(new TypeError(message));
});
