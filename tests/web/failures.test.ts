/** What goes wrong, and who is told. */
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { createSessions, lock, type SessionOptions } from "../../mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import {
  type Any,
  cookieOf,
  gate,
  makeSessions,
  request,
  SECRET,
  setCookieOf,
  visit,
  withVerb,
} from "./support.ts";

const fail = () => {
  throw new Error("the store is down");
};

describe("a handler that throws", () => {
  const boom = new Error("boom");
  const failing = (options: Partial<SessionOptions>, act: (session: Any) => unknown) => {
    const made = makeSessions(options);
    const handler = made.sessions.wrap(async (_request, session) => {
      await act(session);
      throw boom;
    });
    return { ...made, handler };
  };

  test("its error reaches the framework, its changes are dropped", async () => {
    const { handler, sessions, store } = failing({}, (session) => void (session.n = 2));
    await expect(handler(request())).rejects.toBe(boom);
    expect(store.length()).toBe(0);
    const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
    await expect(handler(request(cookie))).rejects.toBe(boom);
    expect((await visit(sessions, cookie, (session) => session.n)).result).toBe(1);
  });

  test("saveOnError stores them", async () => {
    const { handler, sessions } = failing({ saveOnError: true }, (session) => void (session.n = 2));
    const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
    await expect(handler(request(cookie))).rejects.toBe(boom);
    expect((await visit(sessions, cookie, (session) => session.n)).result).toBe(2);
  });

  test("saveOnError begins no session: there is no response to carry its cookie", async () => {
    const { handler, store } = failing({ saveOnError: true }, (session) => void (session.n = 2));
    await expect(handler(request())).rejects.toBe(boom);
    expect(store.length()).toBe(0);
  });

  test("a store that fails as well is an event, and hides nothing", async () => {
    const store = withVerb(memoryStore(), "commit", fail);
    const { handler, sessions } = failing(
      { saveOnError: true, store },
      (session) => void (session.n = 2),
    );
    const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
    const heard: unknown[] = [];
    sessions.on("error", ({ error, during }) => heard.push([(error as Error).message, during]));
    await expect(handler(request(cookie))).rejects.toBe(boom);
    expect(heard).toEqual([["The session store failed", "save"]]);
  });

  test("what it stored itself stays stored; a logout stays a logout", async () => {
    const saved = failing({}, async (session) => {
      session.n = 2;
      await session.save();
    });
    const { cookie } = await visit(saved.sessions, undefined, (session) => void (session.n = 1));
    await expect(saved.handler(request(cookie))).rejects.toBe(boom);
    expect((await visit(saved.sessions, cookie, (session) => session.n)).result).toBe(2);

    const left = failing({}, (session) => session.logout());
    const second = await visit(left.sessions, undefined, (session) => void (session.n = 1));
    await expect(left.handler(request(second.cookie))).rejects.toBe(boom);
    expect(left.store.length()).toBe(0);
  });
});

describe("what a handler returns", () => {
  test("that is no Response is an error that says so, and nothing is stored", async () => {
    const store = memoryStore();
    const sessions = createSessions<{ views: number }>({ secret: "x".repeat(32), store });
    const handler = sessions.wrap((_request, session) => {
      session.views = 1;
      return "text" as unknown as Response;
    });
    await expect(handler(new Request("https://example.com/"))).rejects.toThrow(
      new TypeError("A handler must return a Response, not a value of type string"),
    );
    expect(store.length()).toBe(0);
  });
});

describe("S82 a status of 500 or more", () => {
  const answering = async (status: number, options: Partial<SessionOptions> = {}) => {
    const { sessions } = makeSessions(options);
    const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
    await sessions.wrap((_request, session) => {
      session["n"] = 2;
      return new Response("", { status });
    })(request(cookie));
    return (await visit(sessions, cookie, (session) => session.n)).result;
  };

  test("drops the changes, unless saveOnError is set; under 500 they are stored", async () => {
    expect(await answering(499)).toBe(2);
    expect(await answering(500)).toBe(1);
    expect(await answering(503)).toBe(1);
    expect(await answering(500, { saveOnError: true })).toBe(2);
  });

  test("sends the cookie of a session that was stored or moved on the way, and no other", async () => {
    const { sessions, store } = makeSessions({ cookie: { maxAge: 60_000 } });
    const failing = async (cookie: string | undefined, act: (session: Any) => unknown) => {
      return await sessions.wrap(async (_request, session) => {
        await act(session);
        return new Response("", { status: 500 });
      })(request(cookie));
    };
    const saved = await failing(undefined, (session) => (session.n = 1, session.save()));
    const known = cookieOf(saved);
    expect(setCookieOf(await failing(known, (session) => void (session.n = 2)))).toBeUndefined();
    const moved = cookieOf(await failing(known, (session) => session.login("ada")));
    expect((await visit(sessions, moved, (session) => session.subject)).result).toBe("ada");
    expect(setCookieOf(await failing(undefined, (session) => void (session.n = 1))))
      .toBeUndefined();
    expect(store.length()).toBe(1);
    const rolling = makeSessions({ rolling: true, store });
    const dead = await rolling.sessions.wrap(async (_request, session) => {
      for (const id of store.ids()) store.destroy(id);
      await expect(session.save()).rejects.toThrow("no longer exists");
      return new Response("", { status: 500 });
    })(request(moved));
    expect(setCookieOf(dead)).toBeUndefined();
  });

  const DAY = 86_400_000;
  const storing: [string, (session: Any) => unknown, number][] = [
    ["save()", (session) => session.save(), 30],
    ["save(), not awaited", (session) => void session.save(), 30],
    ["update()", (session) => session.update((data: Any) => void (data.n = 2)), 30],
    ["take()", (session) => session.take("n"), 30],
    ["lock()", (session) => lock(session as never, () => {}), 30],
    ["elevate()", (session) => session.elevate(), 30],
    ["nothing", () => {}, 1],
  ];
  const endings: Record<string, () => Response> = {
    returned: () => new Response("", { status: 503 }),
    thrown: () => {
      throw new Response("", { status: 503 });
    },
  };
  test.each(
    storing.flatMap((row) => Object.keys(endings).map((ending) => [...row, ending] as const)),
  )("tells the browser the lifetime that %s has stored", async (_name, store, days, ending) => {
    const { sessions } = makeSessions({ cookie: { maxAge: DAY }, idleTimeout: 90 * DAY });
    const { cookie } = await visit(sessions, undefined, async (session) => {
      session.n = 1;
      await session.login("ada");
    });
    const answer = await sessions.wrap(async (_request, session) => {
      session.cookie.maxAge = 30 * DAY;
      await store(session);
      session.cookie.maxAge = 60 * DAY;
      return endings[ending]!();
    })(request(cookie)).catch((thrown: Response) => thrown);
    const sent = setCookieOf(answer);
    expect(/Max-Age=(\d+)/.exec(sent ?? "")?.[1]).toBe(
      days === 1 ? undefined : String(days * DAY / 1000),
    );
    const { result } = await visit(
      sessions,
      sent === undefined ? cookie : cookieOf(answer),
      (session) => session.cookie.originalMaxAge,
    );
    expect(result).toBe(days * DAY);
  });
});

describe("a store that fails", () => {
  test("S78 while loading: the error reaches the framework, never an anonymous visit", async () => {
    const { sessions } = makeSessions({ store: withVerb(memoryStore(), "read", fail) });
    const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
    let ran = false;
    const handler = sessions.wrap(() => (ran = true, new Response("ok")));
    await expect(handler(request(cookie))).rejects.toThrow("The session store failed");
    expect(ran).toBe(false);
  });

  test("S78 while saving: an error instead of the response, and no cookie", async () => {
    const { sessions } = makeSessions({ store: withVerb(memoryStore(), "create", fail) });
    await expect(visit(sessions, undefined, (session) => void (session.n = 1))).rejects
      .toThrow("The session store failed");
  });

  test("S79 while destroying: destroy() rejects, an event tells, the cookie is cleared all the same", async () => {
    let isDown = true;
    const memory = memoryStore();
    const { sessions } = makeSessions({
      store: withVerb(memory, "destroy", () => isDown && fail()),
    });
    const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
    const heard: string[] = [];
    sessions.on("error", ({ during }) => heard.push(during));
    sessions.on("destroyed", () => heard.push("destroyed"));
    const { response } = await visit(sessions, cookie, async (session) => {
      await expect(session.logout()).rejects.toThrow("The session store failed");
      await expect(session.logout()).rejects.toThrow("The session store failed");
      isDown = false;
      await session.logout();
      await session.logout();
    });
    expect(heard).toEqual(["destroy", "destroy", "destroyed"]);
    expect(setCookieOf(response)).toContain("Max-Age=0");
    expect(memory.length()).toBe(0);
  });

  test("S79 while regenerating: the caller is told, and an event; the session stays as it is", async () => {
    const { sessions } = makeSessions({ store: withVerb(memoryStore(), "destroy", fail) });
    const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
    const heard: unknown[] = [];
    sessions.on("error", ({ error, during }) => heard.push([during, (error as Any).code]));
    const { response, result } = await visit(sessions, cookie, async (session) => {
      await expect(session.regenerate()).rejects.toThrow("The session store failed");
      return session.n;
    });
    expect([result, setCookieOf(response)]).toEqual([1, undefined]);
    expect(heard).toEqual([["destroy", "STORE_FAILED"]]);
  });

  test("S39 while logging in: nobody is logged in under the old id", async () => {
    const memory = memoryStore();
    const { sessions } = makeSessions({ store: withVerb(memory, "rotate", fail) });
    const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
    await visit(sessions, cookie, async (session) => {
      session.n = 2;
      await expect(session.login("ada")).rejects.toThrow("The session store failed");
      expect(session.subject).toBeUndefined();
    });
    const { result } = await visit(sessions, cookie, (session) => [session.n, session.subject]);
    expect(result).toEqual([2, undefined]);
  });

  test("S77 that never answers is an error after ioTimeout", async () => {
    const store = withVerb(memoryStore(), "read", () => gate().wait);
    const { sessions } = makeSessions({ store, ioTimeout: 20 });
    const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
    await expect(visit(sessions, cookie, () => {})).rejects.toThrow(
      expect.objectContaining({ code: "STORE_TIMEOUT" }),
    );
  });

  test("a save() nobody awaits crashes nothing, and its error comes with the response", async () => {
    const { sessions } = makeSessions({ store: withVerb(memoryStore(), "create", fail) });
    await expect(visit(sessions, undefined, (session) => {
      session.n = 1;
      void session.save();
    })).rejects.toThrow("The session store failed");
  });

  test("S59 S85 a corrupt record is a stranger's visit and an event", async () => {
    const { sessions, store } = makeSessions();
    const rejected: string[] = [];
    sessions.on("rejected", ({ reason }) => rejected.push(reason));
    for (const json of ["", "{", "[]", "null", '"x"', "{}", '{"cookie":5}', "\0"]) {
      const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
      const id = store.ids().at(-1)!;
      store.commit(id, { json, expires: null }, store.peek(id)!.version);
      expect((await visit(sessions, cookie, (session) => session.n)).result).toBeUndefined();
      expect(rejected.pop(), json).toBe("corrupt");
    }
  });
});

describe("data that cannot be stored", () => {
  test("S61 S62 is a typed error that names the key, not the value", async () => {
    const { sessions, store } = makeSessions({ maxBytes: 100 });
    const cycle: Any = { secret: "hush" };
    cycle["self"] = cycle;
    const storing = (value: unknown) => visit(sessions, undefined, (s) => void (s.thing = value));
    await expect(storing("x".repeat(100))).rejects.toThrow(
      expect.objectContaining({ code: "SESSION_TOO_LARGE" }),
    );
    for (const value of [cycle, 5n]) {
      const error = await storing(value).catch((caught) => caught);
      expect([error.code, error.message.includes('"thing"')]).toEqual([
        "SESSION_UNSERIALIZABLE",
        true,
      ]);
      expect(error.message).not.toContain("hush");
    }
    expect(store.length()).toBe(0);
  });
});

describe("open() and commit()", () => {
  test("do by hand what wrap() does", async () => {
    const { sessions } = makeSessions();
    const session = await sessions.open(request());
    session["user"] = "ada";
    const response = await sessions.commit(session, new Response("ok"));
    const again = await sessions.open(request(cookieOf(response)));
    expect([again["user"], again.isNew]).toEqual(["ada", false]);
  });

  test("a second commit says so", async () => {
    const { sessions } = makeSessions();
    const session = await sessions.open(request());
    await sessions.commit(session, new Response("ok"));
    await expect(sessions.commit(session, new Response("ok"))).rejects.toThrow(
      expect.objectContaining({ name: "SessionError", code: "SESSION_COMMITTED" }),
    );
  });

  test("after the commit a stored session can be saved, one nobody wrote to cannot begin", async () => {
    const { sessions } = makeSessions();
    const session = await sessions.open(request());
    session["n"] = 1;
    const cookie = cookieOf(await sessions.commit(session, new Response("ok")));
    session["n"] = 2;
    await session.save();
    expect((await visit(sessions, cookie, (found) => found.n)).result).toBe(2);
    await expect(session.login("ada")).rejects.toThrow(
      expect.objectContaining({ code: "SESSION_COMMITTED" }),
    );
    const stranger = await sessions.open(request());
    await sessions.commit(stranger, new Response("ok"));
    stranger["n"] = 1;
    for (const act of [() => stranger.save(), () => stranger.update(() => {})]) {
      await expect(act()).rejects.toThrow(expect.objectContaining({ code: "SESSION_COMMITTED" }));
    }
  });

  test("committed within wrap(), the response is passed on", async () => {
    const { sessions } = makeSessions();
    const answer = await sessions.wrap(async (_request, session) => {
      session["user"] = "ada";
      return await sessions.commit(session, new Response("ok"));
    })(request());
    expect(answer.headers.getSetCookie()).toHaveLength(1);
  });

  test("refuse what is not theirs", async () => {
    const { sessions } = makeSessions();
    const foreign = await makeSessions().sessions.open(request());
    for (const session of [foreign, {}, null, undefined, 5]) {
      await expect(sessions.commit(session as never, new Response())).rejects.toThrow(TypeError);
    }
    for (const wrong of [undefined, null, {}, { request: request() }, "https://app.test/"]) {
      await expect(sessions.open(wrong as never)).rejects.toThrow(TypeError);
    }
    expect(() => sessions.wrap({} as never)).toThrow(TypeError);
  });
});

describe("options", () => {
  const wrong: [string, unknown, new (...args: never[]) => Error][] = [
    ["secret", undefined, TypeError],
    ["secret", 5, TypeError],
    ["secret", [], TypeError],
    ["secret", [SECRET, null], TypeError],
    ["secret", "S13 short but hush", RangeError],
    ["secret", [SECRET, "short but hush"], RangeError],
    ["name", 5, TypeError],
    ["name", "", TypeError],
    ["name", "a;b", TypeError],
    ["cookie", "hush", TypeError],
    ["cookie", [], TypeError],
    ["cookie", { sameSite: "none", secure: false }, TypeError],
    ["cookie", { partitioned: true, secure: false }, TypeError],
    ["cookie", { maxAge: 401 * 24 * 3600 * 1000 }, RangeError],
    ["cookie", { maxAge: "hush" }, TypeError],
    ["cookie", { maxAge: NaN }, TypeError],
    ["cookie", { path: "/; hush" }, TypeError],
    ["cookie", { domain: "a\r\nb" }, TypeError],
    ["cookie", { sameSite: "hush" }, TypeError],
    ["cookie", { priority: "hush" }, TypeError],
    ["store", {}, TypeError],
    ["store", 5, TypeError],
    ["genid", "hush", TypeError],
    ["rolling", "yes", TypeError],
    ["resave", 1, TypeError],
    ["saveUninitialized", null, TypeError],
    ["proxy", "hush", TypeError],
    ["saveOnError", {}, TypeError],
    ["ioTimeout", "5", TypeError],
    ["ioTimeout", -1, RangeError],
    ["maxBytes", NaN, TypeError],
    ["maxBytes", -5, RangeError],
  ];
  for (const [option, value, kind] of wrong) {
    test(`S13 S20 S22 S23 S25 ${option}: ${inspect(value)} is refused at construction`, () => {
      let error: Error | undefined;
      try {
        createSessions({ secret: SECRET, [option]: value } as never);
      } catch (caught) {
        error = caught as Error;
      }
      expect(error).toBeInstanceOf(kind);
      expect(error!.message).not.toContain("hush");
      expect(error!.message).toMatch(/option|argument name/i);
    });
  }

  for (const wrongOptions of [undefined, null, 5, "x"]) {
    test(`${wrongOptions} in place of options`, () => {
      expect(() => createSessions(wrongOptions as never)).toThrow(TypeError);
    });
  }

  for (
    const [name, cookie] of [
      ["__Host-a", { path: "/x" }],
      ["__Host-a", { domain: "app.test" }],
      ["__host-a", { secure: false }],
      ["__Host-a", { secure: "auto" }],
      ["__Secure-a", { secure: false }],
      ["__Http-a", { httpOnly: false }],
      ["__Host-Http-a", { httpOnly: false }],
    ] as const
  ) {
    test(`S21 ${name} with ${JSON.stringify(cookie)} is refused`, () => {
      expect(() => createSessions({ secret: SECRET, name, cookie })).toThrow(TypeError);
    });
  }

  for (const id of ["", 5, undefined, "a b", "a.b", "x".repeat(129), null]) {
    test(`S02 genid that returns ${JSON.stringify(id)} fails before any store call`, async () => {
      const { sessions, store } = makeSessions({ genid: () => id as string });
      await expect(visit(sessions, undefined, (s) => void (s.n = 1))).rejects.toThrow(TypeError);
      expect(store.length()).toBe(0);
    });
  }

  test("S03 an id that exists is not taken over", async () => {
    const ids = ["taken", "taken", "free"];
    const { sessions, store } = makeSessions({ genid: () => ids.shift() ?? "taken" });
    await visit(sessions, undefined, (session) => void (session.n = 1));
    const { json } = store.peek("taken")!;
    await visit(sessions, undefined, (session) => void (session.n = 2));
    expect([store.peek("taken")!.json, store.ids().length]).toEqual([json, 2]);
    await expect(visit(sessions, undefined, (session) => void (session.n = 3))).rejects.toThrow(
      expect.objectContaining({ code: "SESSION_CONFLICT" }),
    );
  });

  test("S17 inspecting what createSessions() made shows no secret", () => {
    const { sessions } = makeSessions();
    expect(inspect(sessions, { depth: 20, showHidden: true })).not.toContain(SECRET);
    expect(JSON.stringify(sessions)).not.toContain(SECRET);
  });

  test("S83 events carry no id, cookie or data", async () => {
    const { sessions } = makeSessions();
    const heard: unknown[] = [];
    for (const name of ["created", "destroyed", "rotated", "discarded", "rejected"] as const) {
      sessions.on(name, (event) => heard.push(name, event));
    }
    const first = await visit(sessions, undefined, (session) => void (session.word = "hush"));
    const second = await visit(sessions, first.cookie, (session) => session.login("ada"));
    await visit(sessions, first.cookie, () => {});
    await visit(sessions, second.cookie, (session) => session.logout());
    expect(heard).toEqual([
      ...["created", {}, "rotated", {}, "rejected", { reason: "unknown" }, "destroyed", {}],
    ]);
  });
});

test("a name that is no event's is refused, not listened to for ever", () => {
  const { sessions } = makeSessions();
  expect(() => sessions.on("reject" as never, () => {})).toThrow('There is no event "reject"');
});
