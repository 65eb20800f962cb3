/** Where no device is ever asked for a key, somebody is told: once, as the page of device bound sessions says. */
import { readFileSync } from "node:fs";
import express from "express";
import { Hono } from "hono";
import { afterEach, describe, expect, test } from "vitest";
import { createSessions, type SessionOptions } from "../../mod.ts";
import session, { bindDevices as bindOnExpress, login } from "../../src/express/mod.ts";
import { session as honoSession } from "../../src/web/hono.ts";
import { bindDevices, type DevicePolicy } from "../../src/web/dbsc.ts";
import { SECRET } from "../web/support.ts";
import { watchWarnings } from "../web/warned.ts";
import { served } from "./apps.ts";
import { type Fetch, makeBrowser, offered } from "./browser.ts";

// deno-lint-ignore no-explicit-any
type Any = any;
type Options = { warn?: boolean };

const { said } = watchWarnings();
let stop: (() => void)[] = [];
afterEach(() => {
  stop.forEach((end) => end());
  stop = [];
});

const get = (fetch: Fetch, path = "/", headers: Record<string, string> = {}) =>
  fetch(new Request(`https://app.test${path}`, { headers }));
/** … over plain http, as far as the application sees. */
const getPlain = (fetch: Fetch, headers: Record<string, string> = {}, host = "app.test") =>
  fetch(new Request(`http://${host}/login`, { headers }));

function makeSessions(options: Partial<SessionOptions>) {
  return createSessions<Any>({ secret: SECRET, ...options });
}
const loggingIn = (sessions: ReturnType<typeof makeSessions>) =>
  sessions.wrap(async (_request, session) => {
    await session.login("ada");
    return new Response("in");
  });

function makeApp(build: (app: Any) => void, trust: boolean = true): Fetch {
  const app = express();
  app.set("trust proxy", trust);
  build(app);
  const { fetch, end } = served(app);
  stop.push(end);
  return fetch;
}
const sessionOf = (options: Options, name = "sid", secure: boolean | "auto" = true) =>
  session({
    ...{ secret: SECRET, name, resave: false, saveUninitialized: false, ...options },
    cookie: { secure },
  });
/** An application that no proxy is believed by. */
const plainApp = (options: Options, given: Any = {}) =>
  makeApp((app) => {
    app.use(sessionOf(options, "sid", "auto"), bindOnExpress(given));
    app.get("/login", loginRoute);
    app.use((_req: Any, res: Any) => res.send("page"));
  }, false);
/** The session's cookie was sent, and no key was asked for. */
async function expectCookieAlone(response: Promise<Response>): Promise<void> {
  const { headers } = await response;
  expect([headers.getSetCookie().length, headers.has("secure-session-registration")])
    .toEqual([1, false]);
}
const FORWARDED = { "x-forwarded-proto": "https" };
const loginRoute = async (req: Any, res: Any) => {
  await login(req, "ada");
  res.send("in");
};

type Case = (options: Options) => Promise<unknown>;

const WEB: Record<string, [Case, heading: string]> = {
  "a login over plain http, on this machine": [
    async (options) => {
      const sessions = makeSessions(options);
      const fetch = bindDevices(sessions).wrap(loggingIn(sessions));
      await expectCookieAlone(getPlain(fetch, {}, "localhost"));
    },
    "A login over plain http",
  ],
  "a login over plain http, elsewhere, and in Hono": [
    async (options) => {
      const sessions = makeSessions({ cookie: { secure: "auto" }, name: "sid", ...options });
      const app = new Hono().use(honoSession({ sessions }));
      app.get("/login", async (c: Any) => {
        await c.var.session.login("ada");
        return c.text("in");
      });
      const fetch = bindDevices(sessions).wrap((request) => app.fetch(request));
      await expectCookieAlone(getPlain(fetch));
    },
    "A login over plain http",
  ],
  "a login behind a proxy that is not believed": [
    async (options) => {
      const sessions = makeSessions({ cookie: { secure: "auto" }, name: "sid", ...options });
      const fetch = bindDevices(sessions).wrap(loggingIn(sessions));
      await expectCookieAlone(getPlain(fetch, FORWARDED));
    },
    "A login behind a proxy that is not believed",
  ],
  "a short cookie that is too short": [
    async (options) => {
      const sessions = makeSessions(options);
      await get(bindDevices(sessions, { maxAge: 60_000 }).wrap(() => new Response()));
    },
    "A short cookie that browsers cannot keep up with",
  ],
  "a handler that logs in without wrap()": [
    async (options) => {
      const sessions = makeSessions(options);
      await get(bindDevices(sessions).wrap(sessions.wrap(() => new Response())));
      await get(loggingIn(sessions));
    },
    "A login that is not seen",
  ],
  "a handler that hands on a Request of its own": [
    async (options) => {
      const sessions = makeSessions(options);
      const handler = loggingIn(sessions);
      await get(bindDevices(sessions).wrap((request) => handler(new Request(request))));
    },
    "A login that is not seen",
  ],
  "a login to a session from a cookie jar": [
    async (options) => {
      const sessions = makeSessions(options);
      const fetch = bindDevices(sessions).wrap(async () => {
        const headers = new Headers();
        const session = await sessions.open({
          get: () => undefined,
          set: (name, value) => headers.append("set-cookie", `${name}=${value}; Path=/; Secure`),
        });
        await session.login("ada");
        await sessions.commit(session);
        return new Response("in", { headers });
      });
      expect(offered(await get(fetch))).toBe(undefined);
    },
    "A login that is not seen",
  ],
  "Hono's session(options) in place of the sessions": [
    async (options) => {
      const app = new Hono().use(honoSession({ secret: SECRET, ...options }));
      app.get("/", async (c: Any) => {
        await c.var.session.login("ada");
        return c.text("in");
      });
      const fetch = bindDevices(makeSessions(options)).wrap((request) => app.fetch(request));
      expect(offered(await get(fetch))).toBe(undefined);
    },
    "Other sessions than those that were given",
  ],
  "two kinds of sessions at one path": [
    async (options) => {
      const [one, other] = [makeSessions(options), makeSessions({ name: "other", ...options })];
      const inner = bindDevices(other).wrap(other.wrap(() => new Response()));
      await get(bindDevices(one).wrap(inner));
    },
    "Two at one path",
  ],
};

const EXPRESS: Record<string, [Case, heading: string]> = {
  "a login over plain http": [
    async (options) => await expectCookieAlone(getPlain(plainApp(options))),
    "A login over plain http",
  ],
  "a login behind a proxy that is not believed": [
    async (options) => {
      // The address of a test is of a proxy, too: what it says is in a header.
      const fetch = plainApp(options);
      await expectCookieAlone(fetch(new Request("https://app.test/login")));
    },
    "A login behind a proxy that is not believed",
  ],
  "a short cookie that is too short": [
    (options) => get(plainApp(options, { maxAge: 60_000 })),
    "A short cookie that browsers cannot keep up with",
  ],
  "a login route in front": [
    async (options) => {
      const fetch = makeApp((app) => {
        app.use(sessionOf(options));
        app.get("/login", loginRoute);
        app.use(bindOnExpress());
        app.use((_req: Any, res: Any) => res.send("page"));
      });
      await get(fetch);
      expect(offered(await get(fetch, "/login"))).toBe(undefined);
    },
    "A login that is not seen",
  ],
  "a mount below a path": [
    async (options) => {
      const fetch = makeApp((app) => {
        app.use("/app", sessionOf(options), bindOnExpress());
        app.get("/app/login", loginRoute);
      });
      await get(fetch, "/app/login");
    },
    "A path that is never reached",
  ],
  "two kinds of sessions at one path": [
    async (options) => {
      const fetch = makeApp((app) => {
        app.use(sessionOf(options), bindOnExpress());
        app.use((req: Any, _res: Any, next: Any) => {
          delete req.session;
          next();
        });
        app.use(sessionOf(options, "other"), bindOnExpress());
        app.use((_req: Any, res: Any) => res.send("page"));
      });
      await get(fetch);
    },
    "Two at one path",
  ],
};

const page = readFileSync(new URL("../../docs/device-bound-sessions.md", import.meta.url), "utf8");

/** What the page has for an entry under a heading. */
function promised(entry: string, heading: string): string | undefined {
  const [, part = ""] = page.split(`### ${heading}\n`);
  const [own = ""] = part.split(/^#/m);
  return new RegExp(`^- ${entry}: \`(.*)\`$`, "m").exec(own)?.[1];
}

describe.each([["Web", WEB], ["Express", EXPRESS]] as const)("on %s", (entry, cases) => {
  describe.each(Object.entries(cases))("%s", (_what, [happens, heading]) => {
    test("is told as the page promises, once", async () => {
      await happens({});
      expect(await said()).toEqual([promised(entry, heading)]);
      await happens({});
      expect(await said()).toHaveLength(1);
    });

    test("… and by nobody who said `warn: false`", async () => {
      await happens({ warn: false });
      expect(await said()).toEqual([]);
    });
  });
});

describe("of a short cookie's life", () => {
  // Chromium renews in the last two minutes of a cookie, and signs six times in nine minutes.
  test.each<[maxAge: number, grace: number, isSaid: boolean]>([
    [1000, 0, true],
    [120_000, 0, true],
    [239_999, 0, true],
    [240_000, 0, false],
    [600_000, 0, false],
    [60_000, 479_999, true],
    [60_000, 480_000, false],
    [239_999, 300_000, true],
    [239_999, 300_001, false],
  ])("%i ms with %i ms of grace it is said: %j", async (maxAge, grace, isSaid) => {
    const sessions = makeSessions({});
    await get(bindDevices(sessions, { maxAge, grace }).wrap(() => new Response()));
    expect((await said()).length).toBe(isSaid ? 1 : 0);
    await get(plainApp({}, { maxAge, grace }));
    expect((await said()).length).toBe(isSaid ? 2 : 0);
  });
});

describe("nothing is said", () => {
  test("over plain http, where nobody logs in, where no key was wanted, and where the cookie was not sent either", async () => {
    const silent = makeSessions({ cookie: { secure: "auto" }, name: "sid" });
    const begins = silent.wrap((_request, session) => {
      session.n = 1;
      return new Response();
    });
    await expectCookieAlone(getPlain(bindDevices(silent).wrap(begins)));
    const off = bindDevices(silent, { policy: "off" });
    await expectCookieAlone(getPlain(off.wrap(loggingIn(silent))));
    await expectCookieAlone(getPlain(plainApp({}, { policy: "off" })));
    // That it was not sent has a reason of its own, which is said.
    const secure = makeSessions({});
    const response = await getPlain(bindDevices(secure).wrap(loggingIn(secure)));
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(await said()).toEqual([
      expect.stringMatching(/^no session cookie was sent: it is Secure/),
    ]);
  });

  test.each<DevicePolicy>(["off", "prefer", "require"])(
    "where the handlers that log in are wrapped, with %s, on each of two layers",
    async (policy) => {
      const sessions = makeSessions({});
      const handler = bindDevices(sessions, { policy }).wrap(loggingIn(sessions));
      const fetch = bindDevices(sessions, { policy }).wrap(handler);
      const browser = await makeBrowser(fetch);
      const response = await browser.get("/");
      // One key is enough.
      const offers = response.headers.get("secure-session-registration")?.match(/challenge=/g);
      expect(offers?.length).toBe(policy === "off" ? undefined : 1);
      // A removal is no session of others.
      const removal = { "set-cookie": "__Host-session=; Max-Age=0; Path=/; Secure" };
      await get(bindDevices(sessions).wrap(() => new Response(null, { headers: removal })));
      expect(await said()).toEqual([]);
    },
  );

  test("where sessions begin, or their cookie is sent again, without a login", async () => {
    const sessions = makeSessions({ rolling: true });
    const write = sessions.wrap((_request, session) => {
      session.n = 1;
      return new Response();
    });
    const wrapped = bindDevices(sessions).wrap(loggingIn(sessions));
    const web = await makeBrowser((request) => {
      return request.url.endsWith("/login") ? wrapped(request) : write(request);
    });
    const app = makeApp((app) => {
      app.use(sessionOf({ rolling: true } as Any));
      app.get("/", (req: Any, res: Any) => res.send(`${req.session.n = 1}`));
      app.use(bindOnExpress());
      app.get("/login", loginRoute);
    });
    for (const browser of [web, await makeBrowser(app)]) {
      for (const path of ["/", "/login", "/"]) {
        const cookies = (await browser.get(path)).headers.getSetCookie();
        expect([path, cookies.length]).toEqual([path, 1]);
      }
    }
    expect(await said()).toEqual([]);
  });

  test("where others have a path of their own", async () => {
    const [one, other] = [makeSessions({}), makeSessions({ name: "other" })];
    const handler = loggingIn(one);
    const inner = bindDevices(other, { path: "/other" }).wrap(handler);
    expect(offered(await get(bindDevices(one).wrap(inner)))).toMatch(/./);
    expect(await said()).toEqual([]);
  });

  test.each<DevicePolicy>(["off", "prefer", "require"])(
    "where Express' middleware is in front of the routes, with %s, and once more for some of them",
    async (policy) => {
      const fetch = makeApp((app) => {
        app.use(sessionOf({}));
        app.use(bindOnExpress({ policy }));
        app.use("/account", bindOnExpress({ policy }));
        app.get("/account/login", loginRoute);
      });
      const response = await get(fetch, "/account/login");
      const offers = response.headers.get("secure-session-registration")?.match(/challenge=/g);
      expect(offers?.length).toBe(policy === "off" ? undefined : 1);
      expect(await said()).toEqual([]);
    },
  );

  test("where it is mounted below a path that its own begins with", async () => {
    const fetch = makeApp((app) => {
      app.use(sessionOf({}));
      app.use("/app", bindOnExpress({ path: "/app/devices" }));
      app.get("/app/login", loginRoute);
    });
    const browser = await makeBrowser(fetch);
    await browser.login("/app/login");
    expect(browser.instructions?.refresh_url).toBe("/app/devices/refresh");
    expect(await said()).toEqual([]);
  });
});

test("what logs in before the middleware and hands on is asked for a key all the same", async () => {
  let now = 1_800_000_000_000;
  const clock = { now: () => now, after: () => () => {} };
  const fetch = makeApp((app) => {
    app.use(sessionOf({ clock } as Any));
    app.use(async (req: Any, _res: Any, next: Any) => {
      await login(req, "ada");
      now += 1000;
      next();
    });
    app.use(bindOnExpress());
    app.use((_req: Any, res: Any) => res.send("page"));
  });
  expect(offered(await get(fetch))).toMatch(/./);
  expect(await said()).toEqual([]);
});

test("wrap() around that of other sessions is refused where both have one path", () => {
  const [one, other] = [makeSessions({}), makeSessions({ name: "other" })];
  const at = (sessions: typeof one, path: string) => bindDevices(sessions, { path });
  const inner = at(other, "/devices/").wrap(() => new Response());
  expect(() => at(one, "/devices").wrap(inner))
    .toThrow(new TypeError('Option "path" must differ for other sessions, not "/devices" twice'));
  expect(() => at(one, "/other").wrap(inner)).not.toThrow();
  expect(() => at(other, "/devices").wrap(inner)).not.toThrow();
});
