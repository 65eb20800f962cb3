/** Handlers within handlers: one request has one session, and one cookie. */
import { inspect } from "node:util";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { createSessions, type SessionOptions, type Sessions } from "../../mod.ts";
import { cookieStore } from "../../src/stores/cookie.ts";
import { session as honoSession } from "../../src/web/hono.ts";
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

const login = (session: Any) => session.login("ada");
const found = async (sessions: Sessions<Any>, cookie: string | undefined) =>
  (await visit(sessions, cookie, ({ cookie: _, subject, ...data }) => ({ subject, data }))).result;

/** One wrapped handler within another: what each does to its session, and who answers. */
function nest(
  sessions: Sessions<Any>,
  { before, within, after, passed = (asked) => asked, answer = (inner) => inner }: {
    before?: (session: Any) => unknown;
    within: (session: Any) => unknown;
    after?: (session: Any) => unknown;
    /** The request as the inner handler is given it. */
    passed?: (asked: Request) => Request;
    answer?: (inner: Response) => Response;
  },
): (asked: Request) => Promise<Response> {
  const inner = sessions.wrap(async (_asked, session) => {
    await within(session);
    return new Response("inner");
  });
  return sessions.wrap(async (asked, session) => {
    await before?.(session);
    const response = await inner(passed(asked));
    await after?.(session);
    return answer(response);
  });
}

/** What `app.mount()` and many routers do. */
const renewed = (asked: Request) => new Request("https://app.test/mounted", asked);

describe("a wrapped handler within another", () => {
  test("the inner one's login reaches the browser, whoever it is", async () => {
    const { sessions, store } = makeSessions();
    const handler = nest(sessions, { within: login });
    const first = await handler(request());
    expect(first.headers.getSetCookie()).toHaveLength(1);
    expect(await found(sessions, cookieOf(first))).toEqual({ subject: "ada", data: {} });
    const known = await handler(request(cookieOf(first)));
    expect(known.headers.getSetCookie()).toHaveLength(1);
    expect(await found(sessions, cookieOf(known))).toEqual({ subject: "ada", data: {} });
    expect(store.length()).toBe(1);
  });

  test("they have one session: what one changes the other sees, and all of it is stored", async () => {
    const { sessions, store } = makeSessions();
    const handler = nest(sessions, {
      before: (session) => session.seen = ["before"],
      within: async (session) => {
        await login(session);
        session.seen.push("within");
      },
      after: (session) => session.seen.push("after"),
    });
    const answer = await handler(request());
    const { data } = await found(sessions, cookieOf(answer)) as Any;
    expect(data).toEqual({ seen: ["before", "within", "after"] });
    const { result } = await visit(sessions, cookieOf(answer), (session) => session.seen.length);
    expect([result, store.length()]).toEqual([3, 1]);
  });

  test("the cookie is sent also where the outer one answers by itself", async () => {
    const { sessions } = makeSessions({ cookie: { maxAge: 60_000 } });
    for (
      const [within, moves] of [
        [login, true],
        [(session: Any) => void (session.n = 2), false],
        [(session: Any) => void (session.cookie.maxAge = 5_000_000), false],
      ] as const
    ) {
      const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
      const handler = nest(sessions, { within, answer: () => new Response("outer") });
      const answer = await handler(request(cookie));
      expect(answer.headers.getSetCookie()).toHaveLength(1);
      expect(cookieOf(answer) !== cookie).toBe(moves);
    }
  });

  test("a login that follows replaces the cookie of the inner one", async () => {
    const { sessions } = makeSessions();
    const handler = nest(sessions, {
      within: (session) => void (session.n = 1),
      after: login,
    });
    const answer = await handler(request());
    expect(answer.headers.getSetCookie()).toHaveLength(1);
    expect(await found(sessions, cookieOf(answer))).toEqual({ subject: "ada", data: { n: 1 } });
  });

  for (const [kind, makes] of [["signed", memoryStore], ["sealed", undefined]] as const) {
    test(`a logout that follows leaves no cookie of the inner one: ${kind}`, async () => {
      const sessions = makes === undefined
        ? createSessions<Any>({ store: cookieStore({ secret: SECRET }) })
        : createSessions<Any>({ secret: SECRET, store: makes() });
      const handler = nest(sessions, { within: login, after: (session) => session.logout() });
      expect((await handler(request())).headers.getSetCookie()).toEqual([]);
      const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
      const set = (await handler(request(cookie))).headers.getSetCookie();
      expect([set.length, set[0]]).toEqual([1, expect.stringContaining("Max-Age=0")]);
    });
  }

  test("after the inner one has answered, the outer one's calls count as before", async () => {
    const { sessions } = makeSessions();
    const calls: ((session: Any) => Promise<unknown>)[] = [
      (session) => session.save(),
      (session) => session.update((data: Any) => data.late = true),
      login,
      (session) => session.regenerate({ keep: true }),
    ];
    for (const after of calls) {
      const handler = nest(sessions, { within: (session) => void (session.n = 1), after });
      const cookie = cookieOf(await handler(request()));
      expect((await found(sessions, cookie) as Any).data).toMatchObject({ n: 1 });
    }
  });

  test("where the inner one throws, the outer one decides", async () => {
    const { sessions } = makeSessions();
    const boom = new Error("boom");
    const inner = sessions.wrap((_asked, session): Response => {
      session["user"] = "ada";
      throw boom;
    });
    await expect(sessions.wrap(inner)(request())).rejects.toBe(boom);
    const rescued = await sessions.wrap(async (asked, session) => {
      await expect(inner(asked)).rejects.toBe(boom);
      session["rescued"] = true;
      return new Response("fine");
    })(request());
    expect(await found(sessions, cookieOf(rescued)))
      .toMatchObject({ data: { rescued: true } });
  });

  test("a Response the inner one throws passes the outer one with one cookie", async () => {
    const { sessions } = makeSessions();
    const inner = sessions.wrap(async (_asked, session): Promise<Response> => {
      await session["login"]("ada");
      throw Response.redirect("https://app.test/me");
    });
    const thrown = await sessions.wrap(inner)(request()).catch((error) => error);
    expect(thrown.headers.getSetCookie()).toHaveLength(1);
    expect(await found(sessions, cookieOf(thrown))).toMatchObject({ subject: "ada" });
  });

  test("each sessions object has one of its own, on a request that cannot be marked none is shared", async () => {
    const one = makeSessions({ name: "one" }).sessions;
    const other = makeSessions({ name: "other" }).sessions;
    const asked = request();
    const open = () => Promise.all([one.open(asked), other.open(asked), one.open(asked)]);
    const [first, second, third] = await open();
    expect([first === third, first === (second as unknown)]).toEqual([true, false]);
    expect(await open()).toEqual([first, second, first]);
    const sealed = Object.preventExtensions(request());
    expect(await one.open(sealed)).not.toBe(await one.open(sealed));
  });

  test("S83 S84 who inspects the request sees nothing of them", async () => {
    const { sessions } = makeSessions();
    const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
    const asked = Object.assign(Object.create(null), {
      url: "https://app.test/",
      headers: request(cookie).headers,
    });
    const session = await sessions.open(asked as Request);
    expect(await sessions.open(asked as Request)).toBe(session);
    expect(inspect(asked, { depth: 9, showHidden: true })).not.toContain("n: 1");
  });

  test("a request that is over and asked again begins afresh", async () => {
    const { sessions, store } = makeSessions();
    let asked = request();
    const handler = sessions.wrap((_asked, session) => {
      session["n"] = (session["n"] as number ?? 0) + 1;
      return new Response(String(session["n"]));
    });
    for (let time = 0; time < 2; time++) {
      const answer = await handler(asked);
      cookieOf(answer);
      expect(await answer.text()).toBe("1");
    }
    expect(store.length()).toBe(2);
    expect(await sessions.open(asked)).toBe(await sessions.open(asked));
    // One that failed has left nothing either.
    asked = request();
    const failing = sessions.wrap((_asked, session): Response => {
      session["n"] = 5;
      throw new Error("boom");
    });
    await expect(failing(asked)).rejects.toThrow("boom");
    const wrong = sessions.wrap((_asked, session) => (session["n"] = 5, "text" as never));
    await expect(wrong(asked)).rejects.toThrow(TypeError);
    expect(await (await handler(asked)).text()).toBe("1");
  });
});

describe("handlers beside each other", () => {
  test("share a new visitor's session, and what each has changed is stored when it answers", async () => {
    const { sessions, store } = makeSessions();
    const goOn = gate();
    const writing = (key: string, waits: boolean) =>
      sessions.wrap(async (_asked, session) => {
        session[key] = true;
        if (waits) await goOn.wait;
        return new Response(key);
      });
    const asked = request();
    const slow = writing("slow", true)(asked);
    const fast = await writing("fast", false)(asked);
    expect(await found(sessions, cookieOf(fast))).toMatchObject({ data: { fast: true } });
    goOn.open();
    expect(cookieOf(await slow)).toBe(cookieOf(fast));
    expect(await found(sessions, cookieOf(fast)))
      .toMatchObject({ data: { slow: true, fast: true } });
    expect(store.length()).toBe(1);
  });

  test("find one session, though it takes the store a while", async () => {
    const memory = memoryStore();
    const goOn = gate();
    let reads = 0;
    const store = withVerb(memory, "read", () => (reads++, goOn.wait));
    const { sessions } = makeSessions({ store });
    const first = await makeSessions({ store: memory }).sessions.wrap((_asked, session) => {
      session["n"] = 1;
      return new Response("");
    })(request());
    const asked = request(cookieOf(first));
    const both = Promise.all([sessions.open(asked), sessions.open(asked)]);
    goOn.open();
    const [one, other] = await both;
    expect(one).toBe(other);
    expect([one["n"], reads]).toEqual([1, 1]);
  });

  test("all hear of a store that fails; whoever asks again asks it again", async () => {
    let isDown = true;
    const memory = memoryStore();
    const store = withVerb(memory, "read", () => {
      if (isDown) throw new Error("down");
    });
    const { sessions } = makeSessions({ store });
    const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
    const asked = request(cookie);
    const failed = expect.objectContaining({ status: "rejected" });
    expect(await Promise.allSettled([sessions.open(asked), sessions.open(asked)]))
      .toEqual([failed, failed]);
    isDown = false;
    expect((await sessions.open(asked))["n"]).toBe(1);
  });
});

describe("open() and commit() around a wrapped handler", () => {
  test("have its session, and store what comes after it", async () => {
    const { sessions, store } = makeSessions();
    const asked = request();
    const session = await sessions.open(asked);
    const inner = await sessions.wrap(async (_asked, same) => {
      expect(same).toBe(session);
      await login(same);
      return new Response("inner");
    })(asked);
    session["after"] = true;
    const answer = await sessions.commit(session, inner);
    expect(answer.headers.getSetCookie()).toHaveLength(1);
    expect(await found(sessions, cookieOf(answer)))
      .toEqual({ subject: "ada", data: { after: true } });
    expect(store.length()).toBe(1);
    await expect(sessions.commit(session, answer)).rejects.toThrow(
      expect.objectContaining({ code: "SESSION_COMMITTED" }),
    );
  });

  test("an open() that is never committed takes nothing from it", async () => {
    const { sessions } = makeSessions();
    const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
    const asked = request(cookie);
    expect((await sessions.open(asked))["n"]).toBe(1);
    await sessions.wrap((_asked, session) => (session["n"] = 2, new Response("")))(asked);
    expect(await found(sessions, cookie)).toMatchObject({ data: { n: 2 } });
  });

  test("each open() has its commit()", async () => {
    const { sessions } = makeSessions();
    const asked = request();
    const [one, other] = await Promise.all([sessions.open(asked), sessions.open(asked)]);
    one["one"] = 1;
    const first = await sessions.commit(one, new Response("first"));
    other["other"] = 1;
    const second = await sessions.commit(other, new Response("second"));
    expect(cookieOf(first)).toBe(cookieOf(second));
    expect(await found(sessions, cookieOf(first))).toMatchObject({ data: { one: 1, other: 1 } });
    await expect(sessions.commit(one, new Response("third"))).rejects.toThrow(
      expect.objectContaining({ code: "SESSION_COMMITTED" }),
    );
  });
});

describe("Hono's middleware around a wrapped handler", () => {
  const make = (options: Partial<SessionOptions> = {}) => {
    const { sessions, store } = makeSessions(options);
    const inner = sessions.wrap(async (_asked, session) => {
      await login(session);
      return Response.json({ ok: true });
    });
    const app = new Hono<{ Variables: { session: Any } }>()
      .use(honoSession({ sessions }) as never)
      .get("/within", (c) => inner(c.req.raw))
      .get("/around", async (c) => {
        c.var.session["outer"] = 1;
        return await inner(c.req.raw);
      })
      .mount("/mounted", inner);
    return { sessions, store, app };
  };

  for (const path of ["/within", "/around", "/mounted"]) {
    test(`the inner login reaches the browser: ${path}`, async () => {
      const { sessions, store, app } = make();
      const first = await app.request(path);
      expect(first.headers.getSetCookie()).toHaveLength(1);
      const cookie = cookieOf(first);
      const data = path === "/around" ? { outer: 1 } : {};
      expect(await found(sessions, cookie)).toEqual({ subject: "ada", data });
      const known = await app.request(path, { headers: { cookie } });
      expect(await found(sessions, cookieOf(known))).toEqual({ subject: "ada", data });
      expect(store.length()).toBe(1);
    });
  }
});

describe("an inner handler with a Request of its own", () => {
  test("keeps its login, where the outer one would begin a session as well", async () => {
    const { sessions, store } = makeSessions();
    const blocked: string[] = [];
    sessions.on("blocked", ({ reason }) => blocked.push(reason));
    const handler = nest(sessions, {
      before: (session) => session.outer = 1,
      within: login,
      passed: renewed,
    });
    const answer = await handler(request());
    expect(answer.headers.getSetCookie()).toHaveLength(1);
    expect(await found(sessions, cookieOf(answer))).toEqual({ subject: "ada", data: {} });
    expect([store.length(), blocked]).toEqual([1, ["headers-sent"]]);
  });

  test("and the outer one its changes to a session that stayed", async () => {
    const { sessions } = makeSessions({ cookie: { maxAge: 60_000 }, rolling: true });
    const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
    const handler = nest(sessions, {
      before: (session) => session.outer = 1,
      within: (session) => session.inner = 1,
      passed: renewed,
    });
    const answer = await handler(request(cookie));
    expect(answer.headers.getSetCookie()).toHaveLength(1);
    expect(await found(sessions, cookieOf(answer)))
      .toMatchObject({ data: { n: 1, inner: 1, outer: 1 } });
  });

  test("a logout of the outer one is the last word", async () => {
    const { sessions } = makeSessions({ cookie: { maxAge: 60_000 } });
    const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
    const handler = nest(sessions, {
      within: (session) => session.n = 2,
      after: (session) => session.logout(),
      passed: renewed,
    });
    const answer = await handler(request(cookie));
    expect(answer.headers.getSetCookie().at(-1)).toContain("Max-Age=0");
    expect(setCookieOf(answer)).toBeDefined();
    expect(await found(sessions, cookie)).toEqual({ subject: undefined, data: {} });
  });

  test("other sessions' cookies do not count as its own", async () => {
    const { sessions } = makeSessions({ name: "sid" });
    const other = makeSessions({ name: "sid2" }).sessions;
    const inner = other.wrap((_asked, session) => (session["n"] = 1, new Response("inner")));
    const answer = await sessions.wrap(async (asked, session) => {
      session["user"] = "ada";
      return await inner(asked);
    })(request());
    expect(answer.headers.getSetCookie().map((each) => each.split("=")[0])).toEqual([
      "sid2",
      "sid",
    ]);
  });
});
