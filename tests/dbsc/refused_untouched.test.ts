/** A request that a route refuses leaves its session as it was. */
import express from "express";
import { afterEach, beforeEach, expect, test } from "vitest";
import session, {
  bindDevices,
  login,
  type SessionOptions,
  toExpressStore,
} from "../../src/express/mod.ts";
import { countingStore, SECRET } from "../web/support.ts";
import { served } from "./apps.ts";
import { makeBrowser } from "./browser.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

let now: number;
let stop = () => {};
// The store goes by the time of the machine.
beforeEach(() => void (now = Date.now()));
afterEach(() => stop());
const clock = { now: () => now, after: () => () => {} };

function makeApp(given: Partial<SessionOptions>, refuse?: Any) {
  const store = countingStore();
  const app = express();
  app.set("trust proxy", true);
  const sessions = session({
    ...{ secret: SECRET, store: toExpressStore(store), clock, warn: false },
    ...{ resave: false, saveUninitialized: false, ...given },
    cookie: { secure: true, ...given.cookie as object },
  });
  app.use(sessions);
  app.use(bindDevices({
    policy: (req: Any) => req.path === "/account" ? "require" : "prefer",
    refuse,
  }));
  app.get(/.*/, async (req: Any, res) => {
    if (req.path === "/login") await login(req, "ada");
    res.json(null);
  });
  const { fetch, end } = served(app);
  stop = end;
  return { fetch, sessions, store };
}

test("Express: no new id, no later end, no cookie for who is refused", async () => {
  const options: Partial<SessionOptions>[] = [
    { rotateAfter: 60_000 },
    { idleTimeout: 600_000 },
    { rolling: true, cookie: { maxAge: 600_000 } },
    { resave: true },
  ];
  for (const given of options) {
    now = Date.now();
    const { fetch, store } = makeApp(given);
    const owner = await makeBrowser(fetch);
    await owner.login();
    now += 300_000;
    const thief = await owner.thief();
    thief.cookies.delete("connect.sid-bound");
    store.calls.length = 0;
    const refused = await thief.get("/account");
    expect([given, refused.status, refused.headers.getSetCookie()]).toEqual([given, 403, []]);
    expect(store.calls.filter((call) => !call.startsWith("read"))).toEqual([]);
    stop();
  }
});

test("Express: nor for what an answer of the application's has done to the session", async () => {
  const { fetch, store } = makeApp({}, (req: Any, res: Any) => {
    req.session.seen = 1;
    res.status(403).end();
  });
  const owner = await makeBrowser(fetch);
  await owner.login();
  now += 60_000;
  const thief = await owner.thief();
  thief.cookies.delete("connect.sid-bound");
  store.calls.length = 0;
  expect((await thief.get("/account")).headers.getSetCookie()).toEqual([]);
  expect(store.calls).toEqual(["read"]);
});
