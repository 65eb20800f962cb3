/** A logout leaves no cookie in the browser, wherever a handler had it put. */
import { Cookie, CookieJar } from "tough-cookie";
import { describe, expect, test } from "vitest";
import { createSessions, type Sessions } from "../../mod.ts";
import { cookieStore } from "../../src/stores/cookie.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type Any, SECRET } from "./support.ts";

const HOST = "https://shop.app.test";

/** Visits pages as a browser does: what it keeps where is the cookie's business. */
class Browser {
  readonly jar = new CookieJar();
  readonly sessions: Sessions<Any>;
  constructor(sessions: Sessions<Any>) {
    this.sessions = sessions;
  }
  async visit(url: string, act: (session: Any) => unknown): Promise<Response> {
    const cookie = await this.jar.getCookieString(url);
    const asked = new Request(url, cookie === "" ? {} : { headers: { cookie } });
    const answer = await this.sessions.wrap(async (_asked, session) => {
      await act(session);
      return new Response("done");
    })(asked);
    for (const text of answer.headers.getSetCookie()) {
      await this.jar.setCookie(Cookie.parse(text)!, url, { ignoreError: true });
    }
    return answer;
  }
  async kept(): Promise<string[]> {
    const { cookies } = await this.jar.serialize();
    // An expired one stays in the jar until somebody looks for it.
    return cookies.filter(({ value }) => value)
      .map(({ key, domain, path }) => `${key} ${domain} ${path}`);
  }
}

const kinds: Record<string, () => { sessions: Sessions<Any>; forge?: (json: string) => void }> = {
  signed: () => {
    const store = memoryStore();
    return {
      sessions: createSessions<Any>({ secret: SECRET, name: "sid", store }),
      forge: (json) => {
        const id = store.ids()[0]!;
        store.commit(id, { json, expires: null }, store.peek(id)!.version);
      },
    };
  },
  sealed: () => ({
    sessions: createSessions<Any>({ name: "sid", store: cookieStore({ secret: SECRET }) }),
  }),
};

for (const [kind, make] of Object.entries(kinds)) {
  describe(`${kind} sessions`, () => {
    const begin = async (change: (session: Any) => unknown, path = "/app/login") => {
      const browser = new Browser(make().sessions);
      await browser.visit(HOST + path, (session) => {
        session.user = "ada";
        change(session);
      });
      expect(await browser.kept()).toHaveLength(1);
      return browser;
    };

    for (
      const [what, change, kept] of [
        ["a path", (session: Any) => session.cookie.path = "/app", "sid shop.app.test /app"],
        ["a domain", (session: Any) => session.cookie.domain = "app.test", "sid app.test /"],
        [
          "both",
          (session: Any) => Object.assign(session.cookie, { path: "/app", domain: "app.test" }),
          "sid app.test /app",
        ],
      ] as const
    ) {
      test(`${what} that a handler set is in the removal, requests later`, async () => {
        const browser = await begin(change);
        expect(await browser.kept()).toEqual([kept]);
        if (kind === "signed") {
          // These store, and send no cookie.
          await browser.visit(`${HOST}/app/a`, (session) => session.n = 1);
          await browser.visit(`${HOST}/app/b`, (session) => session.update((d: Any) => d.n++));
        }
        const answer = await browser.visit(`${HOST}/app/logout`, (session) => session.logout());
        expect(await browser.kept()).toEqual([]);
        // One for what the options say, one for what the handler made of it.
        expect(answer.headers.getSetCookie()).toHaveLength(2);
      });
    }

    for (
      const [what, move] of [
        ["a login", (session: Any) => session.login("ada")],
        ["regenerate({ keep })", (session: Any) => session.regenerate({ keep: true })],
        ["regenerate()", async (session: Any) => {
          await session.regenerate();
          session.user = "eve";
        }],
      ] as const
    ) {
      for (const attribute of ["path", "domain", "partitioned"]) {
        test(`S31 ${what} requests later leaves no second good cookie where a handler changed the ${attribute}`, async () => {
          const changes: Any = { path: "/app", domain: "app.test", partitioned: true };
          const browser = await begin((session) => session.cookie[attribute] = changes[attribute]);
          await browser.visit(`${HOST}/app/b`, (session) => session.n = 1);
          const answer = await browser.visit(`${HOST}/app/again`, move);
          const texts = answer.headers.getSetCookie();
          expect(texts.map((text) => /^sid=;/.test(text))).toEqual([true, false]);
          expect(texts[0]).toContain(
            { path: "Path=/app", domain: "Domain=app.test", partitioned: "Partitioned" }[attribute],
          );
          expect(await browser.kept()).toEqual(["sid shop.app.test /"]);
          let user: unknown;
          await browser.visit(`${HOST}/app/c`, (session) => user = session.user);
          expect(user).toBe(what === "regenerate()" ? "eve" : "ada");
        });
      }
    }

    test("S31 a login that changes the path leaves no second good cookie at the one before", async () => {
      const browser = await begin(() => {});
      await browser.visit(`${HOST}/app/login`, async (session) => {
        await session.login("ada");
        session.cookie.path = "/app";
      });
      expect(await browser.kept()).toEqual(["sid shop.app.test /app"]);
    });

    test("every place of several", async () => {
      const browser = await begin((session) => session.cookie.path = "/app");
      await browser.visit(`${HOST}/app/a`, (session) => {
        session.n = 2;
        session.cookie.path = "/app/deep";
      });
      expect(await browser.kept()).toHaveLength(2);
      // Both cookies are sent, the longer path first: it is the session's.
      await browser.visit(`${HOST}/app/deep/logout`, (session) => session.logout());
      expect(await browser.kept()).toEqual([]);
    });

    test("a handler that sets it again in every request has it removed as well", async () => {
      const browser = await begin((session) => session.cookie.path = "/app");
      for (const early of [true, false]) {
        const answer = await browser.visit(`${HOST}/app/logout`, async (session) => {
          if (early) session.cookie.path = "/app";
          await session.logout();
          if (!early) session.cookie.path = "/app";
        });
        expect(await browser.kept()).toEqual([]);
        expect(new Set(answer.headers.getSetCookie()).size)
          .toBe(answer.headers.getSetCookie().length);
      }
    });

    test("a cookie that needed no https is removed without it", async () => {
      const browser = new Browser(make().sessions);
      const plain = HOST.replace("https", "http");
      await browser.visit(`${plain}/`, (session) => {
        session.user = "ada";
        session.cookie.secure = false;
      });
      expect(await browser.kept()).toHaveLength(1);
      await browser.visit(`${plain}/`, (session) => session.logout());
      expect(await browser.kept()).toEqual([]);
    });

    test("a login keeps in mind where the cookie before it was", async () => {
      const browser = await begin((session) => session.cookie.path = "/app");
      await browser.visit(`${HOST}/app/login`, async (session) => {
        await session.login("ada", { keep: false });
        session.cookie.path = "/app";
      });
      await browser.visit(`${HOST}/app/again`, async (session) => {
        await session.regenerate();
        session.cookie.path = "/app";
        session.user = "eve";
      });
      await browser.visit(`${HOST}/app/logout`, (session) => session.logout());
      expect(await browser.kept()).toEqual([]);
    });

    test.each([
      ["awaited", (session: Any) => session.regenerate()],
      ["not awaited", (session: Any) => void session.regenerate()],
    ])("a session that begins anew remembers the cookie of the one before (%s)", async (_, act) => {
      const browser = await begin((session) => session.cookie.path = "/app");
      await browser.visit(`${HOST}/app/again`, async (session) => {
        await act(session);
        session.user = "eve";
      });
      // Here the browser sends the living one alone.
      const answer = await browser.visit(`${HOST}/`, (session) => session.logout());
      expect(answer.headers.getSetCookie()).toHaveLength(2);
      expect(await browser.kept()).toEqual([]);
    });

    test("attributes that the handler stored itself are remembered", async () => {
      const browser = await begin(() => {});
      await browser.visit(`${HOST}/app/a`, async (session) => {
        session.cookie.path = "/app";
        await session.save();
      });
      expect(await browser.kept()).toHaveLength(2);
      await browser.visit(`${HOST}/app/logout`, (session) => session.logout());
      expect(await browser.kept()).toEqual([]);
    });
  });
}

test("unchanged attributes are noted nowhere", async () => {
  const store = memoryStore();
  const sessions = createSessions<Any>({ secret: SECRET, name: "sid", store });
  const browser = new Browser(sessions);
  await browser.visit(HOST, (session) => session.n = session.cookie.maxAge = 60_000);
  expect(store.peek(store.ids()[0]!)!.json).not.toContain('"cookies":');
  const answer = await browser.visit(HOST, (session) => session.logout());
  expect(answer.headers.getSetCookie()).toHaveLength(1);
});

test("changed ones are noted once, and the usual ones never", async () => {
  const store = memoryStore();
  const sessions = createSessions<Any>({ secret: SECRET, name: "sid", store });
  const browser = new Browser(sessions);
  for (let time = 0; time < 3; time++) {
    await browser.visit(HOST, (session) => {
      session.n = time;
      if (time > 0) session.cookie.path = "/app";
    });
  }
  const { $websession } = JSON.parse(store.peek(store.ids()[0]!)!.json);
  expect($websession.cookies).toEqual([expect.objectContaining({ path: "/app" })]);
});

test("only the newest few of many are remembered", async () => {
  const browser = new Browser(kinds["signed"]!().sessions);
  await browser.visit(HOST, (session) => session.n = 1);
  for (let at = 0; at < 20; at++) {
    await browser.visit(HOST, (session) => session.cookie.path = `/${at}`);
  }
  const set = (await browser.visit(HOST, (session) => session.logout())).headers.getSetCookie();
  expect(set.map((text) => /Path=([^;]+)/.exec(text)![1])).toEqual([
    "/",
    "/16",
    "/17",
    "/18",
    "/19",
  ]);
});

test("a record that makes no sense harms nothing", async () => {
  for (const cookies of ['"x"', "5", "null", '[null,5,{},{"path":"/; x"},{"domain":{}}]']) {
    const { sessions, forge } = kinds["signed"]!();
    const browser = new Browser(sessions);
    await browser.visit(HOST, (session) => session.n = 1);
    forge!(`{"cookie":{},"n":1,"$websession":{"cookies":${cookies}}}`);
    await browser.visit(HOST, (session) => session.cookie.path = "/app");
    const answer = await browser.visit(HOST, (session) => session.logout());
    expect(answer.headers.getSetCookie()[0]).toMatch(/^sid=; Path=\/; /);
    expect(await browser.kept(), cookies).toEqual([]);
  }
});

test("S31 of two good cookies of one name a logout ends neither session, which is told; revokeAll() ends both", async () => {
  const sessions = createSessions<Any>({ secret: SECRET, store: memoryStore(), name: "sid" });
  const reasons: unknown[] = [];
  sessions.on("rejected", ({ reason }) => reasons.push(reason));
  const visit = async (cookie: string, act: (session: Any) => unknown) => {
    let result: unknown;
    const answer = await sessions.wrap(async (_request, session) => {
      result = await act(session);
      return new Response();
    })(new Request(HOST, { headers: { cookie } }));
    return { result, cookie: answer.headers.getSetCookie()[0]?.split(";")[0] ?? cookie };
  };
  const own = (await visit("", (session) => session.login("ada"))).cookie;
  const wider = (await visit("", (session) => session.login("ada"))).cookie;
  await visit(`${own}; ${wider}`, (session) => session.logout());
  expect(reasons).toEqual(["duplicate"]);
  const subjects = async () => {
    const answers = [own, wider].map((cookie) => visit(cookie, ({ subject }) => subject));
    return (await Promise.all(answers)).map(({ result }) => result);
  };
  expect(await subjects()).toEqual(["ada", "ada"]);
  await sessions.revokeAll("ada");
  expect(await subjects()).toEqual([undefined, undefined]);
});
