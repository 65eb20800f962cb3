/** login(), logout(), update(), take(), flash() and subjectOf() take the request, whatever store it is. */
import { describe, expect, test } from "vitest";
import session, {
  flash,
  infoOf,
  login,
  logout,
  SessionError,
  subjectOf,
  take,
  toExpressStore,
  update,
} from "../../src/express/mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type App, makeApp, tell, told, useDriver, write } from "./support/app.ts";
import { headerOf } from "./support/drive.ts";
import { type Any, ours, theirs } from "./support/libraries.ts";
import { makeStore } from "./support/stores.ts";
import { twoMiddlewares } from "./support/aside.ts";
import { dataBehind, visit } from "./support/visit.ts";

useDriver();

const STORES: Record<string, () => Any> = {
  "MemoryStore": () => new ours.MemoryStore(),
  "a native store": () => toExpressStore(memoryStore()),
  "a callback store": () => makeStore("async", ours).store,
  "a callback store of the real package's Store": () => makeStore("async", theirs).store,
  "a callback store without touch()": () => makeStore("async-no-touch", theirs).store,
  "the real package's MemoryStore": () => new theirs.MemoryStore(),
};

/** What a function of the request comes to: its value, or the code of its error. */
const outcome = async (act: () => unknown): Promise<unknown> => {
  try {
    return await act();
  } catch (error) {
    return error instanceof SessionError ? error.code : error;
  }
};

/** Runs a function of the request and says what came of it. */
async function run(app: App, cookie: string | undefined, act: (req: Any) => unknown) {
  let result: unknown;
  const answer = await app.play(async (req, res) => {
    result = await act(req);
    res.end("ended");
  }, cookie);
  expect([answer.status, answer.body]).toEqual([200, "ended"]);
  expect(app.errors).toEqual([]);
  return { result, cookie: answer.cookie ?? cookie, removed: answer.cookie === "" };
}

const dataOf = ({ cookie: _, ...data }: Any): Any => data;

describe.each(Object.entries(STORES))("with %s", (_kind, storeOf) => {
  const app = (options = {}) =>
    makeApp({ library: ours, options: { store: storeOf(), ...options } });
  const seen = async (one: App, cookie: string | undefined) =>
    (await run(one, cookie, (req) => [subjectOf(req), dataOf(req.session)])).result;

  test("login() moves the session with its data, and notes who it is", async () => {
    const one = app();
    const { cookie: before } = await one.play(write);
    const ids: string[] = [];
    const { cookie } = await run(one, before, async (req) => {
      const held = req.session;
      ids.push(req.sessionID);
      await login(req, "ada");
      ids.push(req.sessionID, req.session.id);
      expect(req.session).toBe(held);
      held.more = true;
    });
    expect(ids[1]).toBe(ids[2]);
    expect(ids[1]).not.toBe(ids[0]);
    expect(cookie).not.toBe(before);
    expect(await seen(one, cookie)).toEqual(["ada", { n: 1, more: true }]);
    // Nobody is left behind under the old id.
    expect(await seen(one, before)).toEqual([undefined, {}]);
  });

  test("login() keeps what it is told to, and nothing of another subject", async () => {
    const one = app();
    const { cookie: first } = await run(one, undefined, (req) => {
      Object.assign(req.session, { a: 1, b: 2 });
    });
    const { cookie: ada } = await run(one, first, (req) => login(req, "ada", { keep: ["b"] }));
    expect(await seen(one, ada)).toEqual(["ada", { b: 2 }]);
    const { cookie: bob } = await run(one, ada, (req) => login(req, "bob"));
    expect(await seen(one, bob)).toEqual(["bob", {}]);
  });

  test("regenerate({ keep }) carries data over, regenerate() nothing, not even who it was", async () => {
    const one = app();
    const { cookie: ada } = await run(one, undefined, async (req) => {
      req.session.n = 1;
      await login(req, "ada");
      flash(req, "info", "welcome");
    });
    const { cookie: kept } = await run(one, ada, (req) => req.session.regenerate({ keep: true }));
    expect(kept).not.toBe(ada);
    expect(await seen(one, kept)).toEqual(["ada", { n: 1 }]);
    const renewals: ((req: Any) => unknown)[] = [
      (req) => told((done) => req.session.regenerate(done)),
      (req) => req.session.regenerate(),
      (req) => told((done) => req.sessionStore.regenerate(req, done)),
    ];
    for (const renew of renewals) {
      const { cookie: mine } = await run(one, undefined, async (req) => {
        req.session.n = 1;
        await login(req, "ada");
        flash(req, "info", "welcome");
      });
      const { cookie } = await run(one, mine, async (req) => {
        await renew(req);
        expect(subjectOf(req)).toBeUndefined();
        req.session.fresh = true;
      });
      expect(cookie).not.toBe(mine);
      expect(await seen(one, cookie)).toEqual([undefined, { fresh: true }]);
      expect((await run(one, cookie, (req) => flash(req, "info"))).result).toEqual([]);
      expect(await seen(one, mine)).toEqual([undefined, {}]);
    }
  });

  test("logout() ends the session and removes the cookie, once more is no harm", async () => {
    const one = app();
    const { cookie } = await run(one, undefined, (req) => login(req, "ada"));
    const out = await run(one, cookie, async (req) => {
      await logout(req);
      expect([req.session, subjectOf(req), flash(req, "info")]).toEqual([undefined, undefined, []]);
      await logout(req);
    });
    expect(out.removed).toBe(true);
    expect(await seen(one, cookie)).toEqual([undefined, {}]);
    // Where there was none, there is none afterwards.
    expect((await run(one, undefined, logout)).cookie).toBeUndefined();
  });

  test("update() and take() are exact among what one server does at once", async () => {
    const one = app();
    const { cookie } = await run(
      one,
      undefined,
      (req) => Object.assign(req.session, { n: 0, state: "x" }),
    );
    const { result } = await run(one, cookie, async (req) => {
      const taken = await Promise.all([1, 2, 3].map(() => take(req, "state")));
      const counted = await Promise.all(
        [1, 2, 3].map(() => update(req, (data: Any) => ++data.n)),
      );
      return [
        taken.filter(Boolean),
        counted.sort(),
        await update(req, (data: Any) => Promise.resolve(data.m = 9)),
      ];
    });
    expect(result).toEqual([["x"], [1, 2, 3], 9]);
    expect(await seen(one, cookie)).toEqual([undefined, { n: 3, m: 9 }]);
  });

  test("flash() keeps messages apart from data of that name", async () => {
    const one = app();
    const { cookie } = await run(one, undefined, (req) => {
      req.session.flash = { info: ["the application's own"] };
      flash(req, "info", "saved");
      flash(req, "info", "twice");
      flash(req, "error", "not quite");
    });
    const read = await run(one, cookie, (req) => [flash(req, "info"), flash(req, "info")]);
    expect(read.result).toEqual([["saved", "twice"], []]);
    expect((await run(one, cookie, (req) => flash(req, "info"))).result).toEqual([]);
    expect((await run(one, cookie, (req) => flash(req, "error"))).result).toEqual(["not quite"]);
    expect(await seen(one, cookie)).toEqual([undefined, {
      flash: { info: ["the application's own"] },
    }]);
  });

  test("a rolling session of somebody logged in goes on", async () => {
    const one = app({ rolling: true, cookie: { maxAge: 60_000 } });
    const { cookie } = await run(one, undefined, (req) => login(req, "ada"));
    for (let visit = 0; visit < 3; visit++) {
      const answer = await one.play((req, res) => {
        res.end(String(subjectOf(req)));
      }, cookie);
      expect(answer.body).toBe("ada");
      expect(headerOf(answer, "set-cookie")[0]).toContain("Expires=");
      expect(answer.cookie).toBe(cookie);
    }
    await run(one, cookie, (req) => req.session.touch());
    expect(await seen(one, cookie)).toEqual(["ada", {}]);
  });

  test("our notes are nobody's data, whatever a body says", async () => {
    const one = app();
    const notes = { subject: "root", authenticatedAt: 1, flash: { info: ["owned"] } };
    const body = () => JSON.parse(JSON.stringify({ $websession: notes, n: 1 }));
    const attacks: Record<string, (req: Any) => unknown> = {
      "assignment": (req) => void (req.session.$websession = notes),
      "Object.assign()": (req) => void Object.assign(req.session, body()),
      "update()": (req) => update(req, (data: Any) => void Object.assign(data, body())),
      "update() with what was there": (req) =>
        update(req, (data: Any) => void (data.$websession = { ...data.$websession, ...notes })),
      "take()": (req) => take(req, "$websession"),
      "take() of a note": (req) => take(req, "$websession.subject"),
      "flash()": (req) => flash(req, "$websession", "root"),
      "flash() by a name of every object": (req) => flash(req, "__proto__", "root"),
      "deleting": (req) => void delete req.session.$websession,
    };
    for (const [name, attack] of Object.entries(attacks)) {
      for (const who of [undefined, "ada"]) {
        const { cookie } = await run(one, undefined, async (req) => {
          req.session.kept = 1;
          if (who !== undefined) await login(req, who);
        });
        const { result } = await run(one, cookie, attack);
        if (name.startsWith("take")) expect(result).toBeUndefined();
        const next = await run(one, cookie, async (req) => [
          subjectOf(req),
          flash(req, "info"),
          "$websession" in req.session,
          await outcome(() => update(req, (data: Any) => "$websession" in data)),
          req.session.kept,
        ]);
        expect(next.result, name).toEqual([who, [], false, false, 1]);
      }
    }
  });
});

test("what another package's store makes of a record is copied, whatever it adds", async () => {
  const { store } = makeStore("async", theirs);
  const made: Any[] = [];
  store.createSession = function (req: Any, data: Any) {
    const session = theirs.Store.prototype.createSession.call(this, req, data);
    session.decorated = true;
    made.push(session);
    return session;
  };
  const one = makeApp({ library: ours, options: { store, cookie: { maxAge: 60_000 } } });
  const { cookie } = await one.play(write);
  await run(one, cookie, async (req) => {
    const { session } = req;
    expect(made).toHaveLength(1);
    // Its id is fixed for good: no other can be given to it.
    expect(Object.getOwnPropertyDescriptor(made[0], "id")?.configurable).toBe(false);
    expect(session).toBeInstanceOf(ours.Session);
    expect([session.id, session.n, session.decorated]).toEqual([made[0].id, 1, true]);
    expect(session.cookie).toBe(made[0].cookie);
    await told((done) => session.reload(done));
    expect(req.session).toBeInstanceOf(ours.Session);
    expect(req.session).not.toBe(session);
    await login(req, "ada");
    expect(req.session.id).not.toBe(made[0].id);
  });
});

describe("without a session", () => {
  const FUNCTIONS: Record<string, (req: Any) => unknown> = {
    login: (req) => login(req, "ada"),
    logout,
    update: (req) => update(req, () => {}),
    take: (req) => take(req, "key"),
    flash: (req) => flash(req, "info"),
    "flash with a message": (req) => flash(req, "info", "saved"),
    subjectOf,
  };

  test.each(Object.entries(FUNCTIONS))("%s() says that no middleware ran", async (_name, act) => {
    for (const req of [{ headers: {} }, { headers: {}, session: { login: true } }, {}, undefined]) {
      expect(await outcome(() => act(req))).toBe("SESSION_MISSING");
    }
  });

  test("what was destroyed is gone: nothing is done to it, and nothing to read", async () => {
    const one = makeApp({ library: ours });
    for (
      const end of [(req: Any) => req.session.destroy(), (req: Any) => void (req.session = null)]
    ) {
      const { cookie } = await run(one, undefined, (req) => login(req, "ada"));
      const { result } = await run(one, cookie, async (req) => {
        await end(req);
        const outcomes: Record<string, unknown> = {};
        for (const [name, act] of Object.entries(FUNCTIONS)) {
          outcomes[name] = await outcome(() => act(req));
        }
        return outcomes;
      });
      expect(result).toEqual({
        login: "SESSION_GONE",
        logout: undefined,
        update: "SESSION_GONE",
        take: "SESSION_GONE",
        flash: [],
        "flash with a message": "SESSION_GONE",
        subjectOf: undefined,
      });
    }
  });

  test("asking who it is, or for messages, begins none", async () => {
    const one = makeApp({ library: ours });
    const ids: string[] = [];
    const middleware = session({
      secret: "keyboard cat",
      resave: false,
      saveUninitialized: false,
      store: one.watched.store,
    });
    const before = { headers: {}, url: "/" } as Any;
    middleware(
      before,
      {},
      () => ids.push(String(subjectOf(before)), String(flash(before, "info"))),
    );
    expect(ids).toEqual(["undefined", ""]);
    expect(Object.getOwnPropertyDescriptor(before, "session")?.get).toBeDefined();
    expect((await one.play(tell)).cookie).toBeUndefined();
  });

  test("a promise nobody awaits ends no process, and whoever awaits it hears", async () => {
    const heard: unknown[] = [];
    const listen = (reason: unknown) => heard.push(reason);
    process.on("unhandledRejection", listen);
    const req = { headers: {} };
    const promises = [login(req, "ada"), logout(req), update(req, () => {}), take(req, "key")];
    await new Promise((resolve) => setTimeout(resolve, 0));
    process.off("unhandledRejection", listen);
    expect(heard).toEqual([]);
    for (const promise of promises) await expect(promise).rejects.toThrow(SessionError);
  });

  test.each([
    ["login", (req: Any) => login(req, "")],
    ["login", (req: Any) => login(req, 7 as Any)],
    ["update", (req: Any) => update(req, "n" as Any)],
    ["flash", (req: Any) => flash(req, "info", { text: "saved" } as Any)],
  ])("%s() refuses what it cannot take", async (name, act) => {
    const one = makeApp({ library: ours });
    const { result } = await run(one, undefined, (req) => outcome(() => act(req)));
    expect(result).toBeInstanceOf(TypeError);
    expect((result as Error).message).toContain(`${name}() needs`);
  });
});

describe("a session that was set aside, and is the request's again", () => {
  test.each<[string, (req: Any) => unknown, unknown[]]>([
    ["subjectOf()", subjectOf, ["bob", "ada"]],
    ["infoOf()", (req) => infoOf(req).subject, ["bob", "ada"]],
    ["flash()", (req) => flash(req, "info"), [["hello bob"], ["hello ada"]]],
    ["take()", (req) => take(req, "n"), ["bob", "ada"]],
    ["update()", (req) => update(req, (data: Any) => data.n), ["bob", "ada"]],
  ])("is what %s asks", async (_name, act, answers) => {
    const { during, held } = await twoMiddlewares();
    const { result } = await during(async (req) => {
      const first = await act(req);
      req.session = held.a;
      return [first, await act(req)];
    });
    expect(result).toEqual(answers);
  });

  test("is what logout() ends", async () => {
    const { a, b, cookies, during, held } = await twoMiddlewares();
    await during(async (req) => {
      req.session = held.a;
      await logout(req);
    });
    expect(await dataBehind(a, cookies[0])).toEqual({});
    expect(await dataBehind(b, cookies[1])).toEqual({ n: "bob", m: 1 });
  });
});

test("a session of no request, in the place of the request's, is asked and ended like it", async () => {
  const { a, cookies } = await twoMiddlewares();
  const { result } = await visit(a, async (req) => {
    req.session = await told((done) => req.sessionStore.load(req.sessionID, done));
    const answers = [subjectOf(req), flash(req, "info"), await take(req, "n")];
    await logout(req);
    return answers;
  }, { cookie: cookies[0] });
  expect(result).toEqual(["ada", ["hello ada"], "ada"]);
  expect(await dataBehind(a, cookies[0])).toEqual({});
});
