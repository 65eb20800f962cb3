/** Calls on a session: what is kept for a signal, what a response waits for, whose ids are set. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { liveSessionsOf } from "../../src/core/live_sessions.ts";
import { elevate, login, logout, signalOf, update } from "../../src/express/mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type Any, ours } from "./support/libraries.ts";
import { makeStore } from "./support/stores.ts";
import { twoMiddlewares } from "./support/aside.ts";
import { dataBehind, sessionsWith, visit } from "./support/visit.ts";

describe("a signal", () => {
  test("is waited for once, however often it is asked for", async () => {
    const sessions = sessionsWith({ store: memoryStore() });
    const { cookie } = await visit(sessions, (req) => login(req, "ada"));
    const { result } = await visit(sessions, (req, res) => {
      const counts = [res.listenerCount("close")];
      const signals = new Set<AbortSignal>();
      for (let time = 0; time < 3; time++) {
        signals.add(signalOf(req));
        counts.push(res.listenerCount("close"));
      }
      return [signals.size, counts.map((count) => count - counts[0]!)];
    }, { cookie });
    expect(result).toEqual([1, [0, 1, 1, 1]]);
  });

  describe("where the platform does not tell what was collected", () => {
    afterEach(() => {
      vi.unstubAllGlobals();
      vi.resetModules();
    });

    test("is kept until the response is closed, and no longer", async () => {
      vi.stubGlobal("FinalizationRegistry", undefined);
      vi.resetModules();
      const { default: session, ...entry } = await import("../../src/express/mod.ts");
      const store = memoryStore();
      const sessions = session({
        ...{ secret: "s", resave: false, saveUninitialized: false, warn: false, store },
      });
      const { cookie } = await visit(sessions, (req) => entry.login(req, "ada"));
      const kept = () => liveSessionsOf(store)?.size;
      const { result } = await visit(sessions, (req) => {
        entry.signalOf(req);
        return kept();
      }, { cookie });
      expect([result, kept()]).toEqual([1, 0]);
    });
  });
});

describe.each([
  ["MemoryStore", () => new ours.MemoryStore()],
  ["a callback store", () => makeStore("async", ours).store],
  ["a callback store that answers at once", () => makeStore("sync", ours).store],
])("on %s", (_kind, make) => {
  test("a response waits for the calls that nobody awaits", async () => {
    const sessions = sessionsWith({ store: make() });
    const { cookie } = await visit(sessions, (req) => void (req.session.n = 1));
    const { cookie: after } = await visit(sessions, (req, res) => {
      void update(req, async (data: Any) => {
        await new Promise(setImmediate);
        data.n++;
      });
      void login(req, "ada");
      res.end();
    }, { cookie });
    expect(after).not.toBe(cookie);
    expect(await dataBehind(sessions, after)).toEqual({ n: 2 });
  });

  test("a session may move as often as a request asks for it", async () => {
    const sessions = sessionsWith({ store: make() });
    const { cookie, result: ids } = await visit(sessions, async (req) => {
      const ids = [req.sessionID];
      const note = () => {
        expect(req.session.id).toBe(req.sessionID);
        ids.push(req.sessionID);
      };
      req.session.n = 1;
      await login(req, "ada");
      note();
      await req.session.save();
      await elevate(req);
      note();
      await req.session.regenerate({ keep: true });
      note();
      return ids;
    });
    expect(new Set(ids).size).toBe(4);
    expect(await dataBehind(sessions, cookie)).toEqual({ n: 1 });
  });

  test("a logout() that nobody awaits, behind a reload(), ends what was loaded", async () => {
    const sessions = sessionsWith({ store: make() });
    const { cookie } = await visit(sessions, (req) => login(req, "ada"));
    const { req, setCookies } = await visit(sessions, (req, res) => {
      req.session.reload().catch(() => {});
      void logout(req);
      res.end();
    }, { cookie });
    expect(req.session).toBeUndefined();
    expect(setCookies[0]).toMatch(/^connect\.sid=;/);
  });
});

describe.each([
  ["MemoryStore", () => new ours.MemoryStore()],
  ["a callback store", () => makeStore("async", ours).store],
])("calls beside others, on %s", (_kind, make) => {
  const start = async () => {
    const sessions = sessionsWith({ store: make() });
    const { cookie } = await visit(sessions, (req) => Object.assign(req.session, { n: 1, m: 1 }));
    const others = () => visit(sessions, (req) => void (req.session.others = 1), { cookie });
    return { sessions, cookie, others };
  };

  test("a slow update() holds up no other call", async () => {
    const { sessions, cookie } = await start();
    await visit(sessions, async (req) => {
      let open!: () => void;
      const opened = new Promise<void>((resolve) => open = resolve);
      const slow = update(req, async (data: Any) => {
        await opened;
        data.slow = 1;
      });
      await update(req, (data: Any) => void (data.quick = 1));
      open();
      await slow;
    }, { cookie });
    expect(await dataBehind(sessions, cookie)).toEqual({ n: 1, m: 1, quick: 1, slow: 1 });
  });

  test("what is written after a call that has to wait is not dropped by it", async () => {
    const { sessions, cookie } = await start();
    const { cookie: after } = await visit(sessions, (req, res) => {
      void login(req, "ada", { keep: true });
      void req.session.regenerate({ keep: ["n"] });
      req.session.late = 1;
      res.end();
    }, { cookie });
    expect(await dataBehind(sessions, after)).toEqual({ n: 1, late: 1 });
  });

  test("an object that was loaded again stands for what it is by now", async () => {
    const { sessions, cookie, others } = await start();
    const { cookie: after } = await visit(sessions, async (req) => {
      const { session } = req;
      await others();
      await session.reload();
      req.session.mine = 1;
      await session.regenerate({ keep: true });
    }, { cookie });
    expect(after).not.toBe(cookie);
    expect(await dataBehind(sessions, after)).toEqual({ n: 1, m: 1, others: 1, mine: 1 });
  });

  test("… unless the request has it again: then it is what is moved", async () => {
    const { sessions, cookie } = await start();
    const { cookie: after, result } = await visit(sessions, async (req) => {
      const { session } = req;
      await session.reload();
      req.session = session;
      session.mine = 1;
      await session.regenerate({ keep: ["mine"] });
      session.more = 1;
      return Object.keys(session);
    }, { cookie });
    expect(result.sort()).toEqual(["cookie", "mine", "more"]);
    expect(await dataBehind(sessions, after)).toEqual({ mine: 1, more: 1 });
  });

  test("a new session may hold, until the end, what cannot be stored", async () => {
    const sessions = sessionsWith({ store: make() });
    const { cookie } = await visit(sessions, async (req) => {
      req.session.n = 10n;
      await login(req, "ada");
      req.session.n = 10;
    });
    expect(await dataBehind(sessions, cookie)).toEqual({ n: 10 });
  });
});

describe("a session that was set aside", () => {
  test.each<[string, (req: Any) => Promise<void>]>([
    ["login()", (req) => login(req, "eve", { keep: true })],
    ["elevate()", (req) => elevate(req)],
    ["regenerate({ keep })", (req) => req.session.regenerate({ keep: true })],
  ])("is moved by %s, and the request's id is the other's still", async (_name, act) => {
    const { a, b, cookies, during, held } = await twoMiddlewares();
    const { result, setCookies } = await during(async (req) => {
      const { sessionID } = req;
      const before = held.a.id;
      req.session = held.a;
      await act(req);
      return [req.sessionID === sessionID, held.b.id === sessionID, held.a.id === before];
    });
    expect(result).toEqual([true, true, false]);
    expect(setCookies.map((text) => text.slice(0, 2))).toEqual(["a="]);
    expect(await dataBehind(a, setCookies[0]!.split(";")[0])).toEqual({ n: "ada", m: 1 });
    expect(await dataBehind(a, cookies[0])).toEqual({});
    expect(await dataBehind(b, cookies[1])).toEqual({ n: "bob", m: 1 });
  });

  test("is ended by a logout() that waited, and the other one stays the request's", async () => {
    const { a, cookies, during, held } = await twoMiddlewares();
    const { result } = await during(async (req) => {
      req.session = held.a;
      void update(req, () => {});
      const out = logout(req);
      req.session = held.b;
      await out;
      return req.session === held.b;
    });
    expect(result).toBe(true);
    expect(await dataBehind(a, cookies[0])).toEqual({});
  });
});
