/** The end of a response waits for the store, is done once, and can be answered otherwise. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { login, logout, update } from "../../src/express/session_functions.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { watchWarnings } from "../web/warned.ts";
import { exchange } from "./support/exchange.ts";
import { type Any, signed } from "./support/libraries.ts";
import type { StoreKind } from "./support/stores.ts";
import { begin, dataIn, look, makeVisits } from "./support/visits.ts";

const NOW = 1_800_000_000_000;
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: NOW }));
afterEach(() => void vi.useRealTimers());

const { said } = watchWarnings();

const change = (req: Any, res: Any) => {
  req.session.n = 2;
  return res.end("saved");
};

describe("end()", () => {
  test.each(["async", "sync", "memory"] as const)("counts once (%s)", async (kind) => {
    const { errors, visit } = makeVisits({ kind });
    const { cookie } = await visit(begin);
    for (const acts of [() => {}, (req: Any) => void login(req, "ada")]) {
      let returned: unknown[] = [];
      const { body } = await visit((req, res) => {
        acts(req);
        req.session.n = 2;
        returned = [res.end("one"), res.end("two")];
        expect(returned[0]).toBe(res);
      }, cookie);
      expect([body, returned[1], errors]).toEqual(["one", false, []]);
    }
  });

  test.each<[kind: StoreKind, framing: string]>([
    ["async", "Transfer-Encoding"],
    ["memory", "Transfer-Encoding"],
    ["sync", "Content-Length"],
  ])(
    "shows by its framing when the headers were written, as express-session's does (%s)",
    async (kind, framing) => {
      const { visit } = makeVisits({ kind });
      const names = (await visit(change)).headers.map(([name]) => name);
      expect(names.filter((name) => /^(Transfer|Content)-/.test(name))).toEqual([framing]);
    },
  );

  test("has sent the headers for whoever looks, while the store is asked", async () => {
    const { visit } = makeVisits({ kind: "async" });
    const { headers } = await visit((req, res) => {
      change(req, res);
      expect(res.headersSent).toBe(true);
      expect(() => res.setHeader("X-Late", "1")).toThrow("after they are sent");
      expect(res.write("late")).toBe(false);
    });
    expect(headers.map(([name]) => name)).not.toContain("X-Late");
  });

  test("goes by what the session was then, whatever is written to it while the store is asked", async () => {
    const { visit } = makeVisits({ kind: "async", cookie: { maxAge: 60_000 } });
    const { cookie } = await visit(begin);
    const { cookies } = await visit((req, res) => {
      res.end();
      req.session.late = 1;
    }, cookie);
    expect(cookies).toEqual([]);
  });

  test("of whoever is asked before a session is created is none", async () => {
    const { visit } = makeVisits({
      beforeCreate: (req: Any) => {
        expect(req.res.end("within")).toBe(false);
        return true;
      },
    });
    const { body, cookies } = await visit((req, res) => {
      req.res = res;
      change(req, res);
    });
    expect([body, cookies.length]).toEqual(["saved", 1]);
  });

  test("that waits for a call brings what comes of it", async () => {
    for (const kind of ["async", "sync", "memory"] as const) {
      const { visit } = makeVisits({ kind });
      const { cookie } = await visit(begin);
      const moved = await visit((req, res) => {
        void login(req, "ada");
        req.session.m = 1;
        res.end("body");
      }, cookie);
      expect(moved.body).toBe("body");
      expect(moved.cookie).not.toBe(cookie);
      expect(dataIn(await visit(look, moved.cookie))).toEqual({ n: 1, m: 1 });
    }
  });
});

describe("a session that others end just then", () => {
  test("has no cookie where the headers come first", async () => {
    const store = memoryStore({ sweepInterval: 0 });
    const { visit } = makeVisits({ store, rolling: true });
    const { cookie } = await visit(begin);
    const { cookies } = await visit(async (req, res) => {
      await store.destroy(req.sessionID);
      res.write("body");
      res.end();
    }, cookie);
    expect(cookies).toEqual([]);
  });

  test("has none where they do so between its store's answer and the headers", async () => {
    const { store, visit } = makeVisits({ kind: "async", rolling: true });
    const { cookie } = await visit(begin);
    const { set } = store;
    store.set = (id: string, session: Any, done: Any) =>
      set.call(store, id, session, () => {
        done();
        store.destroy(id, () => {});
      });
    expect((await visit(change, cookie)).cookies).toEqual([]);
  });

  test("has none where its store has not answered by then", async () => {
    const { store, visit } = makeVisits({ kind: "async", rolling: true });
    const { cookie } = await visit(begin);
    const { set } = store;
    let isStored = false;
    store.set = (id: string, session: Any, done: Any) =>
      set.call(store, id, session, () => {
        isStored = true;
        store.destroy(id, () => done());
      });
    const { cookies } = await visit(change, cookie);
    expect([isStored, cookies]).toEqual([true, []]);
  });
});

describe("what an application has laid over the session", () => {
  const broken = (req: Any, res: Any) => {
    req.session.n = 2;
    req.session.touch = "text";
    return res;
  };

  test("is told once, and the answer that has begun goes on", async () => {
    const { errors, visit } = makeVisits();
    const { status, body, cookies } = await visit((req, res) => {
      broken(req, res).write("half, ");
      res.end("whole");
    });
    expect([status, body, cookies, errors.length]).toEqual([200, "half, whole", [], 1]);
    expect(errors[0]).toBeInstanceOf(TypeError);
  });

  test("is told though it is whole again by the end, and nothing is stored", async () => {
    const { errors, visit } = makeVisits();
    const { cookie } = await visit(begin);
    await visit((req, res) => {
      req.session.n = 2;
      Object.defineProperty(req.session, "touch", {
        configurable: true,
        value() {
          delete req.session.touch;
          throw new TypeError("no touch");
        },
      });
      req.session.cookie.maxAge = 60_000;
      res.write("half, ");
      res.end("whole");
    }, cookie);
    expect(errors.map(({ message }) => message)).toEqual(["no touch"]);
    expect(dataIn(await visit(look, cookie))).toEqual({ n: 1 });
  });

  test("and makes the cookie one that cannot be written is told", async () => {
    const { errors, heard, visit } = makeVisits({ rolling: true });
    const { cookie } = await visit(begin);
    const blocked = heard("blocked");
    const { status, cookies } = await visit((req, res) => {
      req.session.cookie.path = "/a;b";
      res.end();
    }, cookie);
    expect([status, cookies, errors.length, blocked]).toEqual([200, [], 1, [{
      reason: "invalid",
    }]]);
  });

  test("is told once, though the error page stumbles over it as well", async () => {
    const { errors, visit } = makeVisits();
    const { cookie } = await visit(begin);
    const { status, cookies } = await visit(async (req, res) => {
      await login(req, "ada");
      req.session.cookie = null;
      res.end("saved");
    }, cookie);
    expect([status, cookies, errors.length]).toEqual([500, [], 1]);
  });
});

test("Clear-Site-Data is set on what can still take it, and on nothing else", async () => {
  const { sessions, visit } = makeVisits();
  const clearSiteData = ["cache"];
  for (const isLate of [false, true]) {
    const { headers } = await visit(async (req, res) => {
      if (isLate) res.write("begun");
      await logout(req, { clearSiteData } as Any);
      res.end();
    });
    const names = headers.map(([name]) => name);
    expect(names.includes("Clear-Site-Data")).toBe(!isLate);
  }
  // A WebSocket's response is no more than an object.
  const req: Any = { headers: {}, url: "/" };
  sessions(req, {}, () => {});
  await expect(logout(req, { clearSiteData } as Any)).resolves.toBeUndefined();
});

describe("headers that Node refuses when the store has answered", () => {
  const trailer = (res: Any) => {
    res.setHeader("Trailer", "X-T");
    res.setHeader("Content-Length", "5");
  };

  test("are an error page, where the answer came later", async () => {
    for (const kind of ["async", "sync"] as const) {
      const { errors, visit } = makeVisits({ kind });
      const { cookie } = await visit(begin);
      for (const call of [() => {}, (req: Any) => void update(req, (data: Any) => data.m = 1)]) {
        if (kind === "sync" && call.length === 0) continue;
        errors.length = 0;
        const { status, body } = await visit((req, res) => {
          call(req);
          trailer(res);
          change(req, res);
        }, cookie);
        expect([status, body, errors.map(({ code }) => code)]).toEqual([
          500,
          errors[0]?.message,
          ["ERR_HTTP_TRAILER_INVALID"],
        ]);
      }
    }
  });

  test("are thrown where it came at once, and the response can end otherwise", async () => {
    for (const kind of ["sync", "memory"] as const) {
      const { visit } = makeVisits({ kind });
      const { status, body, cookies } = await visit((req, res) => {
        trailer(res);
        expect(() => change(req, res)).toThrow(
          expect.objectContaining({ code: "ERR_HTTP_TRAILER_INVALID" }),
        );
        res.removeHeader("Trailer");
        res.end("paged");
      });
      expect([status, body, cookies.length], kind).toEqual([200, "paged", 1]);
    }
  });
});

test("after an end that was refused the cookie is that of the session there is by then", async () => {
  const { visit } = makeVisits({ kind: "memory" });
  let id: string | undefined;
  const { cookie } = await visit(async (req, res) => {
    res.setHeader("Trailer", "X-T");
    res.setHeader("Content-Length", "5");
    expect(() => change(req, res)).toThrow();
    res.removeHeader("Trailer");
    await req.session.regenerate();
    id = req.sessionID;
    req.session.m = 1;
    res.write("paged");
    res.end();
  });
  expect(cookie).toBe(signed(id!));
});

test("what was written to a session since its end is an event where that was destroyed", async () => {
  const { heard, visit } = makeVisits();
  const { cookie } = await visit(begin);
  const discarded = heard("discarded");
  await visit(async (req, res) => {
    const { session } = req;
    await session.destroy();
    session.late = 1;
    res.end();
  }, cookie);
  expect(discarded).toEqual([{ reason: "destroyed" }]);
});

describe("a store that fails", () => {
  const full = (_id: string, _session: Any, done: Any) =>
    setImmediate(done, new Error("disk full"));

  test("to take a new session leaves its error page without a cookie, and warns of nothing written there", async () => {
    const { store, visit } = makeVisits({
      kind: "async",
      warn: true,
      page: (_error: Error, req: Any, res: Any) => {
        res.end("page");
        req.session.late = 1;
      },
    });
    store.set = full;
    const { status, body, cookies } = await visit(change);
    expect([status, body, cookies]).toEqual([500, "page", []]);
    await visit((_req, res) => res.end());
    expect(await said()).toEqual([]);
  });

  test("to take the changes of one leaves the browser the cookie it has", async () => {
    const { store, visit } = makeVisits({ kind: "async", rolling: true });
    const { cookie } = await visit(begin);
    store.set = full;
    const { status, cookies } = await visit(change, cookie);
    expect([status, cookies]).toEqual([500, []]);
  });

  test("to touch what a call has stored is told, and the answer goes out", async () => {
    const { errors, store, visit } = makeVisits({ kind: "async" });
    const { cookie } = await visit(begin);
    store.touch = full;
    const { status, body } = await visit(async (req, res) => {
      req.session.n = 2;
      await req.session.save();
      res.end("saved");
    }, cookie);
    expect([status, body, errors.length]).toEqual([200, "saved", 1]);
  });

  test("is an event where next() cannot take it, whatever has left of the answer", async () => {
    for (const hasBegun of [false, true]) {
      const { heard, sessions, store, visit } = makeVisits({ kind: "async" });
      const { cookie } = await visit(begin);
      const events = heard("error");
      if (!hasBegun) store.touch = full;
      const { body } = await exchange((req, res) => {
        sessions(req, res, (error?: unknown) => {
          if (error !== undefined) {
            if (hasBegun) res.destroy();
            throw new Error("deaf");
          }
          if (!hasBegun) return res.end("sent");
          res.write("half");
          void update(req, (data: Any) => data.n++);
          res.end(7);
        });
      }, { headers: { Cookie: `connect.sid=${cookie}` } });
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
      expect(body.slice(0, 4)).toBe(hasBegun ? "half" : "sent");
      expect(events).toHaveLength(1);
    }
  });
});

describe("a new id that the store refuses", () => {
  const story = async (handler: (req: Any, res: Any) => unknown) => {
    const store: Any = memoryStore({ sweepInterval: 0 });
    const app = makeVisits({ store, rotateAfter: 60_000 });
    const { cookie } = await app.visit(begin);
    vi.setSystemTime(Date.now() + 60_000);
    const { create } = store;
    store.create = () => {
      throw new Error("disk full");
    };
    const answer = await app.visit(handler, cookie);
    store.create = create;
    expect(app.errors).toHaveLength(1);
    return [answer.status, answer.body === "saved", answer.cookies.length];
  };

  test("is an error page where the visit has changed something", async () => {
    expect(await story(change)).toEqual([500, false, 0]);
  });

  test("is told, and the answer goes out, where it has not", async () => {
    expect(await story((_req, res) => res.end("saved"))).toEqual([200, true, 0]);
  });
});

test("an end that cannot be done any more, behind a part that has left: next() hears of it, and can end", async () => {
  const { errors, visit } = makeVisits({
    kind: "async",
    page: (_error: Error, _req: Any, res: Any) => res.end("page"),
  });
  const { cookie } = await visit(begin);
  const { status, body, raw } = await visit((req, res) => {
    res.write("half, ");
    void update(req, (data: Any) => data.n++);
    res.end(7);
  }, cookie);
  expect([status, body]).toEqual([200, "half, page"]);
  expect(raw.match(/HTTP\/1\.1/g)).toHaveLength(1);
  expect(errors).toMatchObject([{ code: "ERR_INVALID_ARG_TYPE" }]);
});

test("an error page that cannot be sent either leaves the time for another", async () => {
  const timers: (() => void)[] = [];
  const clock = {
    now: () => Date.now(),
    after: (_ms: number, act: () => void) => {
      timers.push(act);
      return () => void timers.splice(timers.indexOf(act), 1);
    },
  };
  const { heard, store, visit } = makeVisits({
    kind: "async",
    clock,
    ioTimeout: 0,
    page: (_error: Error, _req: Any, res: Any) => {
      res.statusCode = 1000;
      expect(() => res.end("page")).toThrow(RangeError);
      res.statusCode = 500;
      // Nobody sends another: when the time is up, it is an empty one.
      timers.forEach((act) => queueMicrotask(act));
    },
  });
  store.set = (_id: string, _session: Any, done: Any) => setImmediate(done, new Error("disk full"));
  const events = heard("error");
  const { status, body } = await visit(change);
  expect([status, body, events.length]).toEqual([500, "", 1]);
});
