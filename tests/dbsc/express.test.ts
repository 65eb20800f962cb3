/** Device bound sessions on Express, by a real server on this machine. */
import express from "express";
import expressSession from "express-session";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import session, { bindDevices, login, logout, toExpressStore } from "../../src/express/mod.ts";
import { countingStore, SECRET } from "../web/support.ts";
import { served } from "./apps.ts";
import { type Fetch, makeBrowser, offered } from "./browser.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

let now: number;
let stop: (() => void) | undefined;
beforeEach(() => void (now = 1_800_000_000_000));
afterEach(() => stop?.());
const clock = { now: () => now, after: () => () => {} };

/** An application behind a proxy that has the certificate, and its fetch. */
function makeApp(options: Any = {}, given: Any = {}) {
  const store = countingStore();
  const app = express();
  app.set("trust proxy", true);
  const cookie = { secure: true, sameSite: "lax", ...given.cookie };
  app.use(session({
    secret: SECRET,
    resave: false,
    saveUninitialized: false,
    store: toExpressStore(store),
    name: "sid",
    clock,
    ...given,
    cookie,
  }));
  const devices = bindDevices({
    policy: (req: Any) => {
      if (req.path.startsWith("/off")) return "off";
      return req.path.startsWith("/bound") ? "require" : "prefer";
    },
    ...options,
  });
  const events: string[] = [];
  for (const name of ["offered", "registered", "refreshed", "stale", "ended", "error"] as const) {
    devices.on(name, () => void events.push(name));
  }
  app.use(devices);
  app.get(["/login", "/off/login"], async (req, res) => {
    await login(req, "ada");
    res.redirect("/");
  });
  app.get("/unawaited", (req, res) => {
    login(req, "ada");
    res.send("done");
  });
  app.get("/logout", async (req, res) => {
    await logout(req);
    res.send("done");
  });
  app.get("/rotate", async (req, res) => {
    now += 1;
    await (req as Any).session.regenerate({ keep: true });
    res.send("done");
  });
  app.get("/anew", (req, res) => {
    (req as Any).session.regenerate(() => res.send("done"));
  });
  app.get(/.*/, (req, res) => {
    res.json(devices.deviceOf(req) ?? null);
  });
  app.use((error: Any, _req: Any, res: Any, _next: Any) => {
    res.status(500).send(String(error));
  });
  return { app, devices, events, store, fetch: fetchOf(app) };
}

function fetchOf(app: Any): Fetch {
  const { fetch, end } = served(app);
  stop = end;
  return fetch;
}

test("a login asks for a key, the device registers, and refreshes with it", async () => {
  const { events, fetch } = makeApp();
  const browser = await makeBrowser(fetch);
  const response = await browser.get("/login");
  expect(response.status).toBe(302);
  expect(offered(response)).toMatch(/./);
  expect(await (await browser.get("/")).json()).toEqual({ status: "pending", fresh: false });
  const registration = await browser.register();
  expect(registration.status).toBe(200);
  expect(registration.headers.get("cache-control")).toBe("no-store");
  expect(await registration.json()).toEqual({
    session_identifier: expect.stringMatching(/^[\w-]{24}$/),
    refresh_url: "/.well-known/websession/refresh",
    scope: { include_site: false, scope_specification: [] },
    credentials: [{
      type: "cookie",
      name: "sid-bound",
      attributes: "Path=/; HttpOnly; Secure; SameSite=Lax",
    }],
  });
  expect(registration.headers.getSetCookie().find((each) => each.startsWith("sid-bound=")))
    .toMatch(/; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  now += 605_001;
  expect((await browser.get("/bound")).status).toBe(403);
  expect((await browser.refresh()).status).toBe(200);
  expect(await (await browser.get("/bound")).json())
    .toMatchObject({ status: "bound", algorithm: "ES256", fresh: true, lastSeenAt: now });
  expect(events).toEqual(["offered", "registered", "stale", "refreshed"]);
});

test("a login nobody awaits is asked for a key as well; one over http, or with the policy off, is not", async () => {
  const { app, fetch } = makeApp();
  expect(offered(await (await makeBrowser(fetch)).get("/unawaited"))).toMatch(/./);
  expect(offered(await (await makeBrowser(fetch)).get("/off/login"))).toBe(undefined);
  app.set("trust proxy", false);
  expect(offered(await (await makeBrowser(fetch)).get("/login"))).toBe(undefined);
});

test("a refresh is read and written once, and what is no device's costs nothing more", async () => {
  const { fetch, store } = makeApp();
  const browser = await makeBrowser(fetch);
  await browser.login();
  store.calls.length = 0;
  expect((await browser.refresh()).status).toBe(200);
  expect(store.calls).toEqual(["read", "commit"]);
  const plain = makeApp({ policy: "off" });
  const bound = makeApp();
  const calls = [];
  for (const { fetch, store } of [plain, bound]) {
    const other = await makeBrowser(fetch);
    for (const path of ["/bound", "/login", "/", "/bound", "/logout"]) await other.get(path);
    calls.push(store.calls);
  }
  expect(calls[1]).toEqual(calls[0]);
});

test.each([
  { saveUninitialized: true },
  { resave: true },
  { rolling: true, cookie: { maxAge: 366 * 86_400_000 } },
  { saveUninitialized: true, resave: true, rolling: true, unset: "destroy" },
])("strangers cost the store nothing, and are given no cookie, with %j", async (given) => {
  const { fetch, store } = makeApp({}, given);
  const stranger = await makeBrowser(fetch);
  const proof = await stranger.device.registers("challenge");
  for (const path of ["register", "refresh"]) {
    for (const method of ["POST", "GET"]) {
      for (const id of [{}, { "sec-secure-session-id": "x" }]) {
        for (const response of [{}, { "secure-session-response": proof }]) {
          const url = `https://app.test/.well-known/websession/${path}`;
          const headers = { ...id, ...response, cookie: "sid=s%3Aforged.AAAA" };
          const answer = await fetch(new Request(url, { method, headers }));
          expect(answer.status).toBeGreaterThanOrEqual(400);
          expect(answer.headers.getSetCookie()).toEqual([]);
        }
      }
    }
  }
  expect(store.calls).toEqual([]);
  // Whose device it is costs a read and a write, and nothing at the end of the response.
  const browser = await makeBrowser(fetch);
  await browser.login();
  store.calls.length = 0;
  const answer = await browser.refresh();
  expect(answer.headers.getSetCookie().map((text) => text.split("=")[0])).toEqual(["sid-bound"]);
  expect(store.calls.map((call) => call.replace("AndTouch", ""))).toEqual(["read", "commit"]);
  expect(browser.cookies.has("sid")).toBe(true);
});

describe("a session's device", () => {
  test("goes along by a rotation, also when the browser comes too late for it", async () => {
    const { fetch } = makeApp();
    const browser = await makeBrowser(fetch);
    await browser.login();
    const before = browser.cookies.get("sid")!;
    await browser.get("/rotate");
    expect(browser.cookies.get("sid")).not.toBe(before);
    const late = await browser.thief();
    late.cookies.set("sid", before);
    const answer = await late.refresh(await browser.device.refreshes(browser.challenge!));
    expect(answer.status).toBe(200);
    expect(late.cookies.get("sid")).toBe(before);
    browser.challenge = late.challenge;
    now += 605_001;
    expect((await browser.refresh()).status).toBe(200);
    expect((await browser.get("/bound")).status).toBe(200);
  });

  test.each(["/anew", "/logout"])("ends with it by %s", async (path) => {
    const { fetch, events } = makeApp();
    const browser = await makeBrowser(fetch);
    await browser.login();
    await browser.get(path);
    expect(browser.cookies.has("sid-bound")).toBe(path === "/anew");
    expect(await (await browser.refresh()).json()).toEqual({ continue: false });
    expect(events.at(-1)).toBe("ended");
  });
});

test("whoever logs in again is asked for another key, unless the device has just shown its own", async () => {
  const { fetch } = makeApp();
  const browser = await makeBrowser(fetch);
  await browser.login();
  now += 1;
  expect(offered(await browser.get("/login"))).toBe(undefined);
  now += 605_001;
  expect(offered(await browser.get("/login"))).toMatch(/./);
});

test("S90 of parallel refreshes with one proof one is accepted", async () => {
  const { fetch } = makeApp();
  const browser = await makeBrowser(fetch);
  await browser.login();
  const proof = await browser.device.refreshes(browser.challenge!);
  const answers = await Promise.all(Array.from({ length: 10 }, () => browser.refresh(proof)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(403)]);
});

test("the answer to whoever is refused may be the application's", async () => {
  const { fetch } = makeApp({ refuse: (_req: Any, res: Any) => res.redirect("/login") });
  const browser = await makeBrowser(fetch);
  await browser.login();
  now += 605_001;
  expect((await browser.get("/bound")).headers.get("location")).toBe("/login");
});

test.each([
  ["Accept-Encoding", "Accept-Encoding, Cookie"],
  [["Accept-Encoding", "Origin"], "Accept-Encoding, Origin, Cookie"],
])("a refusal varies by the cookie, and by what was said before: %j", async (before, varies) => {
  const { app, fetch } = makeApp({ maxAge: 1000 });
  const behind = express();
  behind.set("trust proxy", true);
  behind.use((_req: Any, res: Any, next: Any) => {
    res.setHeader("Vary", before);
    next();
  });
  behind.use(app);
  const { fetch: fetchVaried, end } = served(behind);
  const browser = await makeBrowser((request) => {
    return request.url.endsWith("/varied") ? fetchVaried(request) : fetch(request);
  });
  await browser.login();
  now += 6001;
  const { status, headers } = await browser.get("/bound/varied");
  end();
  expect([status, headers.get("vary")]).toEqual([403, varies]);
});

test("what is wrong is told: options at once, and that no session middleware ran", async () => {
  expect(() => bindDevices({ policy: "always" as Any })).toThrow('"policy"');
  expect(() => bindDevices({ refuse: 403 as Any })).toThrow('"refuse"');
  const app = express();
  app.use(bindDevices());
  app.use((error: Any, _req: Any, res: Any, _next: Any) => res.status(500).send(error.code));
  const response = await fetchOf(app)(new Request("https://app.test/"));
  expect(await response.text()).toBe("SESSION_MISSING");
});

test("where the store fails the device is told to come again, though the routes go on without a session", async () => {
  let isDown = false;
  const store = new expressSession.MemoryStore();
  const { get } = store;
  store.get = function (id: string, done: Any) {
    if (isDown) return done(new Error("down"));
    return get.call(this, id, done);
  };
  const { events, fetch } = makeApp({}, { store, onStoreError: "anonymous" });
  const browser = await makeBrowser(fetch);
  await browser.login();
  await browser.refresh(null);
  const proof = await browser.device.refreshes(browser.challenge!);
  isDown = true;
  expect((await browser.refresh(proof)).status).toBe(503);
  expect(events.at(-1)).toBe("error");
  isDown = false;
  expect((await browser.refresh(proof)).status).toBe(200);
});

test("on a store that was written against express-session", async () => {
  const store = new expressSession.MemoryStore();
  const { fetch } = makeApp({}, { store });
  const browser = await makeBrowser(fetch);
  await browser.login();
  now += 605_001;
  expect((await browser.refresh()).status).toBe(200);
  expect((await browser.get("/bound")).status).toBe(200);
  await browser.get("/logout");
  expect(await (await browser.refresh()).json()).toEqual({ continue: false });
});
