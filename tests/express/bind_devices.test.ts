/** `bindDevices()`: what it hands on and when, what it refuses, and in which words. */
import express from "express";
import { beforeEach, describe, expect, test } from "vitest";
import session, { bindDevices, login, logout, toExpressStore } from "../../src/express/mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { makeBrowser } from "../dbsc/browser.ts";
import { SECRET } from "../web/support.ts";
import { fetchFrom } from "./support/fetch_from.ts";
import type { Any } from "./support/libraries.ts";

let now: number;
beforeEach(() => void (now = 1_800_000_000_000));
const clock = { now: () => now, after: () => () => {} };
const makeStore = () => toExpressStore(memoryStore({ now: clock.now, sweepInterval: 0 }));
const BOUND = "connect.sid-bound";

/** An application of which the routes under /bound require the device; `given` are the sessions' options. */
function makeApp(
  options: Any = {},
  given: Any = {},
  before: Any[] = [],
  look: (req: Any) => unknown = () => {},
) {
  const sessions = session({
    ...{ secret: SECRET, store: makeStore(), clock, proxy: true, warn: false },
    ...{ resave: false, saveUninitialized: false, cookie: { secure: true } },
    ...given,
  });
  const devices = bindDevices({
    policy: (req: Any) => req.url.startsWith("/bound") ? "require" : "prefer",
    ...options,
  });
  const reached: string[] = [];
  const errors: Any[] = [];
  const inTime: boolean[] = [];
  const app = express();
  app.use(sessions, ...before, (req: Any, res: Any, next: Any) => {
    let isHandedOn = false;
    devices(req, res, (error) => {
      isHandedOn = true;
      next(error);
    });
    inTime.push(isHandedOn);
  });
  app.get(/.*/, async (req: Any, res) => {
    reached.push(req.path);
    look(req);
    if (req.path === "/login") await login(req, "ada");
    if (req.path === "/logout") await logout(req);
    if (req.path === "/write") req.session.n = 1;
    res.json(req.session?.seen ?? null);
  });
  app.use((error: Any, _req: Any, res: Any, _next: Any) => {
    errors.push(error);
    if (!res.headersSent) res.status(500).send("an error page");
  });
  return { devices, errors, inTime, reached, sessions, fetch: fetchFrom(app) };
}

/** A browser that has lost its bound cookie, long after its device has shown its key. */
async function staleBrowser(fetch: Any) {
  const browser = await makeBrowser(fetch);
  await browser.login();
  now += 700_000;
  browser.cookies.delete(BOUND);
  return browser;
}

test("a session whose device shows nothing is refused in words that no cache keeps", async () => {
  const { fetch, reached } = makeApp();
  const browser = await staleBrowser(fetch);
  reached.length = 0;
  const refused = await browser.get("/bound");
  expect([refused.status, await refused.text(), reached]).toEqual([
    403,
    "This session is bound to a device, which did not show its key",
    [],
  ]);
  expect(refused.headers.get("cache-control")).toBe("no-store");
  expect(refused.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect((await browser.get("/")).status).toBe(200);
});

test("… and is left as it was, whatever answers in the application's name", async () => {
  const refuse = (req: Any, res: Any) => {
    req.session.seen = "by a thief";
    res.status(401).end("who are you?");
  };
  const { fetch } = makeApp({ refuse });
  const browser = await staleBrowser(fetch);
  const refused = await browser.get("/bound");
  expect([refused.status, await refused.text()]).toEqual([401, "who are you?"]);
  expect(await (await browser.get("/")).json()).toBe(null);
});

test.each<[string, () => unknown]>([
  ["throws", () => {
    throw new Error("planned");
  }],
  ["rejects with", () => Promise.reject(new Error("planned"))],
])("what that answer %s is an error of the request, not of the process", async (_how, refuse) => {
  const { errors, fetch } = makeApp({ refuse });
  const browser = await staleBrowser(fetch);
  const refused = await browser.get("/bound");
  expect([refused.status, await refused.text()]).toEqual([500, "an error page"]);
  expect(errors).toEqual([new Error("planned")]);
});

test("whoever has no device to show is handed on at once, in the same turn", async () => {
  const { fetch, inTime } = makeApp();
  const stranger = await makeBrowser(fetch);
  await stranger.get("/bound");
  await stranger.get("/write");
  await stranger.get("/");
  await stranger.get("/bound");
  expect(stranger.cookies.has("connect.sid")).toBe(true);
  expect(inTime).toEqual([true, true, true, true]);
});

test("what cannot be looked at does not pass: the error goes on", async () => {
  const secret: Any[] = [SECRET];
  const { errors, fetch, reached } = makeApp({}, { secret });
  const browser = await makeBrowser(fetch);
  await browser.login();
  const forged = browser.cookies.get(BOUND)!.replace(/.{43}$/, "A".repeat(43));
  now += 700_000;
  browser.cookies.set(BOUND, forged);
  reached.length = 0;
  // A variable of the environment that is not set there.
  secret.push(undefined);
  const answer = await browser.get("/bound");
  expect([answer.status, await answer.text(), reached]).toEqual([500, "an error page", []]);
  expect(errors).toEqual([expect.any(TypeError)]);
});

test("deviceOf() tells of whoever is logged in whether this very request has shown the device", async () => {
  const told: Any[] = [];
  const { devices, fetch } = makeApp({}, {}, [], (req: Any) => told.push(devices.deviceOf(req)));
  const browser = await makeBrowser(fetch);
  await browser.get("/");
  await browser.login();
  await browser.get("/");
  now += 700_000;
  await browser.get("/");
  const bound = { status: "bound", since: now - 700_000, algorithm: "ES256" };
  const seen = { ...bound, lastSeenAt: bound.since };
  expect(told).toEqual([undefined, undefined, { ...seen, fresh: true }, { ...seen, fresh: false }]);
});

describe("a device is answered", () => {
  const PATH = "https://app.test/.well-known/websession/register";

  test("by nobody else", async () => {
    const { errors, fetch, reached } = makeApp();
    const answer = await fetch(new Request(PATH, { method: "POST" }));
    expect([answer.status, await answer.text(), reached, errors]).toEqual([400, "", [], []]);
  });

  test("unless something has left before: that is an error", async () => {
    const early = (_req: Any, res: Any, next: Any) => {
      res.end("early");
      next();
    };
    const { errors, fetch } = makeApp({}, {}, [early]);
    expect(await (await fetch(new Request(PATH, { method: "POST" }))).text()).toBe("early");
    await expect.poll(() => errors.map(({ code }) => code)).toEqual(["ERR_HTTP_HEADERS_SENT"]);
  });
});

test("listeners know the session by the handle that the listeners of sessions have", async () => {
  const { devices, fetch, sessions } = makeApp();
  const handles: Promise<Any>[] = [];
  devices.on("registered", (event) => void handles.push(event.session()));
  sessions.on("destroyed", (event) => void handles.push(event.session()));
  const browser = await makeBrowser(fetch);
  await browser.login();
  await browser.get("/logout");
  const [registered, destroyed] = await Promise.all(handles);
  expect([registered, destroyed]).toEqual([expect.any(String), registered]);
});

describe("a WebSocket, whose response is {}", () => {
  async function open(path: string, cookie: string | undefined, { devices, sessions }: Any) {
    const req = { headers: { cookie, "x-forwarded-proto": "https" }, method: "GET", url: path };
    const res = {};
    return await new Promise<Any>((resolve) => {
      sessions(req, res, () => devices(req, res, (error: Any) => resolve(error ?? "open")));
    });
  }

  test("is opened with a device's fresh cookie, and without any session", async () => {
    const app = makeApp();
    const browser = await makeBrowser(app.fetch);
    await browser.login();
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    expect(await open("/bound", cookie, app)).toBe("open");
    expect(await open("/bound", undefined, app)).toBe("open");
  });

  test.each([
    ["bindDevices()", undefined],
    ["the application", (_req: Any, res: Any) => res.redirect("/login")],
  ])("is refused by an error: %s has nothing to answer with", async (_who, refuse) => {
    const app = makeApp({ refuse });
    const browser = await staleBrowser(app.fetch);
    const cookie = `connect.sid=${browser.cookies.get("connect.sid")}`;
    expect(await open("/bound", cookie, app)).toMatchObject({
      code: "SESSION_REFUSED",
      message: "This session is bound to a device, which did not show its key",
    });
    expect(await open("/", cookie, app)).toBe("open");
  });

  test("is no device that registers, wherever it is opened", async () => {
    expect(await open("/.well-known/websession/register", undefined, makeApp())).toBe("open");
  });
});
