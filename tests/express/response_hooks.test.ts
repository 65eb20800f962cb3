/** The end of a response waits for the store, is done once, and can be answered otherwise. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { login, logout, update } from "../../src/express/session_functions.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { Any } from "./support/libraries.ts";
import { begin, dataIn, look, makeVisits } from "./support/visits.ts";

const NOW = 1_800_000_000_000;
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: NOW }));
afterEach(() => void vi.useRealTimers());

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

  test("is told once, though the error page stumbles over it as well", async () => {
    const { errors, visit } = makeVisits();
    const { status, cookies } = await visit(async (req, res) => {
      await login(req, "ada");
      req.session.cookie = null;
      res.end("saved");
    });
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
