/** Calls on a session: what is kept for a signal, what a response waits for, whose ids are set. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { liveSessionsOf } from "../../src/core/live_sessions.ts";
import { elevate, login, logout, signalOf, update } from "../../src/express/mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type Any, ours } from "./support/libraries.ts";
import { makeStore } from "./support/stores.ts";
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
