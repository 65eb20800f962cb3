/** `req.session.reload()`: what stands in the store takes the session's place, as another object. */
import { describe, expect, test } from "vitest";
import { flash, login, subjectOf } from "../../src/express/mod.ts";
import { needActions } from "../../src/express/session_actions.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { told } from "./support/app.ts";
import { twoMiddlewares } from "./support/aside.ts";
import { type Any, ours, theirs } from "./support/libraries.ts";
import { makeStore } from "./support/stores.ts";
import { dataBehind, handClock, sessionsWith, visit } from "./support/visit.ts";

const gone = new Error("failed to load session");

describe.each([["express-session", theirs], ["websession", ours]])("%s", (_name, library) => {
  const start = async () => {
    const { store } = makeStore("async", library);
    const sessions = library.session({
      ...{ secret: "s", resave: false, saveUninitialized: false, store },
    });
    const { cookie } = await visit(sessions, (req) => void (req.session.n = 1));
    return { sessions, store, cookie };
  };

  test("is another object, of the same id, with what is stored", async () => {
    const { sessions, cookie } = await start();
    const { result } = await visit(sessions, async (req) => {
      const { session, sessionID } = req;
      session.n = 2;
      await told((done) => session.reload(done));
      return [req.session === session, req.session.n, req.session.id === sessionID];
    }, { cookie });
    expect(result).toEqual([false, 1, true]);
  });

  test("fails where the session is not there any more", async () => {
    const { sessions, store, cookie } = await start();
    const { result } = await visit(sessions, async (req) => {
      await told((done) => store.destroy(req.sessionID, done));
      return await told((done) => req.session.reload(done));
    }, { cookie });
    expect(result).toEqual(gone);
  });

  test("of a session that another has replaced brings its data under the new id", async () => {
    const { sessions, store, cookie } = await start();
    const { result } = await visit(sessions, async (req) => {
      const { session } = req;
      store.generate(req);
      const { sessionID } = req;
      await told((done) => session.reload(done));
      return [req.session.n, req.sessionID === sessionID, req.session.id === sessionID];
    }, { cookie });
    expect(result).toEqual([1, true, true]);
  });
});

describe.each([
  ["MemoryStore", () => new ours.MemoryStore()],
  ["a native store", () => memoryStore()],
  ["a callback store", () => makeStore("async", ours).store],
])("on %s", (_kind, make) => {
  const start = async (options: Any = {}) => {
    const sessions = sessionsWith({ store: make(), ...options });
    const { cookie } = await visit(sessions, (req) => Object.assign(req.session, { n: 1 }));
    const others = (data: object) =>
      visit(sessions, (req) => void Object.assign(req.session, data), { cookie });
    return { sessions, cookie, others };
  };

  test("what others store after it stays", async () => {
    const { sessions, cookie, others } = await start();
    await visit(sessions, async (req) => {
      await others({ x: 1 });
      await req.session.reload();
      await others({ x: 2 });
      req.session.mine = 1;
    }, { cookie });
    expect(await dataBehind(sessions, cookie)).toEqual({ n: 1, x: 2, mine: 1 });
  });

  test("the object before it has the id that the session is given", async () => {
    const { sessions, cookie } = await start();
    const { result } = await visit(sessions, async (req) => {
      const { session } = req;
      const { id } = session;
      await session.reload();
      await login(req, "ada");
      const isSame = session.id === req.session.id && session.id !== id;
      req.session = session;
      await login(req, "ada");
      return [isSame, session.id === req.sessionID];
    }, { cookie });
    expect(result).toEqual([true, true]);
  });

  test("a message that was left stays, and one that was read is read", async () => {
    const { sessions, cookie } = await start();
    await visit(sessions, async (req) => {
      const reloaded = req.session.reload();
      flash(req, "info", "hello");
      await reloaded;
    }, { cookie });
    const { result } = await visit(sessions, async (req) => {
      const reloaded = req.session.reload();
      const messages = flash(req, "info");
      await reloaded;
      return [messages, flash(req, "info")];
    }, { cookie });
    expect(result).toEqual([["hello"], []]);
  });

  test("a session that its own request has ended is gone", async () => {
    const { sessions, cookie } = await start();
    const { result } = await visit(sessions, async (req) => {
      const { session } = req;
      await session.destroy();
      return await session.reload();
    }, { cookie });
    expect(result).toEqual(gone);
  });

  test("it has to be fit for the route that it is loaded on", async () => {
    const { sessions, cookie } = await start();
    const refusal = new Error("not shown");
    const seen: unknown[] = [];
    const { result } = await visit(sessions, async (req) => {
      const { session } = req;
      const actions = needActions(req) as Any;
      actions.admit = ({ n }: Any) => void seen.push(n);
      await session.reload();
      const isLoaded = req.session !== session;
      actions.admit = () => Promise.reject(refusal);
      const refused = await req.session.reload().catch((error: unknown) => error);
      await req.session.destroy();
      const nothing = await session.reload().catch((error: unknown) => error);
      return [isLoaded, refused, nothing];
    }, { cookie });
    expect([result, seen]).toEqual([[true, refusal, gone], [1]]);
  });

  test.each([
    ["at its end", false],
    ["with its first byte", true],
  ])("where its id was replaced, the response tells the new one: %s", async (_when, isEarly) => {
    const clock = handClock();
    const { sessions, cookie } = await start({
      ...{ clock, rolling: true, rotateAfter: 60_000 },
    });
    clock.pass(60_000);
    let renewed: string | undefined;
    const { cookie: told } = await visit(sessions, async (req, res) => {
      ({ cookie: renewed } = await visit(sessions, ({ session }) => session.n, { cookie }));
      await req.session.reload();
      if (isEarly) res.write("a");
    }, { cookie });
    expect(renewed).not.toBe(cookie);
    expect(told).toBe(renewed);
  });
});

test("a store that failed is forgiven once it hands the session over", async () => {
  const { store } = makeStore("async", ours);
  const sessions = sessionsWith({ store, onStoreError: "anonymous" });
  const { cookie } = await visit(sessions, (req) => void (req.session.n = 1));
  const { get } = store;
  store.get = (_id: string, done: Any) => setImmediate(done, new Error("no disk"));
  const { errors } = await visit(sessions, async (req) => {
    store.get = get;
    await req.session.reload();
    req.session.m = 1;
  }, { cookie });
  expect(errors).toEqual([]);
  expect(await dataBehind(sessions, cookie)).toEqual({ n: 1, m: 1 });
});

test("a session that was set aside is loaded under its own id, and the request's stays", async () => {
  const { during, held } = await twoMiddlewares();
  const { result } = await during(async (req) => {
    const { sessionID } = req;
    const { id } = held.a;
    await held.a.reload();
    const loaded = req.session;
    const found = [loaded.id === id, loaded === held.a, subjectOf(req)];
    req.session = held.b;
    return [...found, req.sessionID === sessionID, subjectOf(req)];
  });
  expect(result).toEqual([true, false, "ada", true, "bob"]);
});
