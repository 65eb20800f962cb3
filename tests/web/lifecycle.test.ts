/** Sessions through logins, rotations, logouts and races. */
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { SessionError } from "../../mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type Any, gate, makeSessions, setCookieOf, visit, withVerb } from "./support.ts";

const begin = async (sessions: ReturnType<typeof makeSessions>["sessions"], data: object) =>
  (await visit(sessions, undefined, (session) => void Object.assign(session, data))).cookie!;

const dataOf = async (sessions: ReturnType<typeof makeSessions>["sessions"], cookie?: string) =>
  (await visit(sessions, cookie, ({ cookie: _, $websession, ...data }) => data)).result;

describe("login and regenerate", () => {
  test("S39 login moves the session: the old id is dead, the data go along", async () => {
    const { sessions, store } = makeSessions();
    const before = await begin(sessions, { cart: ["book"] });
    const { cookie, result } = await visit(sessions, before, async (session) => {
      await session.login("ada");
      return session.subject;
    });
    expect(result).toBe("ada");
    expect(cookie).not.toBe(before);
    expect(await dataOf(sessions, before)).toEqual({});
    expect(await dataOf(sessions, cookie)).toEqual({ cart: ["book"] });
    expect(store.list("ada")).toHaveLength(1);
    expect((await visit(sessions, cookie, (session) => session.subject)).result).toBe("ada");
  });

  test("S39 login of a stranger begins a session under an id nobody knew", async () => {
    const { sessions } = makeSessions();
    const { cookie, result } = await visit(sessions, undefined, async (session) => {
      const before = session.id;
      await session.login("ada");
      return before !== session.id;
    });
    expect(result).toBe(true);
    expect((await visit(sessions, cookie, (session) => session.subject)).result).toBe("ada");
  });

  for (
    const [keep, left] of [
      [undefined, { a: 1, b: 2 }],
      [true, { a: 1, b: 2 }],
      [["a"], { a: 1 }],
      [false, {}],
      [[], {}],
    ] as const
  ) {
    test(`login({ keep: ${JSON.stringify(keep)} })`, async () => {
      const { sessions } = makeSessions();
      const before = await begin(sessions, { a: 1, b: 2 });
      const options = keep === undefined ? undefined : { keep };
      const { cookie } = await visit(sessions, before, (session) => session.login("ada", options));
      expect(await dataOf(sessions, cookie)).toEqual(left);
      expect((await visit(sessions, cookie, (session) => session.subject)).result).toBe("ada");
    });
  }

  test("regenerate() drops the data, regenerate({ keep }) moves them", async () => {
    const { sessions, store } = makeSessions();
    const first = await begin(sessions, { a: 1, b: 2 });
    const second = await visit(sessions, first, (session) => session.regenerate({ keep: ["b"] }));
    expect(await dataOf(sessions, second.cookie)).toEqual({ b: 2 });
    const third = await visit(sessions, second.cookie, (session) => session.regenerate());
    expect(await dataOf(sessions, third.cookie)).toEqual({});
    expect(store.length()).toBe(1);
    for (const dead of [first, second.cookie]) {
      expect((await visit(sessions, dead, (session) => session.isNew)).result).toBe(true);
    }
  });

  test("login refuses a subject that is none", async () => {
    const { sessions } = makeSessions();
    for (const subject of ["", 5, null, undefined]) {
      const visiting = visit(sessions, undefined, (session) => session.login(subject));
      await expect(visiting).rejects.toThrow(TypeError);
    }
  });
});

describe("logout", () => {
  test("S42 S47 ends the session for good; reads are empty, writes are refused or dropped", async () => {
    const { sessions, store } = makeSessions();
    const cookie = await begin(sessions, { user: "ada" });
    await visit(sessions, cookie, async (session) => {
      const leaving = session.logout();
      expect(session.user).toBeUndefined();
      await leaving;
      expect([session.id, session.user]).toEqual(["", undefined]);
      session.user = "eve";
      for (const act of ["save", "login", "regenerate"]) {
        await expect(session[act]("eve")).rejects.toThrow(
          expect.objectContaining({ code: "SESSION_GONE" }),
        );
      }
      await session.destroy();
    });
    expect(store.length()).toBe(0);
    expect(await dataOf(sessions, cookie)).toEqual({});
  });

  test("S86 one logout is one event, after the store's word", async () => {
    const { sessions, store } = makeSessions();
    const cookie = await begin(sessions, { user: "ada" });
    const lengths: unknown[] = [];
    sessions.on("destroyed", () => lengths.push(store.length()));
    await visit(sessions, cookie, (session) => Promise.all([session.logout(), session.destroy()]));
    expect(lengths).toEqual([0]);
  });

  for (
    const [what, act] of Object.entries<(session: Any) => unknown>({
      "writes": (session) => void (session.late = 1),
      "reads only": () => {},
      "touches": (session) => session.touch(),
      "edits the cookie": (session) => void (session.cookie.maxAge = 1e6),
      "saves": (session) => {
        session.late = 1;
        return expect(session.save()).rejects.toThrow(
          expect.objectContaining({ code: "SESSION_GONE" }),
        );
      },
      "updates": (session) =>
        expect(session.update((data: Any) => data.n = 1)).rejects.toThrow(SessionError),
      "logs in": (session) => expect(session.login("eve")).rejects.toThrow(SessionError),
    })
  ) {
    for (const options of [{}, { rolling: true, cookie: { maxAge: 60_000 } }, { resave: true }]) {
      test(`S43 S44 S45 S46 a request in flight that ${what} revives nothing ${JSON.stringify(options)}`, async () => {
        const { sessions, store } = makeSessions(options);
        const cookie = await begin(sessions, { user: "ada" });
        let discarded = 0;
        sessions.on("discarded", () => discarded++);
        const [arrived, goOn] = [gate(), gate()];
        const slow = visit(sessions, cookie, async (session) => {
          arrived.open();
          await goOn.wait;
          await act(session);
        });
        await arrived.wait;
        await visit(sessions, cookie, (session) => session.logout());
        goOn.open();
        const { response } = await slow;
        expect(setCookieOf(response)).toBeUndefined();
        expect(store.length()).toBe(0);
        if (what === "writes") expect(discarded).toBe(1);
      });
    }
  }

  test("S46 a store that moves the end while reading is asked again before a cookie is sent", async () => {
    const memory = memoryStore();
    // As a store elsewhere: it cannot tell without being asked that a session is gone.
    const remote = Object.assign(withVerb(memory, "read", () => {}), {
      readAndTouch: (id: string, maxAge: number) => memory.readAndTouch(id, maxAge),
    });
    const { sessions } = makeSessions({
      store: remote,
      rolling: true,
      cookie: { maxAge: 60_000 },
    });
    const cookie = await begin(sessions, { user: "ada" });
    const { response } = await visit(sessions, cookie, () => memory.clear());
    expect(setCookieOf(response)).toBeUndefined();
  });

  test("S40 a login is not undone by a slower request, which gets no cookie", async () => {
    const { sessions, store } = makeSessions({ cookie: { maxAge: 60_000 } });
    const before = await begin(sessions, { user: null });
    const [arrived, goOn] = [gate(), gate()];
    const slow = visit(sessions, before, async (session) => {
      arrived.open();
      await goOn.wait;
      session.late = 1;
    });
    await arrived.wait;
    const { cookie } = await visit(sessions, before, (session) => session.login("ada"));
    goOn.open();
    expect(setCookieOf((await slow).response)).toBeUndefined();
    expect(store.length()).toBe(1);
    expect(await dataOf(sessions, before)).toEqual({});
    expect((await visit(sessions, cookie, (session) => session.subject)).result).toBe("ada");
  });

  test("revoke, list and revokeAll", async () => {
    const { sessions, store } = makeSessions();
    const login = async () =>
      await visit(sessions, undefined, async (session) => {
        await session.login("ada");
        return session.id;
      });
    const [first, second, third] = [await login(), await login(), await login()];
    await begin(sessions, { other: true });
    expect(await sessions.list("ada")).toHaveLength(3);
    await sessions.revoke(first.result as string);
    expect(await sessions.revokeAll("ada", { except: second.result as string })).toBe(1);
    expect(await sessions.list("ada")).toHaveLength(1);
    expect(store.list("ada")).toEqual([second.result]);
    expect(store.length()).toBe(2);
    await expect(sessions.revoke(undefined as never)).rejects.toThrow(TypeError);
  });
});

describe("parallel requests", () => {
  test("S65 S69 changes to different keys all survive, removals among them", async () => {
    const { sessions } = makeSessions();
    const cookie = await begin(sessions, { old: 1, kept: 1 });
    const goOn = gate();
    let arrived = 0;
    const writers = Array.from(
      { length: 8 },
      (_, key) =>
        visit(sessions, cookie, async (session) => {
          // All have the same session before the first one changes it.
          if (++arrived === 8) goOn.open();
          await goOn.wait;
          if (key === 0) delete session.old;
          else session[`k${key}`] = key;
        }),
    );
    await Promise.all(writers);
    const keys = Array.from({ length: 7 }, (_, index) => [`k${index + 1}`, index + 1]);
    expect(await dataOf(sessions, cookie)).toEqual({ kept: 1, ...Object.fromEntries(keys) });
  });

  test("S67 8 × 50 increments by update() are 400", async () => {
    const { sessions } = makeSessions();
    const cookie = await begin(sessions, { n: 0 });
    await Promise.all(Array.from({ length: 8 }, async () => {
      for (let time = 0; time < 50; time++) {
        await visit(sessions, cookie, (session) => session.update((data: Any) => ++data.n));
      }
    }));
    expect(await dataOf(sessions, cookie)).toEqual({ n: 400 });
  });

  test("S67 increments within one request take turns as well", async () => {
    const { sessions } = makeSessions();
    const { cookie, result } = await visit(
      sessions,
      await begin(sessions, { n: 0 }),
      (session) =>
        Promise.all(Array.from({ length: 5 }, () => session.update((data: Any) => ++data.n))),
    );
    expect([cookie !== undefined, result]).toEqual([true, [1, 2, 3, 4, 5]]);
  });

  test("S68 take() has one winner", async () => {
    const { sessions } = makeSessions();
    const cookie = await begin(sessions, { state: "once" });
    const taken = await Promise.all(
      Array.from({ length: 8 }, () => visit(sessions, cookie, (session) => session.take("state"))),
    );
    expect(taken.map(({ result }) => result).filter((each) => each !== undefined)).toEqual([
      "once",
    ]);
  });

  test("S72 first saves of one request are one session, whether awaited or not", async () => {
    const { sessions, store } = makeSessions();
    const { cookie } = await visit(sessions, undefined, (session) => {
      session.user = "ada";
      void session.save();
      void session.save();
      session.more = 1;
    });
    expect(store.length()).toBe(1);
    expect(await dataOf(sessions, cookie)).toEqual({ user: "ada", more: 1 });
  });

  test("an update() may wait: what it does is stored when it is done", async () => {
    const { sessions } = makeSessions();
    const known = await begin(sessions, { n: 0 });
    for (const cookie of [known, undefined]) {
      const { response, result } = await visit(
        sessions,
        cookie,
        (session) =>
          session.update(async (data: Any) => {
            await Promise.resolve();
            data.n = 1;
            return "done";
          }),
      );
      expect(result).toBe("done");
      const next = cookie ?? setCookieOf(response)!.split(";")[0]!;
      expect(await dataOf(sessions, next)).toEqual({ n: 1 });
    }
  });
});

describe("the session object", () => {
  test("reload() drops changes, touch() and save() keep the session", async () => {
    const { sessions } = makeSessions();
    const cookie = await begin(sessions, { n: 1 });
    await visit(sessions, cookie, async (session) => {
      session.n = 2;
      session.extra = true;
      await session.reload();
      expect([session.n, session.extra]).toEqual([1, undefined]);
      expect(session.touch()).toBe(session);
      expect(session.resetMaxAge()).toBe(session);
      session.n = 3;
      await session.save();
    });
    expect(await dataOf(sessions, cookie)).toEqual({ n: 3 });
    await expect(visit(sessions, undefined, (session) => session.reload())).rejects.toThrow(
      expect.objectContaining({ code: "SESSION_GONE" }),
    );
  });

  test("flash messages are read once, by the next request", async () => {
    const { sessions } = makeSessions();
    const { cookie } = await visit(sessions, undefined, (session) => {
      session.flash("info", "saved");
      session.flash("info", "twice");
      session.flash("error", "but");
    });
    const read = (type: string) => visit(sessions, cookie, (session) => session.flash(type));
    expect((await read("info")).result).toEqual(["saved", "twice"]);
    expect((await read("info")).result).toEqual([]);
    expect((await read("error")).result).toEqual(["but"]);
    expect((await read("constructor")).result).toEqual([]);
  });

  test("an empty session that was saved has a cookie", async () => {
    const { sessions, store } = makeSessions();
    const { cookie } = await visit(sessions, undefined, (session) => session.save());
    expect([cookie !== undefined, store.length()]).toEqual([true, 1]);
  });

  test("its keys are the data and the cookie; methods and id are not among them", async () => {
    const { sessions } = makeSessions();
    await visit(sessions, await begin(sessions, { user: "ada" }), (session) => {
      expect(Object.keys(session).sort()).toEqual(["cookie", "user"]);
      expect(JSON.parse(JSON.stringify(session)).user).toBe("ada");
    });
  });

  test("S83 S84 inspecting it shows no id", async () => {
    const { sessions } = makeSessions();
    await visit(sessions, await begin(sessions, { user: "ada" }), (session) => {
      const { id } = session;
      expect(inspect(session)).toContain("[redacted]");
      expect(inspect({ session }, { depth: 9 }) + JSON.stringify(session)).not.toContain(id);
    });
  });

  test("S57 S58 stored keys shadow no method and pollute nothing, after a rebase too", async () => {
    const { sessions, store } = makeSessions();
    const cookie = await begin(sessions, { n: 1 });
    const poison = '"save":1,"id":"x","destroy":null,"constructor":{"prototype":{"x":1}},' +
      '"__proto__":{"x":1},"subject":"eve","isNew":"yes"';
    const spoil = () => {
      const id = store.ids()[0]!;
      const { json, version } = store.peek(id)!;
      const spoiled = json.replace(/\}$/, `,${poison}}`);
      store.commit(id, { json: spoiled, expires: null }, version);
    };
    spoil();
    for (const racing of [false, true]) {
      await visit(sessions, cookie, async (session) => {
        const { id } = session;
        session.n++;
        if (racing) spoil();
        await session.save();
        await session.update((data: Any) => data.m = 1);
        expect(session.id).toBe(id);
        expect([typeof session.save, typeof session.destroy]).toEqual(["function", "function"]);
        expect([session.x, ({} as Any)["x"], session.constructor.name]).toEqual(
          [undefined, undefined, "WebSession"],
        );
      });
    }
    expect((await visit(sessions, cookie, (session) => session.n)).result).toBe(3);
  });
});
