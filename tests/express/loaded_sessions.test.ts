/** Sessions taken from the store outside of their request, by `store.load()` for one, revive nothing. */
import { describe, expect, test } from "vitest";
import { login, logout, subjectOf, update } from "../../src/express/session_functions.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type App, type AppOptions, makeApp, tell, told, useDriver, write } from "./support/app.ts";
import { type Any, ours, theirs } from "./support/libraries.ts";

useDriver();

/** A native store that answers on a later turn. */
function slowStore(): Any {
  const memory: Any = memoryStore();
  const store: Any = { atomic: true };
  for (const verb of ["create", "read", "commit", "touch", "rotate", "destroy"]) {
    store[verb] = async (...args: unknown[]) => {
      const result = memory[verb](...args);
      await new Promise(setImmediate);
      return result;
    };
  }
  return store;
}

const STORES: Record<string, () => Partial<AppOptions>> = {
  "MemoryStore": () => ({ kind: "memory" }),
  "MemoryStore with methods of one's own": () => ({ kind: "watched-memory" }),
  "a native store that answers later": () => ({ options: { store: slowStore() } }),
  "a callback store": () => ({ kind: "async" }),
  "a callback store that answers at once": () => ({ kind: "sync" }),
};

const ENDS: Record<string, (req: Any) => unknown> = {
  "logout()": (req) => logout(req),
  "session.destroy()": (req) => req.session.destroy(),
  "store.destroy()": (req) => told((done) => req.sessionStore.destroy(req.sessionID, done)),
};

type Act = (app: App, cookie: string, act: (req: Any) => unknown) => Promise<Any>;
/** Runs something in a request, and says what came of it. */
const during: Act = async (app, cookie, act) => {
  let result: unknown;
  await app.play(async (req, res) => {
    try {
      result = await act(req);
    } catch (error) {
      result = error;
    }
    res.end();
  }, cookie);
  return result;
};

const load = (req: Any) => told((done) => req.sessionStore.load(req.sessionID, done));
const TAKES: Record<string, (req: Any) => Promise<Any>> = {
  "load()": load,
  "get() and createSession()": async (req) => {
    const { sessionStore, sessionID } = req;
    const found = await told((done) => sessionStore.get(sessionID, done));
    return sessionStore.createSession({ sessionID, sessionStore }, found);
  },
};
const STORINGS: Record<string, (session: Any) => Promise<unknown>> = {
  "save()": (session) => session.save(),
  "save(callback)": (session) => told((done) => session.save(done)),
  "touch() and save()": (session) => session.touch().save(),
  "store.set()": (session) => {
    return told((done) => session.req.sessionStore.set(session.id, session, done));
  },
};

describe.each(Object.keys(STORES))("%s", (name) => {
  const make = async () => {
    const app = makeApp({ library: ours, ...STORES[name]!() });
    const { cookie } = await app.play(async (req, res) => {
      req.session.n = 1;
      await login(req, "ada");
      res.end();
    });
    return { app, cookie: cookie! };
  };
  const dataOf = async (app: App, cookie: string) =>
    JSON.parse((await app.play(tell, cookie)).body);

  describe.each(Object.keys(TAKES))("a session of %s", (how) => {
    test.each(Object.keys(ENDS))("is refused after %s", async (end) => {
      for (const [storing, store] of Object.entries(STORINGS)) {
        const { app, cookie } = await make();
        const live = await during(app, cookie, TAKES[how]!);
        live.seen = 1;
        await during(app, cookie, ENDS[end]!);
        const error = await store(live).catch((error: Any) => error) as Any;
        expect(error?.code, storing).toBe("SESSION_GONE");
        expect((await dataOf(app, cookie)).n, storing).toBeUndefined();
      }
    });

    test("is refused after a login, which moved it", async () => {
      const { app, cookie } = await make();
      const live = await during(app, cookie, TAKES[how]!);
      await during(app, cookie, (req) => login(req, "ada"));
      await expect(live.save()).rejects.toMatchObject({ code: "SESSION_GONE" });
    });

    test("is refused after its own destroy(), and reload() finds nothing", async () => {
      const { app, cookie } = await make();
      const live = await during(app, cookie, TAKES[how]!);
      await live.destroy();
      await expect(live.save()).rejects.toMatchObject({ code: "SESSION_GONE" });
      await expect(live.reload()).rejects.toThrow("failed to load session");
      expect((await dataOf(app, cookie)).n).toBeUndefined();
    });

    test("loses nobody's changes, and sees them", async () => {
      const { app, cookie } = await make();
      const live = await during(app, cookie, TAKES[how]!);
      live.seen = 1;
      await during(app, cookie, (req) => req.session.theirs = 2);
      await live.save();
      expect(live.theirs).toBe(2);
      live.seen = 3;
      await live.save();
      await during(app, cookie, (req) => update(req, (data: Any) => data.n++));
      live.seen = 4;
      delete live.theirs;
      await Promise.all([live.save(), live.save()]);
      const { cookie: _, ...data } = await dataOf(app, cookie);
      expect(data).toEqual({ n: 2, seen: 4 });
      expect(await during(app, cookie, subjectOf)).toBe("ada");
    });

    test("reload() brings one that is compared as well", async () => {
      const { app, cookie } = await make();
      const live = await during(app, cookie, TAKES[how]!);
      await live.reload();
      const again = live.req.session;
      await during(app, cookie, (req) => logout(req));
      await expect(again.save()).rejects.toMatchObject({ code: "SESSION_GONE" });
    });
  });

  test("store.set() and touch() of a request's own session bring nothing back", async () => {
    for (const [end, act] of Object.entries(ENDS)) {
      const { app, cookie } = await make();
      let ended: Promise<unknown> | undefined;
      const answers = await during(app, cookie, async (req) => {
        const { session, sessionStore } = req;
        const other = makeOther(app, cookie);
        ended = other(act);
        await ended;
        const set = await told((done) => sessionStore.set(session.id, session, done))
          .catch((error) => error.code);
        await told((done) => sessionStore.touch(session.id, session, done));
        return set;
      });
      expect(answers, end).toBe("SESSION_GONE");
      expect((await dataOf(app, cookie)).n, end).toBeUndefined();
    }
  });

  test("store.set() of plain data stays what it was", async () => {
    const { app, cookie } = await make();
    await during(app, cookie, async (req) => {
      const data = { cookie: { originalMaxAge: null }, mine: 1 };
      await told((done) => req.sessionStore.set(req.sessionID, data, done));
    });
    expect(await dataOf(app, cookie)).toMatchObject({ mine: 1 });
  });

  test("store.set() of a request's new session makes it", async () => {
    const app = makeApp({ library: ours, ...STORES[name]!() });
    const { cookie } = await app.play(async (req, res) => {
      req.session.a = 1;
      await told((done) => req.sessionStore.set(req.sessionID, req.session, done));
      res.end();
    });
    expect(await dataOf(app, cookie!)).toMatchObject({ a: 1 });
  });
});

/** A second request of the browser, inside the first. */
function makeOther(app: App, cookie: string): (act: (req: Any) => unknown) => Promise<unknown> {
  return (act) =>
    new Promise((resolve, reject) => {
      const req: Any = {
        headers: { cookie: `connect.sid=${cookie}` },
        method: "GET",
        url: "/",
        connection: {},
      };
      const res: Any = { end() {}, setHeader() {}, getHeader() {}, removeHeader() {} };
      app.middleware(req, res, async (error: unknown) => {
        if (error) return reject(error);
        resolve(await act(req));
      });
    });
}

test("what the real express-session's store has loaded is refused as well", async () => {
  for (const [end, act] of Object.entries(ENDS)) {
    const app = makeApp({ library: ours, options: { store: new theirs.MemoryStore() } });
    const { cookie } = await app.play(write);
    const live = await during(app, cookie!, load);
    await told((done) => live.save(done));
    await during(app, cookie!, act);
    await expect(told((done) => live.save(done)), end).rejects.toMatchObject({
      code: "SESSION_GONE",
    });
    expect(JSON.parse((await app.play(tell, cookie)).body).n).toBeUndefined();
  }
});

test("store.touch() and set() leave a session among those of its subject", async () => {
  const app = makeApp({ library: ours, options: { store: memoryStore() } });
  const { cookie } = await app.play(write);
  const { cookie: own } = await app.play(async (req, res) => {
    await login(req, "ada");
    res.end();
  }, cookie);
  await during(app, own!, async (req) => {
    const data = await told((done) => req.sessionStore.get(req.sessionID, done));
    await told((done) => req.sessionStore.touch(req.sessionID, data, done));
    await told((done) => req.sessionStore.set(req.sessionID, { ...data }, done));
  });
  expect(await app.middleware.list("ada")).toHaveLength(1);
});
