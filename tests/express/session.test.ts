/** A session's methods, within its request and outside of any, as express-session's users call them. */
import { describe, expect, test } from "vitest";
import { login, logout, toExpressStore, update } from "../../src/express/mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { told } from "./support/app.ts";
import { type Any, ours, theirs } from "./support/libraries.ts";
import { makeStore } from "./support/stores.ts";
import { dataBehind, sessionsWith, visit } from "./support/visit.ts";

describe.each([["express-session", theirs], ["websession", ours]])("%s", (_name, library) => {
  const { Cookie, MemoryStore, Session, Store } = library;
  const app = (store: Any) =>
    library.session({ secret: "s", resave: false, saveUninitialized: false, store });

  test("has the data it is made of, and a cookie only with them", () => {
    const req = { sessionID: "a" };
    expect(Object.keys(new Session(req, null))).toEqual([]);
    expect(Object.keys(new Session(req, { n: 1 }))).toEqual(["n"]);
    const cookie = new Cookie();
    expect(new Session(req, { n: 1, cookie }).cookie).toBe(cookie);
  });

  test.each(["touch", "resetMaxAge"])("%s() begins the lifetime again", (method) => {
    const session = new Session({ sessionID: "a" }, { cookie: new Cookie({ maxAge: 60_000 }) });
    session.cookie.expires = new Date(Date.now() + 1000);
    session.cookie.originalMaxAge = 60_000;
    expect(session[method]()).toBe(session);
    expect(session.cookie.maxAge).toBeGreaterThan(1000);
  });

  describe("outside of a request", () => {
    /** As `store.load()` makes one, on a store that can begin sessions. */
    const start = async () => {
      const store = new MemoryStore();
      store.generate = (req: Any) => {
        req.sessionID = "new";
        req.session = new Session(req);
        req.session.cookie = new Cookie();
      };
      await told((done) => store.set("a", { cookie: new Cookie(), n: 1 }, done));
      const session = await told((done) => store.load("a", done));
      return { store, session, req: session.req };
    };

    test("regenerate() has the store begin another in its place", async () => {
      const { store, session, req } = await start();
      await told((done) => session.regenerate(done));
      expect([req.sessionID, req.session.id]).toEqual(["new", "new"]);
      expect(await told((done) => store.get("a", done))).toBeUndefined();
    });

    test("save() and destroy() are the store's set() and destroy()", async () => {
      const { store, session } = await start();
      session.n = 2;
      await told((done) => session.save(done));
      expect((await told((done) => store.get("a", done))).n).toBe(2);
      await told((done) => session.destroy(done));
      expect(await told((done) => store.get("a", done))).toBeUndefined();
      // One that was never in a store.
      const fresh = new Session({ sessionID: "b", sessionStore: store }, { cookie: new Cookie() });
      await told((done) => fresh.save(done));
      expect(Object.keys(store.sessions)).toEqual(["b"]);
    });

    test("reload() finds what others have stored", async () => {
      const { store, session, req } = await start();
      await told((done) => store.set("a", { cookie: new Cookie(), n: 2 }, done));
      await told((done) => session.reload(done));
      expect([req.session === session, req.session.n]).toEqual([false, 2]);
    });
  });

  test("callbacks are called later than the methods return, with nothing if all went well", async () => {
    const sessions = app(new MemoryStore());
    const { cookie } = await visit(sessions, (req) => void (req.session.n = 1));
    const heard: unknown[] = [];
    await visit(sessions, async (req) => {
      for (const method of ["save", "reload", "destroy"]) {
        let hasReturned = false;
        await new Promise<void>((resolve) => {
          req.session[method]((...args: unknown[]) => {
            heard.push([method, hasReturned, args]);
            resolve();
          });
          hasReturned = true;
        });
      }
    }, { cookie });
    expect(heard).toEqual([["save", true, []], ["reload", true, []], ["destroy", true, []]]);
  });

  test("what a callback is told of a failure is the failure", async () => {
    const sessions = app(new MemoryStore());
    const { result } = await visit(sessions, (req) => told((done) => req.session.reload(done)));
    expect(result).toEqual(new Error("failed to load session"));
  });

  test("regenerate() asks a store that has a way of its own", async () => {
    const store = makeStore("async", library).store;
    let asked = 0;
    store.regenerate = function (req: Any, done: Any) {
      asked++;
      return Store.prototype.regenerate.call(this, req, done);
    };
    const sessions = app(store);
    const { cookie } = await visit(sessions, (req) => void (req.session.n = 1));
    const { cookie: after } = await visit(sessions, async (req) => {
      await told((done) => req.session.regenerate(done));
      req.session.m = 2;
    }, { cookie });
    expect(asked).toBe(1);
    expect(await dataBehind(sessions, after)).toEqual({ m: 2 });
  });

  test("a handler may do by itself what regenerate() does", async () => {
    const { store, content } = makeStore("async", library);
    const sessions = app(store);
    const { cookie } = await visit(sessions, (req) => void (req.session.n = 1));
    const { result } = await visit(sessions, async (req) => {
      await told((done) => store.destroy(req.sessionID, done));
      store.generate(req);
      req.session.n = 2;
      await told((done) => store.set(req.sessionID, req.session, done));
      return [req.sessionID, ...Object.keys(content())];
    }, { cookie });
    expect(result[1]).toBe(result[0]);
  });
});

test("outside of a request nobody can keep data under a new id", async () => {
  const store: Any = new ours.MemoryStore();
  await store.set("a", { cookie: {}, n: 1 });
  const session = await told((done) => store.load("a", done));
  await expect(session.regenerate({ keep: true })).rejects.toMatchObject({
    code: "SESSION_MISSING",
  });
  expect((await store.get("a")).n).toBe(1);
});

describe("the object that is `req.session`", () => {
  test("stays that object, whatever is done with it", async () => {
    for (const store of [new ours.MemoryStore(), new theirs.MemoryStore()]) {
      const sessions = sessionsWith({ store });
      const { cookie } = await visit(sessions, (req) => void (req.session.n = 1));
      const { result } = await visit(sessions, async (req) => {
        const { session } = req;
        await login(req, "ada");
        await update(req, (data: Any) => void data.n++);
        return [session === req.session, session instanceof ours.Session, session.n];
      }, { cookie });
      expect(result).toEqual([true, true, 2]);
    }
  });

  test.each<[string, (req: Any) => unknown]>([
    ["undefined", (req) => req.session = undefined],
    ["null", (req) => req.session = null],
    ["deleted", (req) => delete req.session],
  ])("is none any more where it is %s", async (_how, end) => {
    const { result } = await visit(sessionsWith(), async (req) => {
      req.session.n = 1;
      end(req);
      return [await login(req, "ada").catch((error) => error.code), await logout(req)];
    });
    expect(result).toEqual(["SESSION_GONE", undefined]);
  });
});

describe.each([
  ["MemoryStore", () => new ours.MemoryStore()],
  ["a callback store", () => makeStore("async", ours).store],
])("ours, on %s", (_kind, make) => {
  test("methods without a callback return a promise", async () => {
    const sessions = sessionsWith({ store: make() });
    const { result } = await visit(sessions, async (req) => {
      const outcomes: unknown[] = [];
      for (const method of ["save", "reload", "regenerate", "destroy"]) {
        const { session } = req;
        const returned = session[method]();
        outcomes.push(returned instanceof Promise && await returned);
      }
      return outcomes;
    });
    expect(result).toEqual([undefined, undefined, undefined, undefined]);
  });

  test.each([
    ["{}", {}, {}],
    ["{ keep: undefined }", { keep: undefined }, {}],
    ["{ keep: false }", { keep: false }, {}],
    ["{ keep: true }", { keep: true }, { n: 1, m: 2 }],
    ['{ keep: ["m"] }', { keep: ["m"] }, { m: 2 }],
    ["null", null, {}],
  ])("regenerate(%s) keeps what it names", async (_name, options, kept) => {
    const sessions = sessionsWith({ store: make() });
    const { cookie } = await visit(sessions, (req) => Object.assign(req.session, { n: 1, m: 2 }));
    const { cookie: after } = await visit(sessions, async (req) => {
      await req.session.regenerate(options);
      req.session.fresh = true;
    }, { cookie });
    expect(after).not.toBe(cookie);
    expect(await dataBehind(sessions, after)).toEqual({ ...kept, fresh: true });
  });

  test("regenerate(callback) keeps nothing", async () => {
    const sessions = sessionsWith({ store: make() });
    const { cookie } = await visit(sessions, (req) => void (req.session.n = 1));
    const { cookie: after } = await visit(sessions, async (req) => {
      await told((done) => req.session.regenerate(done));
      req.session.fresh = true;
    }, { cookie });
    expect(await dataBehind(sessions, after)).toEqual({ fresh: true });
  });
});

describe("store.set() of a session", () => {
  const start = () => {
    const { store, content } = makeStore("async", ours);
    const sessions = sessionsWith({ store });
    const set = (id: string, session: Any) => told((done) => store.set(id, session, done));
    return { sessions, store, content, set };
  };

  test("that was never stored makes it", async () => {
    const { sessions, set } = start();
    const { cookie } = await visit(sessions, async (req) => {
      req.session.n = 1;
      await set(req.sessionID, req.session);
    });
    expect(await dataBehind(sessions, cookie)).toEqual({ n: 1 });
  });

  test("that was destroyed before it was ever stored is refused", async () => {
    const { sessions, set, content } = start();
    const { result } = await visit(sessions, async (req) => {
      const { session } = req;
      session.n = 1;
      await session.destroy();
      return await set(session.id, session);
    });
    expect(result).toMatchObject({ code: "SESSION_GONE" });
    expect(content()).toEqual({});
  });

  test("stores it also where its id is to be replaced some day", async () => {
    const { store } = makeStore("async", ours);
    const sessions = sessionsWith({ store, rotateAfter: 3_600_000 });
    const { cookie } = await visit(sessions, (req) => void (req.session.n = 1));
    await visit(sessions, async (req) => {
      req.session.n = 2;
      await told((done) => store.set(req.sessionID, req.session, done));
    }, { cookie });
    const { result } = await visit(sessions, async (req) => {
      const { session } = req;
      await session.destroy();
      return await told((done) => store.set(session.id, session, done));
    }, { cookie });
    expect(result).toMatchObject({ code: "SESSION_GONE" });
    expect(await dataBehind(sessions, cookie)).toEqual({});
  });

  test("in a store that is not its own is a copy, as long as it lives", async () => {
    const { store, content, set } = start();
    for (const own of [new ours.MemoryStore(), toExpressStore(memoryStore()), undefined]) {
      const sessions = sessionsWith({ store: own ?? makeStore("async", ours).store });
      const { cookie } = await visit(sessions, (req) => void (req.session.n = 1));
      const { result } = await visit(sessions, async (req) => {
        const { session, sessionID: id } = req;
        const live = await told((done) => req.sessionStore.load(id, done));
        for (const each of [session, live]) {
          await set(id, each);
          expect(JSON.parse(content()[id]!).n).toBe(1);
        }
        await told((done) => store.destroy(id, done));
        await session.destroy();
        const again = [session, live].map((each) => set(id, each).catch((error) => error.code));
        return [await Promise.all(again), id in content()];
      }, { cookie });
      expect(result).toEqual([["SESSION_GONE", "SESSION_GONE"], false]);
    }
  });

  test("may leave a copy under the id it had, for those who still have that", async () => {
    const { sessions, set } = start();
    const { cookie } = await visit(sessions, (req) => void (req.session.n = 1));
    await visit(sessions, async (req) => {
      const { sessionID } = req;
      await login(req, "ada");
      req.session.m = 2;
      await set(sessionID, req.session);
    }, { cookie });
    expect(await dataBehind(sessions, cookie)).toEqual({ n: 1, m: 2 });
  });

  test("that has ended, under another id, is a copy of what it held", async () => {
    const { sessions, store, set, content } = start();
    await visit(sessions, (req) => void (req.session.n = 1));
    const [id] = Object.keys(content());
    const live = await told((done) => store.load(id, done));
    await told((done) => store.destroy(id, done));
    await expect(set(id!, live)).rejects.toMatchObject({ code: "SESSION_GONE" });
    await set("copy", live);
    expect(Object.keys(content())).toEqual(["copy"]);
    expect(JSON.parse(content()["copy"]!).n).toBe(1);
  });
});
