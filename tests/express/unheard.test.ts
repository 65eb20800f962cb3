/** Calls on an Express session that the store refuses and that nobody awaits. */
import { describe, expect, test } from "vitest";
import { elevate, login, logout, take, update } from "../../src/express/mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { Any } from "./support/libraries.ts";
import { dataBehind, sessionsWith, visit } from "./support/visit.ts";

const CALLS: Record<string, (req: Any) => Promise<unknown>> = {
  "update()": (req) => update(req, (data: Any) => ++data.n),
  "take()": (req) => take(req, "n"),
  "login()": (req) => login(req, "bob"),
  "elevate()": (req) => elevate(req),
  "logout()": (req) => logout(req),
  "regenerate({ keep })": (req) => req.session.regenerate({ keep: true }),
};

/** How a handler answers 200 without waiting. */
const ANSWERS: Record<string, (res: Any) => void> = {
  "end()": (res) => res.end("done"),
  "write()": (res) => (res.write("do"), res.end("ne")),
  "writeHead()": (res) => res.writeHead(200, { "x-mine": "1" }).end("done"),
  "flushHeaders()": (res) => (res.flushHeaders(), res.end("done")),
};

/** Sessions on a store that refuses to write when it is told to. */
async function begin() {
  const store: Any = memoryStore();
  const refusing = { after: 0, times: 0 };
  for (const verb of ["commit", "rotate", "destroy"]) {
    const act = store[verb].bind(store);
    store[verb] = async (...args: unknown[]) => {
      await Promise.resolve();
      if (refusing.times > 0 && refusing.after-- <= 0 && refusing.times-- > 0) {
        throw new Error("disk full");
      }
      return act(...args);
    };
  }
  const sessions = sessionsWith({ store });
  const heard: [string, Any][] = [];
  for (const name of ["error", "discarded"]) {
    sessions.on(name, (event: Any) => heard.push([name, event]));
  }
  const { cookie } = await visit(sessions, async (req) => {
    req.session.n = 1;
    await login(req, "ada");
  });
  return { sessions, store, refusing, heard, cookie: cookie! };
}

const turn = () => new Promise(setImmediate);

describe.each(Object.entries(CALLS))("%s that nobody awaits", (_name, act) => {
  test.each(Object.entries(ANSWERS))(
    "and that fails before %s is the answer's failure",
    async (_by, answer) => {
      const { sessions, refusing, cookie } = await begin();
      const { status, errors } = await visit(sessions, (req, res) => {
        refusing.times = 1;
        act(req);
        answer(res);
      }, { cookie });
      expect([status, errors.map(({ code }) => code)]).toEqual([500, ["STORE_FAILED"]]);
      expect(await dataBehind(sessions, cookie)).toEqual({ n: 1 });
    },
  );

  test("and that failed long before the end likewise", async () => {
    const { sessions, refusing, cookie } = await begin();
    const { status, errors } = await visit(sessions, async (req) => {
      refusing.times = 1;
      act(req);
      await turn();
    }, { cookie });
    expect([status, errors.map(({ code }) => code)]).toEqual([500, ["STORE_FAILED"]]);
  });

  test("is not where somebody hears of it", async () => {
    for (
      const hear of [
        (call: Promise<unknown>) => void call.catch(() => {}),
        (call: Promise<unknown>) => void Promise.allSettled([call]),
        async (call: Promise<unknown>) => {
          try {
            await call;
          } catch {
            // As the handler would have it.
          }
        },
      ]
    ) {
      const { sessions, refusing, cookie } = await begin();
      const { status, errors } = await visit(sessions, (req) => {
        refusing.times = 1;
        void hear(act(req));
      }, { cookie });
      expect([status, errors]).toEqual([200, []]);
    }
  });
});

test("what its function throws is the answer's failure as well", async () => {
  const { sessions, cookie } = await begin();
  const { status, errors } = await visit(sessions, (req) => {
    update(req, () => {
      throw new Error("no funds");
    });
  }, { cookie });
  expect([status, errors.map(({ message }) => message)]).toEqual([500, ["no funds"]]);
});

test.each<[string, (req: Any) => unknown, RegExp]>([
  ["login()", (req) => login(req, "bob", { kep: ["n"] } as Any), /no option "kep"/],
  ["login() of nobody", (req) => login(req, ""), /needs a subject/],
  ["logout()", (req) => logout(req, { claerSiteData: true } as Any), /no option "claerSiteData"/],
  ["logout() with what there is not", (req) => logout(req, { clearSiteData: "all" } as Any), /./],
  ["update()", (req) => update(req, 7 as Any), /needs a function/],
  ["regenerate()", (req) => req.session.regenerate({ kep: true }), /no option "kep"/],
])("%s that is refused at once is the answer's failure as well", async (_name, act, message) => {
  const { sessions, cookie } = await begin();
  const { status, errors } = await visit(sessions, (req) => void act(req), { cookie });
  expect([status, errors.length]).toEqual([500, 1]);
  expect(errors[0].message).toMatch(message);
});

test("of calls on a session that was destroyed before listeners hear", async () => {
  for (
    const act of [
      (req: Any) => (logout(req), login(req, "bob")),
      (req: Any) => (delete req.session, update(req, (data: Any) => ++data.n)),
    ]
  ) {
    const { sessions, heard, cookie } = await begin();
    const { status, errors } = await visit(sessions, (req) => void act(req), { cookie });
    expect([status, errors]).toEqual([200, []]);
    expect(heard.map(([name, { reason }]) => [name, reason])).toEqual([["discarded", "gone"]]);
  }
});

test("of a session that has ended meanwhile listeners hear, as of any change", async () => {
  const { sessions, heard, cookie } = await begin();
  const { status, errors } = await visit(sessions, (req) => {
    void sessions.revokeAll("ada");
    update(req, (data: Any) => ++data.n);
  }, { cookie });
  expect([status, errors]).toEqual([200, []]);
  expect(heard.map(([name, { reason }]) => [name, reason])).toEqual([["discarded", "gone"]]);
});

test("where headers had left, next() is told", async () => {
  const { sessions, refusing, cookie } = await begin();
  const { status, errors } = await visit(sessions, (req, res) => {
    res.write("begun");
    refusing.times = 1;
    login(req, "bob");
  }, { cookie });
  expect([status, errors.map(({ code }) => code)]).toEqual([200, ["STORE_FAILED"]]);
});

test("on an error page it is the listeners who hear", async () => {
  for (const answer of Object.values(ANSWERS)) {
    const { sessions, refusing, heard, cookie } = await begin();
    const { status, errors } = await visit(sessions, (req, res) => {
      refusing.times = 1;
      login(req, "bob");
      res.statusCode = 503;
      if (answer === ANSWERS["writeHead()"]) res.writeHead(503).end();
      else answer(res);
    }, { cookie });
    expect([status, errors]).toEqual([503, []]);
    expect(heard.map(([name, { during, error }]) => [name, during, error.code]))
      .toEqual([["error", "save", "STORE_FAILED"]]);
  }
});

test("when the answer has left, listeners hear of it, unless somebody awaits it", async () => {
  const { sessions, refusing, heard, cookie } = await begin();
  const { req } = await visit(sessions, (req) => void req.session.n, { cookie });
  refusing.times = 1;
  void update(req, (data: Any) => ++data.n);
  await turn();
  expect(heard.map(([name, { during, error }]) => [name, during, error.code]))
    .toEqual([["error", "save", "STORE_FAILED"]]);
  refusing.times = 1;
  await expect(update(req, (data: Any) => ++data.n)).rejects.toThrow("failed");
  await turn();
  expect(heard.length).toBe(1);
});

test("a save() that has failed is the answer's failure too; one that fails later is told", async () => {
  for (const isInLine of [false, true]) {
    const { sessions, refusing, cookie } = await begin();
    const { status, errors } = await visit(sessions, async (req) => {
      Object.assign(refusing, { after: isInLine ? 1 : 0, times: 1 });
      if (isInLine) void update(req, (data: Any) => data.first = true);
      req.session.n = 2;
      req.session.save();
      await turn();
    }, { cookie });
    expect([status, errors.map(({ code }) => code)]).toEqual([500, ["STORE_FAILED"]]);
    const first = isInLine ? { first: true } : {};
    expect(await dataBehind(sessions, cookie)).toEqual({ n: 1, ...first });
  }
  const { sessions, refusing, heard, cookie } = await begin();
  const { status } = await visit(sessions, (req, res) => {
    refusing.times = 1;
    req.session.n = 2;
    req.session.save();
    res.end();
  }, { cookie });
  expect(status).toBe(200);
  expect(heard.map(([name, { during, error }]) => [name, during, error.code]))
    .toEqual([["error", "save", "STORE_FAILED"]]);
});

test("a callback that is told of a save() has heard of it", async () => {
  const { sessions, refusing, heard, cookie } = await begin();
  const told: Any[] = [];
  const { status, errors } = await visit(sessions, async (req) => {
    refusing.times = 1;
    req.session.n = 2;
    req.session.save((error: Any) => told.push(error.code));
    await turn();
  }, { cookie });
  expect([status, errors, told, heard]).toEqual([200, [], ["STORE_FAILED"], []]);
});

test("a call on an outer middleware's session is the answer's failure too", async () => {
  const { sessions, refusing, cookie } = await begin();
  const inner = sessionsWith({ store: memoryStore(), name: "inner" });
  const both = (req: Any, res: Any, next: Any) =>
    sessions(req, res, (error: unknown) => {
      if (error) return next(error);
      refusing.times = 1;
      login(req, "bob");
      inner(req, res, next);
    });
  const { status, errors } = await visit(both, () => {}, { cookie });
  expect([status, errors.map(({ code }) => code)]).toEqual([500, ["STORE_FAILED"]]);
});
