/** What a route requires of a session is required of one that comes late as well. */
import express from "express";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSessions } from "../../mod.ts";
import session, { bindDevices as bindOnExpress, login, subjectOf } from "../../src/express/mod.ts";
import { bindDevices, type DevicePolicy } from "../../src/web/dbsc.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { SECRET, withVerb } from "../web/support.ts";
import { served } from "./apps.ts";
import { makeBrowser, type TestBrowser } from "./browser.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

let now: number;
/** So many reads fail. */
let failing: number;
let stop = () => {};
beforeEach(() => {
  now = 1_800_000_000_000;
  failing = 0;
});
afterEach(() => stop());

const clock = { now: () => now, after: () => () => {} };
const policyAt = (path: string): DevicePolicy => path === "/login" ? "prefer" : "require";

function failingStore() {
  return withVerb(memoryStore({ now: () => now }), "read", () => {
    if (failing-- > 0) throw new Error("down");
  });
}

function webApp(answer: (session: Any, request: Request, sessions: Any) => unknown) {
  const sessions = createSessions<Any>({
    ...{ secret: SECRET, store: failingStore(), clock, warn: false },
    onStoreError: "anonymous",
  });
  const policy = (request: Request) => policyAt(new URL(request.url).pathname);
  const devices = bindDevices(sessions, { policy });
  return devices.wrap(sessions.wrap(async (request, session) => {
    if (request.url.endsWith("/login")) await session.login("ada");
    return Response.json(await answer(session, request, sessions) ?? null);
  }));
}

function expressApp(answer: (req: Any) => unknown) {
  const app = express();
  app.set("trust proxy", true);
  app.use(session({
    ...{ secret: SECRET, store: failingStore() as Any, clock, warn: false },
    ...{ resave: false, saveUninitialized: false, onStoreError: "anonymous" },
    cookie: { secure: true },
  }));
  app.use(bindOnExpress({ policy: (req: Any) => policyAt(req.path) }));
  app.get(/.*/, async (req: Any, res) => {
    if (req.path === "/login") await login(req, "ada");
    res.json(await answer(req) ?? null);
  });
  const { fetch, end } = served(app);
  stop = end;
  return fetch;
}

/** Whose session is served where the store fails once. */
async function afterOneFailure(browser: TestBrowser): Promise<unknown> {
  failing = 1;
  return await (await browser.get("/account")).json();
}

async function ownerAndThief(fetch: Any, name: string): Promise<TestBrowser[]> {
  const owner = await makeBrowser(fetch);
  await owner.login();
  now += 60_000;
  const thief = await owner.thief();
  for (const other of [...thief.cookies.keys()]) if (other !== name) thief.cookies.delete(other);
  expect((await thief.get("/account")).status).toBe(403);
  return [owner, thief];
}

const said = (error: Any): string => error.code ?? error.message;

test("reload() of a request whose session the store did not hand over asks for the device", async () => {
  const fetch = webApp(async (session) => {
    if (session.subject === undefined) await session.reload().catch(said);
    return [session.subject, await session.reload().catch(said)];
  });
  const [owner, thief] = await ownerAndThief(fetch, "__Host-session");
  expect(await afterOneFailure(thief!)).toEqual([null, "SESSION_REFUSED"]);
  expect(await afterOneFailure(owner!)).toEqual(["ada", null]);
});

test("so does a jar of the same request", async () => {
  const fetch = webApp(async (session, request, sessions) => {
    if (session.subject !== undefined) return session.subject;
    const get = (name: string) => {
      return new RegExp(`${name}=([^;]*)`).exec(request.headers.get("cookie") ?? "")?.[1];
    };
    const opened = sessions.open({ get, set: () => {} }, request);
    return await opened.then(({ subject }: Any) => subject, said);
  });
  const [, thief] = await ownerAndThief(fetch, "__Host-session");
  expect(await afterOneFailure(thief!)).toBe("STORE_FAILED");
});

test("on Express: reload(), and a session that is made of what the store has", async () => {
  const fetch = expressApp(async (req) => {
    if (subjectOf(req) !== undefined) return subjectOf(req);
    const { sessionID: id, sessionStore: store } = req;
    const found: Any = await new Promise((done) => store.get(id, (_: Any, one: Any) => done(one)));
    let made: unknown;
    try {
      made = found && store.createSession(req, found).cookie;
    } catch (error) {
      made = said(error);
    }
    const refused = await req.session.reload().catch(said);
    return subjectOf(req) ?? [made, refused];
  });
  const [owner, thief] = await ownerAndThief(fetch, "connect.sid");
  expect(await afterOneFailure(thief!)).toEqual(["STORE_FAILED", "SESSION_REFUSED"]);
  expect(await afterOneFailure(owner!)).toBe("ada");
});
