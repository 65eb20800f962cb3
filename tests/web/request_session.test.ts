/** A Web request's session: which calls count, and what becomes of those that are overtaken. */
import { describe, expect, test } from "vitest";
import { SessionError } from "../../mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import {
  type Any,
  cookieOf,
  countingStore,
  gate,
  makeSessions,
  request,
  setCookieOf,
  visit,
  withVerb,
} from "./support.ts";

const write = (session: Any) => void (session.n = 1);
const destroyed = new SessionError("SESSION_GONE", "The session was destroyed");

describe("reload()", () => {
  test("of a session that was never stored rejects, as in express-session", async () => {
    const { sessions } = makeSessions();
    await visit(sessions, undefined, async (session) => {
      await expect(session.reload()).rejects.toThrow(
        new SessionError("SESSION_GONE", "failed to load session"),
      );
    });
  });

  test("takes what others removed for removed: it does not remove what they bring anew", async () => {
    const { sessions } = makeSessions();
    const { cookie } = await visit(sessions, undefined, (session) => {
      session.n = 1;
      session.cart = "of before";
    });
    await visit(sessions, cookie, async (session) => {
      await visit(sessions, cookie, (other) => void delete other.cart);
      await session.reload();
      expect(session).not.toHaveProperty("cart");
      await visit(sessions, cookie, (other) => void (other.cart = "anew"));
      session.n = 2;
    });
    const { result } = await visit(sessions, cookie, ({ n, cart }) => [n, cart]);
    expect(result).toEqual([2, "anew"]);
  });
});

describe("regenerate()", () => {
  test("gives a new visitor a session, whether or not its id was asked for", async () => {
    for (const ask of [() => {}, (session: Any) => session.id]) {
      const { sessions, store } = makeSessions();
      const { cookie, result } = await visit(sessions, undefined, async (session) => {
        await session.regenerate();
        return ask(session);
      });
      expect(cookie).toBeDefined();
      expect(store.length()).toBe(1);
      if (result !== undefined) expect(store.ids()).toEqual([result]);
    }
  });

  const DAY = 86_400_000;
  const ways: [string, (session: Any) => unknown][] = [
    ["awaited", (session) => session.regenerate()],
    ["not awaited", (session) => void session.regenerate()],
    ["not awaited, after a save()", (session) => {
      void session.save();
      void session.regenerate();
    }],
    ["not awaited, twice", (session) => {
      void session.regenerate();
      void session.regenerate();
    }],
  ];
  const lifetimes = [30 * DAY, null, 60 * DAY];
  const rows = ways.flatMap(([way, act]) => {
    return [true, false].flatMap((isKnown) => {
      return lifetimes.map((lifetime) => [way, isKnown, lifetime, act] as const);
    });
  });
  test.each(rows)(
    "%s: the cookie is the new session's from then on (known: %j, maxAge: %j)",
    async (way, isKnown, lifetime, act) => {
      // The old session's lifetime is one of those the new one may be given.
      for (const old of lifetimes) {
        // That it is told once more to end with the browser is seen by who need not wait.
        if (old === null && lifetime === null && way.endsWith("save()")) continue;
        const { sessions, store } = makeSessions({
          cookie: { maxAge: DAY },
          idleTimeout: 90 * DAY,
        });
        const known = isKnown
          ? (await visit(sessions, undefined, (session) => {
            session.n = 1;
            session.cookie.maxAge = old;
          })).cookie
          : undefined;
        const { cookie, response } = await visit(sessions, known, async (session) => {
          session.old = 1;
          const done = act(session);
          if (done) await done;
          session.late = 2;
          session.cookie.maxAge = lifetime;
          session.cookie.sameSite = "strict";
        });
        expect(setCookieOf(response)).toContain("SameSite=Strict");
        expect(/Max-Age=(\d+)/.exec(setCookieOf(response)!)?.[1])
          .toBe(lifetime === null ? undefined : String(lifetime / 1000));
        const { result } = await visit(sessions, cookie, ({ cookie, ...data }) => {
          return [cookie.originalMaxAge, data];
        });
        expect(result).toEqual([lifetime, { late: 2 }]);
        expect(store.length()).toBe(1);
      }
    },
  );

  test("that fails leaves the session its cookie, and its lifetime", async () => {
    const { sessions, store } = makeSessions({ cookie: { maxAge: DAY }, idleTimeout: 90 * DAY });
    const { cookie } = await visit(sessions, undefined, (session) => {
      session.n = 0;
      session.cookie.maxAge = 30 * DAY;
    });
    const { destroy } = store;
    for (
      const fail of [() => Promise.reject(new Error("down")), () => {
        throw new Error("down");
      }]
    ) {
      store.destroy = fail as never;
      await visit(sessions, cookie, async (session) => {
        const own = session.cookie;
        await expect(session.regenerate()).rejects.toThrow("The session store");
        expect(session.cookie).toBe(own);
      });
      store.destroy = destroy;
      const { result } = await visit(sessions, cookie, ({ cookie, n }) => {
        return [cookie.originalMaxAge, n];
      });
      expect(result).toEqual([30 * DAY, 0]);
    }
  });

  test.each(ways)(
    "%s: the browser loses the cookie as the handler had made it",
    async (_way, act) => {
      const { sessions } = makeSessions({ name: "sid" });
      const begun = await visit(sessions, undefined, write);
      const cookie = cookieOf(begun.response, "sid");
      const { response } = await visit(sessions, cookie, async (session) => {
        session.cookie.path = "/app";
        const done = act(session);
        if (done) await done;
        session.late = 1;
      });
      const texts = response.headers.getSetCookie();
      expect(texts.filter((text) => /^sid=;.*Path=\/app;/.test(text))).toHaveLength(1);
      expect(texts.at(-1)).toMatch(/^sid=[^;]+; Path=\/;/);
    },
  );

  test("ends what was stored once, however often it is called", async () => {
    const store = countingStore();
    const { sessions } = makeSessions({ store });
    const { cookie } = await visit(sessions, undefined, write);
    store.calls.length = 0;
    await visit(sessions, cookie, async (session) => {
      await session.regenerate();
      await session.regenerate();
      session.n = 2;
    });
    expect(store.calls).toEqual(["read", "destroy", "create"]);
  });
});

describe("a call that a logout overtakes", () => {
  /** A store whose next commit waits. */
  function slow() {
    const memory = memoryStore();
    const { wait, open } = gate();
    let isHeld = false;
    const store = withVerb(memory, "commit", () => isHeld ? wait : undefined);
    return { ...makeSessions({ store }), memory, open, hold: () => isHeld = true };
  }

  test("stores nothing, and is told: save()", async () => {
    const { sessions, memory, open, hold } = slow();
    const { cookie } = await visit(sessions, undefined, write);
    hold();
    await visit(sessions, cookie, async (session) => {
      session.n = 2;
      const first = session.save();
      session.n = 3;
      const second = session.save();
      const logout = session.logout();
      open();
      await expect(second).rejects.toThrow(destroyed);
      await Promise.all([first, logout]);
    });
    expect(memory.length()).toBe(0);
  });

  test.each([[undefined], ["known"]])(
    "stores nothing, and is told: update(): %s",
    async (known) => {
      const { sessions, store } = makeSessions();
      const { cookie } = known === undefined
        ? { cookie: undefined }
        : await visit(sessions, undefined, write);
      const { wait, open } = gate();
      const ran: unknown[] = [];
      await visit(sessions, cookie, async (session) => {
        const updating = session.update(async (data: Any) => {
          await wait;
          ran.push(data.n = 2);
        });
        const logout = session.logout();
        open();
        await expect(updating).rejects.toThrow(destroyed);
        await logout;
      });
      expect([ran, store.length()]).toEqual([[2], 0]);
    },
  );

  test("and that is made after it is refused at once, also where nobody awaits it", async () => {
    const { sessions } = makeSessions();
    const unhandled: unknown[] = [];
    const hear = (reason: unknown) => void unhandled.push(reason);
    process.on("unhandledRejection", hear);
    try {
      await visit(sessions, undefined, async (session) => {
        await session.destroy();
        void session.save();
        void session.login("ada");
        await expect(session.save()).rejects.toThrow(destroyed);
        await expect(session.update(write)).rejects.toThrow(destroyed);
        await new Promise(setImmediate);
      });
    } finally {
      process.off("unhandledRejection", hear);
    }
    expect(unhandled).toEqual([]);
  });
});

test("a call that comes after the response is told so", async () => {
  const { sessions } = makeSessions();
  let kept: Any = {};
  await visit(sessions, undefined, (session) => void (kept = session));
  for (const late of [kept["login"]("ada"), kept["save"]()]) {
    await expect(late).rejects.toThrow(
      new SessionError("SESSION_COMMITTED", "The session was committed: its response has left"),
    );
  }
});

describe("update()", () => {
  test("of what is no function is refused by its name", async () => {
    const { sessions } = makeSessions();
    await visit(sessions, undefined, async (session) => {
      await expect(session.update({ n: 1 })).rejects.toThrow(
        new TypeError("update() needs a function, not a value of type object"),
      );
    });
  });

  test("of a new session whose cookie cannot leave is seen by the handler, and stored nowhere", async () => {
    const { sessions, store } = makeSessions();
    const answer = await sessions.wrap(async (_request, session) => {
      const before = await session.update((data) => {
        data["n"] = 7;
        return "done";
      });
      await session.save();
      return Response.json([before, session["n"]]);
    })(request(undefined, "http://app.test/"));
    expect(await answer.json()).toEqual(["done", 7]);
    expect([store.length(), answer.headers.getSetCookie()]).toEqual([0, []]);
  });
});
