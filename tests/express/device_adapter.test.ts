/** Devices on Express: where they are answered, what their visits change, and what a login or a logout sends. */
import process from "node:process";
import express from "express";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import session, {
  bindDevices,
  login,
  logout,
  subjectOf,
  toExpressStore,
} from "../../src/express/mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { makeBrowser } from "../dbsc/browser.ts";
import { SECRET, withVerb } from "../web/support.ts";
import { fetchFrom } from "./support/fetch_from.ts";
import { type Any, ours } from "./support/libraries.ts";
import { makeStore as makeCallbackStore } from "./support/stores.ts";

let now: number;
beforeEach(() => void (now = 1_800_000_000_000));
afterEach(() => void vi.restoreAllMocks());
const clock = { now: () => now, after: () => () => {} };
const makeStore = () => memoryStore({ now: clock.now, sweepInterval: 0 });
const HOUR = 3_600_000;

function makeSessions({ store = makeStore(), ...given }: Any = {}) {
  return session({
    ...{ secret: SECRET, store: "get" in store ? store : toExpressStore(store) },
    ...{ clock, proxy: true, warn: false },
    ...{ resave: false, saveUninitialized: false, cookie: { secure: true } },
    ...given,
  });
}

interface Layers {
  /** In front of the sessions … */
  readonly before?: Any[];
  /** … and behind the devices. */
  readonly behind?: Any[];
  readonly routes?: Record<string, (req: Any, res: Any) => unknown>;
}

/** An application of which the routes under /bound require the device. */
function makeApp(given: Any = {}, { before = [], behind = [], routes = {} }: Layers = {}) {
  const app = express();
  app.set("trust proxy", true);
  const sessions = makeSessions(given);
  const devices = bindDevices({
    policy: (req: Any) => req.path.startsWith("/bound") ? "require" : "prefer",
  });
  const events: string[] = [];
  for (const name of ["offered", "registered", "refreshed", "stale", "ended", "error"] as const) {
    devices.on(name, () => void events.push(name));
  }
  for (const layer of [...before, sessions, devices, ...behind]) app.use(layer);
  const acts: Record<string, (req: Any, res: Any) => unknown> = {
    "/login": (req) => login(req, "ada"),
    "/logout": (req) => logout(req),
    "/rotate": (req) => req.session.regenerate({ keep: true }),
    ...routes,
  };
  app.get(/.*/, async (req, res) => {
    await acts[req.path]?.(req, res);
    if (!res.writableEnded) res.json(req.session ? subjectOf(req) ?? null : null);
  });
  app.use((error: Any, _req: Any, res: Any, _next: Any) => {
    res.status(500).send(String(error));
  });
  return { devices, events, sessions, fetch: fetchFrom(app) };
}

const post = (path: string) => new Request(`https://app.test${path}`, { method: "POST" });
const namesOf = (response: Response) => {
  return response.headers.getSetCookie().map((text) => text.split("=")[0]);
};
const pathsIn = (response: Response) => {
  const asked = response.headers.get("secure-session-registration") ?? "";
  return [...asked.matchAll(/path="([^"]*)"/g)].map(([, path]) => path).sort();
};

test("the secret of an older middleware is not enough", async () => {
  const app = express();
  app.use((req: Any, _res: Any, next: Any) => {
    req.secret = SECRET;
    next();
  });
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  app.use(makeSessions({ secret: undefined }), bindDevices());
  app.use((error: Any, _req: Any, res: Any, _next: Any) => {
    res.status(500).send(String(error));
  });
  const answer = await fetchFrom(app)(new Request("https://app.test/"));
  expect(await answer.text())
    .toBe('TypeError: bindDevices() needs sessions with the option "secret"');
});

describe("a device is answered where the client has asked", () => {
  test("without Express, which alone keeps what that was", async () => {
    const [sessions, devices] = [makeSessions(), bindDevices()];
    const fetch = fetchFrom((req, res) => {
      sessions(req, res, () => devices(req, res, () => res.writeHead(404).end()));
    });
    const statuses = [];
    for (const path of ["/register", "/refresh?again", "/other"]) {
      statuses.push((await fetch(post(`/.well-known/websession${path}`))).status);
    }
    expect(statuses).toEqual([400, 400, 404]);
  });

  test("behind a router that cuts its path", async () => {
    const app = express();
    app.use("/app", makeSessions(), bindDevices({ path: "/app/devices" }));
    app.use((_req: Any, res: Any) => res.status(404).end());
    const fetch = fetchFrom(app);
    expect((await fetch(post("/app/devices/register"))).status).toBe(400);
    expect((await fetch(post("/devices/register"))).status).toBe(404);
  });

  test("by POST alone, and a stranger with no word", async () => {
    const { fetch } = makeApp();
    const path = "/.well-known/websession/refresh";
    const got = await fetch(new Request(`https://app.test${path}`));
    expect([got.status, got.headers.get("allow"), await got.text()]).toEqual([405, "POST", ""]);
    const posted = await fetch(post(path));
    expect([posted.status, await posted.text()]).toEqual([400, ""]);
  });
});

describe("a device whose session has ended", () => {
  async function endedBrowser() {
    const { fetch, sessions } = makeApp();
    const browser = await makeBrowser(fetch);
    await browser.login();
    await sessions.revokeAll("ada");
    return browser;
  }

  test("is asked once more where it comes with the cookie: the session may have moved", async () => {
    const browser = await endedBrowser();
    expect((await browser.refresh()).status).toBe(403);
    expect(await (await browser.refresh()).json()).toEqual({ continue: false });
  });

  test("is told so at once where it comes without", async () => {
    const browser = await endedBrowser();
    browser.cookies.delete("connect.sid");
    expect(await (await browser.refresh()).json()).toEqual({ continue: false });
  });

  test("after it had moved, likewise: nothing has failed", async () => {
    const { events, fetch } = makeApp();
    const browser = await makeBrowser(fetch);
    await browser.login();
    const late = await browser.thief();
    await browser.get("/rotate");
    await browser.get("/logout");
    const answer = await late.refresh(await browser.device.refreshes(browser.challenge!));
    expect([answer.status, events]).toEqual([403, ["offered", "registered"]]);
  });
});

describe("a device that comes by the id of before", () => {
  test.each([
    ["the option proxy", { proxy: true }],
    ["trust proxy", { proxy: undefined }],
  ])("leaves its session's cookie as it is stored, with %s", async (_what, given) => {
    const store = makeStore();
    const cookie = { secure: "auto", sameSite: "auto" };
    const { fetch } = makeApp({ store, cookie, ...given });
    const browser = await makeBrowser(fetch);
    await browser.login();
    const late = await browser.thief();
    await browser.get("/rotate");
    const stored = () => store.ids().map((id) => JSON.parse(store.read(id)!.json));
    const [before] = stored();
    expect(before.cookie).toMatchObject({ secure: true, sameSite: "none" });
    const answer = await late.refresh(await browser.device.refreshes(browser.challenge!));
    expect(answer.status).toBe(200);
    const [after, ...others] = stored();
    expect([after.cookie, others]).toEqual([before.cookie, []]);
    expect(after).not.toEqual(before);
  });
});

test.each([
  ["a native store", makeStore, true, "ada"],
  ["a native store", makeStore, false, null],
  ["a callback store", () => makeCallbackStore("async", ours).store, true, "ada"],
  ["a callback store", () => makeCallbackStore("async", ours).store, false, null],
])(
  "the session's lifetime begins anew by what its device shows: in %s",
  async (_what, storeOf, refreshes, subject) => {
    // That store has no other clock.
    now = Date.now();
    const { fetch } = makeApp({ store: storeOf(), cookie: { secure: true, maxAge: HOUR } });
    const browser = await makeBrowser(fetch);
    await browser.login();
    now += 0.8 * HOUR;
    if (refreshes) {
      await browser.refresh();
      expect((await browser.refresh()).status).toBe(200);
    }
    now += 0.8 * HOUR;
    expect(await (await browser.get("/")).json()).toBe(subject);
  },
);

describe("a session that its store did not hand over, and reload() finds after all", () => {
  async function reload(path: string, isFresh: boolean): Promise<unknown> {
    let isDown = false;
    const store = withVerb(makeStore(), "read", () => {
      if (isDown) throw new Error("planned");
    });
    const failing = (req: Any, _res: Any, next: Any) => {
      isDown = req.path === path;
      next();
    };
    const reloading = async (req: Any, res: Any) => {
      isDown = false;
      const before = subjectOf(req);
      const code = await req.session.reload().catch((error: Any) => error.code);
      res.json([before ?? null, code ?? subjectOf(req), app.devices.deviceOf(req)?.fresh ?? null]);
    };
    const app = makeApp({ store, onStoreError: "anonymous" }, {
      before: [failing],
      routes: { [path]: reloading },
    });
    const browser = await makeBrowser(app.fetch);
    await browser.login();
    if (!isFresh) now += 700_000;
    return await (await browser.get(path)).json();
  }

  test("is refused on a route that requires its device", async () => {
    expect(await reload("/bound", false)).toEqual([null, "SESSION_REFUSED", null]);
  });

  test("is there where the device shows itself, and where nothing is required", async () => {
    expect(await reload("/bound", true)).toEqual([null, "ada", true]);
    expect(await reload("/free", true)).toEqual([null, "ada", true]);
    expect(await reload("/free", false)).toEqual([null, "ada", false]);
  });

  test("is looked at once, where it was there from the beginning", async () => {
    const routes = { "/free": (req: Any) => req.session.reload() };
    const { events, fetch } = makeApp({}, { routes });
    const browser = await makeBrowser(fetch);
    await browser.login();
    now += 700_000;
    await browser.get("/free");
    expect(events).toEqual(["offered", "registered", "stale"]);
  });
});

describe("a logout removes the bound cookie", () => {
  test("where the browser has one", async () => {
    const { fetch } = makeApp();
    const browser = await makeBrowser(fetch);
    await browser.login();
    const answer = await browser.get("/logout");
    expect(namesOf(answer)).toEqual(["connect.sid-bound", "connect.sid"]);
    expect(answer.headers.getSetCookie()[0]).toMatch(/^connect\.sid-bound=; Max-Age=0; Path=\/; /);
  });

  test("where it has none there is none to remove, nor where it has no cookie at all", async () => {
    const { fetch } = makeApp({}, {
      routes: {
        "/visit": async (req) => {
          await login(req, "ada");
          await logout(req);
        },
      },
    });
    const browser = await makeBrowser(fetch);
    await browser.get("/login");
    expect(namesOf(await browser.get("/logout"))).toEqual(["connect.sid"]);
    expect(browser.cookies.size).toBe(0);
    const answer = await browser.get("/visit");
    expect([answer.status, namesOf(answer)]).toEqual([200, []]);
  });
});

test("whatever reload() finds on such a route has to be shown: a key that came meanwhile, too", async () => {
  const codes: unknown[] = [];
  const waits = async (req: Any) => {
    await browser.register();
    now += 60_000;
    codes.push(await req.session.reload().catch((error: Any) => error.code));
  };
  const routes = { "/bound/slow": waits, "/slow": waits };
  const { fetch } = makeApp({}, { routes });
  let browser = await makeBrowser(fetch);
  for (const path of Object.keys(routes)) {
    browser = await makeBrowser(fetch);
    await browser.get("/login");
    await browser.get(path);
  }
  expect(codes).toEqual(["SESSION_REFUSED", undefined]);
});

test("cookies of others stay beside those of a device", async () => {
  const sets = (_req: Any, res: Any, next: Any) => {
    res.setHeader("Set-Cookie", "seen=1");
    next();
  };
  const { fetch } = makeApp({}, { before: [sets] });
  const browser = await makeBrowser(fetch);
  await browser.get("/login");
  expect(namesOf(await browser.register())).toEqual(["seen", "connect.sid-bound"]);
  expect(namesOf(await browser.refresh())).toEqual(["seen", "connect.sid-bound"]);
  expect(namesOf(await browser.get("/logout")))
    .toEqual(["seen", "connect.sid-bound", "connect.sid"]);
});

describe("a key is asked for", () => {
  test("once by a login, whoever else stands in front of its route", async () => {
    const other = bindDevices({ policy: "require" });
    const { events, fetch } = makeApp({}, { behind: [other] });
    other.on("offered", () => void events.push("offered"));
    const browser = await makeBrowser(fetch);
    expect(pathsIn(await browser.get("/login"))).toEqual(["/.well-known/websession/register"]);
    expect(events).toEqual(["offered"]);
  });

  test("for each of two kinds of sessions, where one route logs in to both", async () => {
    const handsOn = async (req: Any, _res: Any, next: Any) => {
      if (req.path === "/login") await login(req, "ada");
      delete req.session;
      next();
    };
    const others = makeSessions({ name: "other" });
    const { fetch } = makeApp({}, { behind: [handsOn, others, bindDevices({ path: "/other" })] });
    const answer = await (await makeBrowser(fetch)).get("/login");
    expect(namesOf(answer).sort()).toEqual(["connect.sid", "other"]);
    expect(pathsIn(answer)).toEqual(["/.well-known/websession/register", "/other/register"]);
  });
});
