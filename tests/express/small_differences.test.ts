/** The smaller rows of README.md's table: what express-session does, and what ours does instead. */
import { describe, expect, test, vi } from "vitest";
import { type Handler, makeApp, tell, told, useDriver, write } from "./support/app.ts";
import { type Any, type Library, ours, theirs } from "./support/libraries.ts";

useDriver();

const both = async (
  run: (library: Library) => unknown,
) => [await run(theirs), await run(ours)];

test("a session that has ended is absent, whatever the store says", async () => {
  const run = async (library: Library) => {
    const app = makeApp({ library });
    const { cookie } = await app.play(write);
    const ended = { cookie: { path: "/", expires: new Date(1).toISOString() }, n: 1 };
    app.watched.store.get = (_id: string, done: Any) => setImmediate(done, null, ended);
    return JSON.parse((await app.play(tell, cookie)).body).n;
  };
  expect(await both(run)).toEqual([1, undefined]);
});

test("… and MemoryStore does not take it again", async () => {
  const run = async (library: Library) => {
    const app = makeApp({ library, kind: "memory" });
    const { cookie } = await app.play(write);
    const answer = await app.play(async (req, res) => {
      req.session.cookie.maxAge = 0;
      await told((done) => req.session.save(done));
      const again = told((done) => req.session.save(done));
      res.end(await again.then(() => "stored", ({ code }) => code));
    }, cookie);
    return answer.body;
  };
  expect(await both(run)).toEqual(["stored", "SESSION_GONE"]);
});

test("MemoryStore drops ended sessions that nobody asks for", () => {
  vi.useFakeTimers();
  try {
    const left = [theirs, ours].map((library) => {
      const store = new library.MemoryStore();
      const session = { cookie: new library.Cookie({ maxAge: 1000 }) };
      store.set("a", session, () => {});
      vi.runAllTicks();
      expect(Object.keys(store.sessions)).toEqual(["a"]);
      vi.advanceTimersByTime(3_600_000);
      return Object.keys(store.sessions).length;
    });
    expect(left).toEqual([1, 0]);
  } finally {
    vi.useRealTimers();
  }
});

test("… and of more than it has room for those that were not used for longest", async () => {
  const store = new ours.MemoryStore({ max: 2 });
  for (const id of ["a", "b", "c"]) {
    await told((done) => store.set(id, { cookie: new ours.Cookie() }, done));
  }
  expect(Object.keys(store.sessions)).toEqual(["b", "c"]);
});

test("a save() that nobody waits for is stored before what comes at the end", async () => {
  const run = async (library: Library) => {
    const app = makeApp({ library });
    const { cookie } = await app.play(write);
    const { store } = app.watched;
    const { set } = store;
    const begun: (() => void)[] = [];
    // The first of two is the slower one.
    store.set = function (id: string, session: Any, done: Any) {
      const text = JSON.stringify(session);
      const act = () => set.call(store, id, JSON.parse(text), done);
      const after = (turns: number): unknown =>
        turns === 0 ? act() : setImmediate(() => after(turns - 1));
      after(begun.push(act) > 1 ? 0 : 20);
    };
    await app.play((req, res) => {
      req.session.n = 2;
      void req.session.save();
      req.session.n = 3;
      res.end();
    }, cookie);
    await vi.waitFor(() =>
      expect(app.watched.log.filter(({ verb }) => verb === "set").length).toBe(3)
    );
    store.set = set;
    return JSON.parse((await app.play(tell, cookie)).body).n;
  };
  expect(await both(run)).toEqual([2, 3]);
});

test("regenerate() ends the session that is there, whatever req.sessionID says", async () => {
  const run = async (library: Library) => {
    const app = makeApp({ library });
    const { cookie } = await app.play(write);
    await app.play(async (req, res) => {
      req.sessionID = "another";
      await told((done) => req.session.regenerate(done));
      res.end();
    }, cookie);
    return JSON.parse((await app.play(tell, cookie)).body).n;
  };
  expect(await both(run)).toEqual([1, undefined]);
});

test("reload() of a session that is gone says the same on every store", async () => {
  const reload: Handler = async (req, res) => {
    await told((done) => req.sessionStore.destroy(req.sessionID, done));
    const error = await told((done) => req.session.reload(done)).catch((thrown) => thrown);
    res.end(error.message);
  };
  const run = (kind: "async" | "enoent") => async (library: Library) => {
    const app = makeApp({ library, kind });
    const { cookie } = await app.play(write);
    return (await app.play(reload, cookie)).body;
  };
  expect(await both(run("async"))).toEqual(Array(2).fill("failed to load session"));
  expect(await both(run("enoent"))).toEqual(["no such file", "failed to load session"]);
});

test("save() and reload() are of the class, as a session's other methods", async () => {
  const methods = ["save", "reload", "touch", "destroy", "regenerate"];
  const run = async (library: Library) => {
    const app = makeApp({ library });
    const answer = await app.play((req, res) => {
      const own = methods.filter((name) => Object.hasOwn(req.session, name));
      req.session.save = "assigned";
      res.end(JSON.stringify([own, "save" in JSON.parse(JSON.stringify(req.session))]));
    });
    return JSON.parse(answer.body);
  };
  expect(await both(run)).toEqual([[["save", "reload"], false], [[], true]]);
});

describe("what is laid over a session", () => {
  test.each(["cookie", "touch", "resetMaxAge"])(
    "in place of %s is an answer or an error page, not a visitor who waits",
    async (name) => {
      const run = async (library: Library) => {
        const app = makeApp({ library });
        const { broken, status } = await app.play(
          (req, res) => {
            Object.assign(req.session, { [name]: "text" });
            res.end();
          },
          undefined,
          { patience: 300 },
        );
        return broken ?? (status === 200 || status === 500);
      };
      expect(await both(run)).toEqual(["hangs", true]);
    },
  );

  test("as $websession is no data: our notes stand under that name in a record", async () => {
    const run = async (library: Library) => {
      const app = makeApp({ library });
      const { cookie } = await app.play((req, res) => {
        Object.assign(req.session, { n: 1, $websession: { subject: "somebody else" } });
        res.end();
      });
      return JSON.parse((await app.play(tell, cookie)).body).$websession;
    };
    expect(await both(run)).toEqual([{ subject: "somebody else" }, undefined]);
  });
});
