/** Two middlewares on one request: a session that was set aside is stored as if it were alone. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { login, logout, subjectOf, update } from "../../src/express/session_functions.ts";
import { told } from "./support/app.ts";
import { type Any, ours } from "./support/libraries.ts";
import { makeStore, type StoreKind } from "./support/stores.ts";

type SetAside = (req: Any) => void;
const SET_ASIDE: Record<string, SetAside> = {
  "req.session = undefined": (req) => req.session = undefined,
  "req.session = null": (req) => req.session = null,
  "delete req.session": (req) => delete req.session,
};

interface Jar {
  a?: string | undefined;
  b?: string | undefined;
}

/** An application with two stores, whose handler finds both sessions on the request. */
function twoSessions(kind: StoreKind, setAside: SetAside, options = {}) {
  const stores = { a: makeStore(kind, ours), b: makeStore(kind, ours) };
  const make = (name: "a" | "b") =>
    ours.session({
      secret: "keyboard cat",
      resave: false,
      saveUninitialized: false,
      name,
      store: stores[name].store,
      ...options,
    });
  const [first, second] = [make("a"), make("b")];
  const visit = async (jar: Jar, handler: (req: Any, res: Any) => unknown) => {
    const errors: Error[] = [];
    const server = createServer((req: Any, res) => {
      const next = (act: () => unknown) => (error?: Error) => {
        if (!error) return void act();
        errors.push(error);
        if (!res.headersSent) res.end(error.message);
      };
      first(
        req,
        res,
        next(() => {
          req.one = req.session;
          setAside(req);
          second(
            req,
            res,
            next(async () => {
              req.two = req.session;
              await handler(req, res);
              if (!res.headersSent) res.end("done");
            }),
          );
        }),
      );
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const cookie = Object.entries(jar).map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      headers: { cookie },
    });
    const body = await response.text();
    server.close();
    server.closeAllConnections();
    const sent: Jar = {};
    for (const field of response.headers.getSetCookie()) {
      const [, name, value] = /^(\w)=([^;]*)/.exec(field)!;
      sent[name as "a" | "b"] = value;
    }
    return { status: response.status, body, sent, errors };
  };
  const texts = (name: "a" | "b") =>
    Object.values(stores[name].content()).map((text) => {
      const { cookie: _, ...data } = JSON.parse(text);
      return data;
    });
  return { stores, visit, texts };
}

describe.each(Object.entries(SET_ASIDE))("%s", (_how, setAside) => {
  test.each(["async", "sync", "memory"] as const)(
    "each is stored in its own store, and sends its own cookie (%s)",
    async (kind) => {
      const { visit, texts } = twoSessions(kind, setAside);
      const write = (req: Any) => {
        if (req.one) req.one.n = (req.one.n ?? 0) + 1;
        req.two.m = (req.two.m ?? 0) + 10;
      };
      const first = await visit({}, write);
      const known = await visit(first.sent, write);
      expect(known.sent).toEqual({});
      expect(texts("b")).toEqual([{ m: 20 }]);
      expect(texts("a")).toEqual([{ n: 2 }]);
      expect(Object.keys(first.sent).sort()).toEqual(["a", "b"]);
      expect(first.sent.a).not.toBe(first.sent.b);
    },
  );

  test("one that nobody wrote to is not stored, and the other one is", async () => {
    const { visit, texts } = twoSessions("async", setAside);
    const { sent } = await visit({}, (req) => req.two.m = 1);
    expect([texts("a"), texts("b")]).toEqual([[], [{ m: 1 }]]);
    expect(Object.keys(sent)).toEqual(["b"]);
  });

  test('it is not destroyed, though unset is "destroy"', async () => {
    const { visit, texts } = twoSessions("async", setAside, { unset: "destroy" });
    const { sent } = await visit({}, (req) => {
      req.one.n = 1;
      req.two.m = 1;
    });
    await visit(sent, () => {});
    expect([texts("a"), texts("b")]).toEqual([[{ n: 1 }], [{ m: 1 }]]);
  });
});

describe("its methods reach its own store", () => {
  const write = (req: Any) => {
    req.one.n = 1;
    req.two.m = 1;
  };
  const story = async (handler: (req: Any) => unknown, kind: StoreKind = "async") => {
    const { visit, texts } = twoSessions(kind, SET_ASIDE["req.session = null"]!);
    const { sent } = await visit({}, write);
    const answer = await visit(sent, handler);
    expect(answer.errors).toEqual([]);
    return { ...answer, before: sent, a: texts("a"), b: texts("b") };
  };

  test.each(["async", "memory"] as const)("save(), reload() (%s)", async (kind) => {
    const { a, b, sent } = await story(async (req) => {
      req.one.n = 2;
      await told((done) => req.one.save(done));
      const { session } = req;
      await told((done) => req.one.reload(done));
      expect([req.session.n, req.sessionID]).toEqual([2, session.id]);
      req.session.n = 3;
      req.session = session;
    }, kind);
    expect([a, b, sent]).toEqual([[{ n: 3 }], [{ m: 1 }], {}]);
  });

  test.each(["async", "memory"] as const)("destroy() (%s)", async (kind) => {
    const { a, b, sent } = await story(async (req) => {
      const { session } = req;
      await told((done) => req.one.destroy(done));
      req.session = session;
      req.two.m = 2;
    }, kind);
    expect([a, b, sent]).toEqual([[], [{ m: 2 }], {}]);
  });

  test.each(["async", "memory"] as const)("regenerate(), and then save() (%s)", async (kind) => {
    const { a, b, sent, before } = await story(async (req) => {
      const { session } = req;
      await told((done) => req.one.regenerate(done));
      req.session.user = "bert";
      await told((done) => req.session.save(done));
      req.session.user = "anna";
      req.session = session;
      req.two.m = 2;
    }, kind);
    expect([a, b]).toEqual([[{ user: "anna" }], [{ m: 2 }]]);
    expect(Object.keys(sent)).toEqual(["a"]);
    expect(sent.a).not.toBe(before.a);
  });

  test("login(), update() and logout() are of the one that is on the request", async () => {
    const { a, b, sent } = await story(async (req) => {
      req.session = req.one;
      await login(req, "anna");
      await update(req, (data: Any) => data.n += 1);
      expect(subjectOf(req)).toBe("anna");
      expect(req.sessionID).toBe(req.two.id);
      req.session = req.two;
      expect(subjectOf(req)).toBeUndefined();
      await update(req, (data: Any) => data.m += 1);
      await logout(req);
    });
    expect([a, b]).toMatchObject([[{ n: 2 }], []]);
    expect(sent.a).toBeDefined();
    expect(sent.b).toBe("");
  });
});

test("it makes no difference which of them the request has in the end", async () => {
  const { visit, texts } = twoSessions("async", SET_ASIDE["req.session = null"]!);
  const { sent } = await visit({}, (req) => {
    req.one.n = 1;
    req.two.m = 1;
    req.session = req.one;
  });
  expect([texts("a"), texts("b"), Object.keys(sent).sort()]).toEqual([
    [{ n: 1 }],
    [{ m: 1 }],
    ["a", "b"],
  ]);
});

test("a store with a regenerate() of its own destroys the session that is meant", async () => {
  const { stores, visit, texts } = twoSessions("async", SET_ASIDE["req.session = null"]!);
  const { store } = stores.a;
  store.regenerate = (req: Any, done: Any) =>
    store.destroy(req.sessionID, (error: unknown) => (store.generate(req), done(error)));
  const { sent } = await visit({}, (req) => {
    req.one.n = 1;
    req.two.m = 1;
  });
  await visit(sent, async (req) => {
    await told((done) => req.one.regenerate(done));
    req.session.n = 2;
  });
  expect([texts("a"), texts("b")]).toEqual([[{ n: 2 }], [{ m: 1 }]]);
});

test("the same middleware once more finds its session again, as in express-session", async () => {
  const { store, content } = makeStore("async", ours);
  const middleware = ours.session({
    secret: "keyboard cat",
    resave: false,
    saveUninitialized: false,
    store,
  });
  const visit = async (cookie: string) => {
    const server = createServer((req: Any, res) => {
      middleware(req, res, () => {
        if (req.session.n) req.session.n = 99;
        req.session = null;
        middleware(req, res, () => {
          req.session.n = (req.session.n ?? 0) + 1;
          res.end();
        });
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}`, { headers: { cookie } });
    await response.text();
    server.close();
    server.closeAllConnections();
    return response.headers.getSetCookie();
  };
  const sent = await visit("");
  expect(sent).toHaveLength(1);
  expect(await visit(sent[0]!.split(";")[0]!)).toEqual([]);
  expect(Object.values(content()).map((text) => JSON.parse(text).n)).toEqual([2]);
});

test("what one of them could not store is the error page of both", async () => {
  const { stores, visit, texts } = twoSessions("async", SET_ASIDE["req.session = null"]!);
  stores.a.store.set = (_id: string, _session: Any, done: Any) => {
    setImmediate(done, new Error("disk full"));
  };
  const { status, body, sent } = await visit({}, (req) => {
    req.one.n = 1;
    req.two.m = 1;
  });
  expect([status, body, Object.keys(sent)]).toEqual([500, "disk full", ["b"]]);
  expect([texts("a"), texts("b")]).toEqual([[], [{ m: 1 }]]);
});
