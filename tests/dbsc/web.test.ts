/** Device bound sessions on the Web entries, asked by a browser that is made of a key and a jar. */
import { Hono } from "hono";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { createSessions, type SessionOptions } from "../../mod.ts";
import { session as honoSession } from "../../src/web/hono.ts";
import { bindDevices, type BindOptions, type DevicePolicy } from "../../src/web/dbsc.ts";
import { cookieStore } from "../../src/stores/cookie.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { countingStore, SECRET, spyOnCrypto, withVerb } from "../web/support.ts";
import { makeBrowser, offered } from "./browser.ts";
import { makeDevice } from "./device.ts";

let now: number;
beforeEach(() => void (now = 1_800_000_000_000));
const clock = { now: () => now, after: () => () => {} };

/** Login is for everybody; what is under /bound requires the device. */
const byPath = (request: Request): DevicePolicy => {
  const { pathname } = new URL(request.url);
  if (pathname.startsWith("/off")) return "off";
  return pathname.startsWith("/bound") ? "require" : "prefer";
};

interface Data {
  n: number;
}

function makeApp(options: Partial<BindOptions> = {}, given: Partial<SessionOptions> = {}) {
  const store = countingStore();
  const sessions = createSessions<Data>({ secret: SECRET, store, clock, ...given });
  const devices = bindDevices(sessions, { policy: byPath, ...options });
  const events: string[] = [];
  for (
    const name of [
      ...["offered", "registered", "refreshed", "challenged", "rejected", "stale", "skipped"],
      ...["ended", "error"],
    ] as const
  ) {
    devices.on(name as "rejected", (event) => {
      const { reason = "" } = event as { reason?: string };
      events.push(reason === "" ? name : `${name}: ${reason}`);
    });
  }
  const fetch = devices.wrap(sessions.wrap(async (request, session) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/login") await session.login("ada");
    if (pathname === "/off/login") await session.login("ada");
    if (pathname === "/begin") session.n = 1;
    if (pathname === "/elevate") await session.elevate();
    if (pathname === "/logout") await session.logout();
    if (pathname === "/rotate") await session.regenerate({ keep: true });
    if (pathname === "/anew") await session.regenerate();
    if (pathname === "/other") await session.login("eve");
    if (pathname === "/redirect") {
      await session.login("ada");
      throw Response.redirect("https://app.test/");
    }
    return Response.json({ subject: session.subject, device: devices.deviceOf(session) });
  }));
  const answering = async (request: Request) => {
    try {
      return await fetch(request);
    } catch (thrown) {
      return thrown as Response;
    }
  };
  return { sessions, devices, events, store, fetch: answering };
}

test("a login asks for a key, the device registers, and refreshes with it", async () => {
  const { events, fetch } = makeApp();
  const browser = await makeBrowser(fetch);
  const login = await browser.get("/login");
  expect(login.headers.get("secure-session-registration")).toMatch(
    /^\(ES256 RS256\);path="\/\.well-known\/websession\/register";challenge="[\w.-]+"$/,
  );
  expect(await (await browser.get("/")).json())
    .toEqual({ subject: "ada", device: { status: "pending", fresh: false } });

  now += 1000;
  const registration = await browser.register();
  expect(registration.status).toBe(200);
  expect(Object.fromEntries(registration.headers)).toMatchObject({
    "cache-control": "no-store",
    "content-type": "application/json",
    "cross-origin-resource-policy": "same-origin",
  });
  expect(await registration.json()).toEqual({
    session_identifier: expect.stringMatching(/^[\w-]{24}$/),
    refresh_url: "/.well-known/websession/refresh",
    scope: { include_site: false, scope_specification: [] },
    credentials: [{
      type: "cookie",
      name: "__Host-session-bound",
      attributes: "Path=/; HttpOnly; Secure; SameSite=Lax",
    }],
  });
  const [cookie] = registration.headers.getSetCookie();
  expect(cookie).toMatch(
    /^__Host-session-bound=[\w.-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
  const device = { status: "bound", since: now, lastSeenAt: now, algorithm: "ES256", fresh: true };
  expect(await (await browser.get("/bound")).json()).toEqual({ subject: "ada", device });

  const before = browser.cookies.get("__Host-session-bound");
  now += 600_000;
  const refreshed = await browser.refresh();
  expect(refreshed.status).toBe(200);
  expect(await refreshed.text()).toBe("");
  expect(browser.cookies.get("__Host-session-bound")).not.toBe(before);
  expect(await (await browser.get("/bound")).json())
    .toMatchObject({ device: { since: now - 600_000, lastSeenAt: now, fresh: true } });
  expect(events).toEqual(["offered", "registered", "refreshed"]);
});

test("a device that signs by RS256 is taken, unless the application wants none", async () => {
  const { fetch } = makeApp();
  const browser = await makeBrowser(fetch, "RS256");
  await browser.login();
  now += 600_000;
  expect((await browser.refresh()).status).toBe(200);
  expect(await (await browser.get("/bound")).json())
    .toMatchObject({ device: { algorithm: "RS256" } });

  const strict = makeApp({ algorithms: ["ES256"] });
  const other = await makeBrowser(strict.fetch, "RS256");
  expect((await other.get("/login")).headers.get("secure-session-registration"))
    .toMatch(/^\(ES256\);/);
  expect((await other.register()).status).toBe(400);
  expect(strict.events).toEqual(["offered", "rejected: malformed"]);
});

describe("what it costs", () => {
  test("requests without a key ask the store no more than without devices, and sign nothing", async () => {
    const plain = makeApp({ policy: "off" });
    const bound = makeApp();
    const calls: string[][] = [];
    for (const { fetch, store } of [plain, bound]) {
      const browser = await makeBrowser(fetch);
      await browser.get("/bound");
      await browser.get("/begin");
      const spy = spyOnCrypto();
      for (const path of ["/", "/bound", "/off", "/rotate", "/"]) await browser.get(path);
      calls.push([...store.calls, `${spy.calls()}`]);
      spy.restore();
    }
    expect(calls[1]).toEqual(calls[0]);
  });

  test("a route of a bound session is one read, as without; its cookie is verified once", async () => {
    const { fetch, store } = makeApp();
    const browser = await makeBrowser(fetch);
    await browser.login();
    await browser.get("/bound");
    store.calls.length = 0;
    const spy = spyOnCrypto();
    for (let count = 0; count < 3; count++) expect((await browser.get("/bound")).status).toBe(200);
    expect(spy.calls()).toBe(0);
    spy.restore();
    expect(store.calls.filter((each) => each !== "touch")).toEqual(Array(3).fill("read"));
  });

  test("a refresh reads and writes once; to be asked for a proof costs the store nothing", async () => {
    const { fetch, store } = makeApp();
    const browser = await makeBrowser(fetch);
    await browser.login();
    store.calls.length = 0;
    expect((await browser.refresh(null)).status).toBe(403);
    expect(store.calls).toEqual([]);
    expect((await browser.refresh()).status).toBe(200);
    expect(store.calls).toEqual(["read", "commit"]);
  });

  test("strangers cost the store nothing, whatever they send", async () => {
    const { fetch, store } = makeApp();
    const browser = await makeBrowser(fetch);
    const proof = await browser.device.registers("challenge");
    for (const path of ["register", "refresh"]) {
      for (const headers of [{}, { "sec-secure-session-id": "x" }]) {
        for (const method of ["GET", "POST", "OPTIONS"]) {
          const given = { ...headers, "secure-session-response": proof };
          const url = `https://app.test/.well-known/websession/${path}`;
          const response = await fetch(new Request(url, { method, headers: given }));
          expect(response.status).toBeGreaterThanOrEqual(400);
          expect(response.headers.get("cache-control")).toBe("no-store");
        }
      }
    }
    expect(store.calls).toEqual([]);
  });
});

describe("policies", () => {
  test("off: nothing is asked for", async () => {
    const { events, fetch } = makeApp();
    const response = await (await makeBrowser(fetch)).get("/off/login");
    expect(offered(response)).toBe(undefined);
    expect(events).toEqual([]);
  });

  test("prefer: a stale cookie is told, and refused to nobody", async () => {
    const { events, fetch } = makeApp();
    const browser = await makeBrowser(fetch);
    await browser.login();
    now += 605_001;
    expect(await (await browser.get("/")).json())
      .toMatchObject({ device: { status: "bound", fresh: false } });
    browser.cookies.delete("__Host-session-bound");
    expect((await browser.get("/")).status).toBe(200);
    expect(events.slice(2)).toEqual(["stale", "stale"]);
  });

  test("require: what never registered passes, and a handler can tell", async () => {
    const { fetch } = makeApp();
    const browser = await makeBrowser(fetch);
    await browser.get("/login");
    expect(await (await browser.get("/bound")).json())
      .toMatchObject({ device: { status: "pending" } });
    now += 120_001;
    expect(await (await browser.get("/bound")).json())
      .toMatchObject({ device: { status: "unsupported" } });
    expect(await (await (await makeBrowser(fetch)).get("/bound")).json()).toEqual({});
  });

  test("require: what was sent before the browser had its first cookie passes for five seconds", async () => {
    const { events, fetch } = makeApp();
    const browser = await makeBrowser(fetch);
    await browser.login();
    browser.cookies.delete("__Host-session-bound");
    now += 5000;
    expect(await (await browser.get("/bound")).json())
      .toMatchObject({ device: { status: "bound", fresh: false } });
    now += 1;
    expect((await browser.get("/bound")).status).toBe(403);
    expect(events.slice(2)).toEqual(["stale"]);
  });

  test("require: a clock that is set back lets nobody in by the session's cookie alone", async () => {
    const { fetch } = makeApp();
    const browser = await makeBrowser(fetch);
    await browser.login();
    browser.cookies.delete("__Host-session-bound");
    now -= 5001;
    expect((await browser.get("/bound")).status).toBe(403);
    now += 5001;
  });

  test("require: the answer may be the application's", async () => {
    const { fetch } = makeApp({
      maxAge: 1000,
      refuse: () => Response.redirect("https://app.test/login"),
    });
    const browser = await makeBrowser(fetch);
    await browser.login();
    now += 5001;
    expect((await browser.get("/bound")).headers.get("location")).toBe("https://app.test/login");
    // Whoever logs in again is asked again, and has the route back.
    await browser.login();
    expect((await browser.get("/bound")).status).toBe(200);
  });

  test("what a browser says it has skipped is believed after the cookie's end, and not for long", async () => {
    const { events, fetch } = makeApp({ maxAge: 60_000, grace: 30_000 });
    const browser = await makeBrowser(fetch);
    await browser.login();
    const id = browser.instructions!.session_identifier;
    const headers = { "secure-session-skipped": `unreachable;session_identifier="${id}"` };
    browser.cookies.delete("__Host-session-bound");
    now += 5001;
    // The device has a cookie now: whoever has none is somebody else.
    expect((await browser.get("/bound", headers)).status).toBe(403);
    now += 55_000;
    expect((await browser.get("/bound", headers)).status).toBe(200);
    expect((await browser.get("/bound")).status).toBe(403);
    const other = { "secure-session-skipped": 'unreachable;session_identifier="another"' };
    expect((await browser.get("/bound", other)).status).toBe(403);
    now += 30_000;
    expect((await browser.get("/bound", headers)).status).toBe(403);
    expect(events.slice(2)).toEqual([
      "stale",
      "skipped: unreachable",
      "stale",
      "stale",
      "stale",
    ]);
  });
});

describe("a session's device", () => {
  test.each(["/rotate", "/elevate", "/login"])("goes along by %s", async (path) => {
    const { fetch } = makeApp();
    const browser = await makeBrowser(fetch);
    await browser.login();
    await browser.get(path);
    now += 600_000;
    expect((await browser.refresh()).status).toBe(200);
    expect((await browser.get("/bound")).status).toBe(200);
  });

  test("goes along when rotateAfter replaces its id, and a copied cookie sheds it by nothing", async () => {
    const { fetch } = makeApp({}, { rotateAfter: 60_000 });
    const browser = await makeBrowser(fetch);
    await browser.login();
    const before = browser.cookies.get("__Host-session");
    now += 700_000;
    const thief = await browser.thief();
    await thief.get("/");
    expect(thief.cookies.get("__Host-session")).not.toBe(before);
    for (const path of ["/", "/rotate", "/"]) await thief.get(path);
    expect((await thief.get("/bound")).status).toBe(403);
  });

  test.each(["/elevate", "/login"])("is asked for by %s where there is none yet", async (path) => {
    const { fetch } = makeApp();
    const browser = await makeBrowser(fetch);
    // Its browser has let the offer pass.
    await browser.get("/login");
    now += 600_000;
    expect(offered(await browser.get(path))).toMatch(/./);
    expect((await browser.register()).status).toBe(200);
    expect(await (await browser.get("/bound")).json()).toMatchObject({ device: { fresh: true } });
  });

  test.each(["/elevate", "/login"])(
    "makes room for another by %s, where the visitor has proven who he is and it has not shown its key",
    async (path) => {
      const { fetch } = makeApp();
      const browser = await makeBrowser(fetch);
      await browser.login();
      // It has its key: no other one is asked for.
      now += 1;
      expect(offered(await browser.get(path))).toBe(undefined);
      now += 605_001;
      expect((await browser.get("/bound")).status).toBe(403);
      expect(offered(await browser.get(path))).toMatch(/./);
      // Until another one comes its own key is good.
      expect((await browser.refresh()).status).toBe(200);
      expect((await browser.get("/bound")).status).toBe(200);
    },
  );

  test("is kept from whoever has copied the cookies, where the route that elevates requires it", async () => {
    const { fetch } = makeApp({
      policy: (request) => request.url.endsWith("/login") ? "prefer" : "require",
    });
    const browser = await makeBrowser(fetch);
    await browser.login();
    now += 605_001;
    const refused = await (await browser.thief()).get("/elevate");
    expect([refused.status, offered(refused)]).toEqual([403, undefined]);
  });

  test.each(["/anew", "/other", "/logout"])("ends with it by %s", async (path) => {
    const { events, fetch } = makeApp();
    const browser = await makeBrowser(fetch);
    await browser.login();
    await browser.get(path);
    const answer = await browser.refresh();
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ continue: false });
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(events.at(-1)).toBe("ended");
  });

  test("ends with a logout, and the cookie with it, whoever else is logged out beside", async () => {
    const { fetch } = makeApp();
    const browser = await makeBrowser(fetch);
    await browser.login();
    expect([...browser.cookies.keys()]).toEqual(["__Host-session", "__Host-session-bound"]);
    const response = await browser.get("/logout");
    expect(response.headers.getSetCookie().at(-1))
      .toBe("__Host-session-bound=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax");
    expect([...browser.cookies.keys()]).toEqual([]);
    expect((await browser.get("/logout")).headers.getSetCookie()).toEqual([]);
  });

  test("ends by revokeAll(), and by time", async () => {
    const { sessions, fetch } = makeApp({}, { absoluteTimeout: 60 * 60_000 });
    const [one, two] = [await makeBrowser(fetch), await makeBrowser(fetch)];
    await one.login();
    await sessions.revokeAll("ada");
    // It may only have been moved: its device is asked once more.
    expect((await one.refresh()).status).toBe(403);
    expect(await (await one.refresh()).json()).toEqual({ continue: false });
    await two.login();
    now += 59 * 60_000;
    expect((await two.refresh(null)).status).toBe(403);
    expect((await two.refresh()).status).toBe(200);
    now += 60_001;
    expect((await two.refresh()).status).toBe(403);
    expect(await (await two.refresh()).json()).toEqual({ continue: false });
  });

  test("a login in a thrown answer is asked for a key too, and an immutable answer is copied", async () => {
    const { fetch } = makeApp();
    const browser = await makeBrowser(fetch);
    const response = await browser.get("/redirect");
    expect(response.status).toBe(302);
    expect(offered(response)).toMatch(/./);
    expect((await browser.register()).status).toBe(200);
  });

  test("a login over a connection that keeps no secret is asked for nothing", async () => {
    const { fetch, events } = makeApp();
    await fetch(new Request("http://app.test/login"));
    await fetch(new Request("http://localhost/login"));
    expect(events).toEqual([]);
    const proxied = makeApp({}, { proxy: true });
    const headers = { "x-forwarded-proto": "https" };
    await proxied.fetch(new Request("http://app.test/login", { headers }));
    expect(proxied.events).toEqual(["offered"]);
  });
});

describe("races", () => {
  test("a refresh that comes with the id of before a rotation is the device's all the same", async () => {
    const { fetch, events, store } = makeApp();
    const browser = await makeBrowser(fetch);
    await browser.login();
    for (const path of ["/rotate", "/elevate"]) {
      const before = browser.cookies.get("__Host-session")!;
      now += 1;
      await browser.get(path);
      const late = await browser.thief();
      late.cookies.set("__Host-session", before);
      store.calls.length = 0;
      const proof = await browser.device.refreshes(browser.challenge!);
      const answer = await late.refresh(proof);
      expect(answer.status).toBe(200);
      expect(store.calls).toEqual(["read", "read", "commit"]);
      // It is given a cookie that is worth nothing without the session's, and not the session's.
      expect(answer.headers.getSetCookie().map((text) => text.split("=")[0]))
        .toEqual(["__Host-session-bound"]);
      browser.challenge = late.challenge;
    }
    expect(events.slice(2)).toEqual(["refreshed", "refreshed"]);
  });

  test("a refresh by the key of before is refused, and ends nothing of the key that came in its place", async () => {
    const { fetch, events } = makeApp();
    const browser = await makeBrowser(fetch);
    await browser.login();
    now += 605_001;
    await browser.refresh(null);
    const proofs = await Promise.all(
      Array.from({ length: 2 }, () => browser.device.refreshes(browser.challenge!)),
    );
    // The visitor logs in again, with another key.
    await browser.get("/login");
    const device = await makeDevice();
    expect((await browser.register(await device.registers(browser.offer!))).status).toBe(200);
    const cookie = browser.cookies.get("__Host-session-bound");
    const late = await browser.refresh(proofs[0]);
    expect([late.status, late.headers.getSetCookie()]).toEqual([403, []]);
    expect((await browser.refresh(await device.refreshes(browser.challenge!))).status).toBe(200);
    expect(browser.cookies.get("__Host-session-bound")).not.toBe(cookie);
    // It was not on its way any more: somebody tries.
    now += 5001;
    const later = await browser.refresh(proofs[1]);
    expect([later.status, later.headers.getSetCookie()]).toEqual([400, []]);
    expect(events.slice(2)).toEqual([
      ...["challenged", "stale", "offered", "registered", "rejected: signature", "refreshed"],
      "rejected: signature",
    ]);
  });

  test("S90 a key that is registered again answers no challenge for the second time", async () => {
    const { fetch, events } = makeApp();
    const browser = await makeBrowser(fetch);
    await browser.login();
    now += 605_001;
    await browser.refresh(null);
    const proof = await browser.device.refreshes(browser.challenge!);
    expect((await browser.refresh(proof)).status).toBe(200);
    browser.cookies.delete("__Host-session-bound");
    await browser.login();
    expect(events.at(-1)).toBe("registered");
    expect((await browser.refresh(proof)).status).toBe(403);
    expect(events.at(-1)).toBe("rejected: replayed");
  });

  test("a refresh that another process's rotation gets ahead of goes on by the new cookie", async () => {
    const store = memoryStore();
    // Each process has a store object of its own, and so its own list of what has moved.
    const here = makeApp({}, { store: withVerb(store, "read", () => {}) });
    const there = makeApp({}, { store });
    const browser = await makeBrowser(here.fetch);
    await browser.login();
    for (const path of ["/rotate", "/elevate"]) {
      const before = browser.cookies.get("__Host-session")!;
      const proof = await browser.device.refreshes(browser.challenge!);
      const headers = { cookie: [...browser.cookies].map((pair) => pair.join("=")).join("; ") };
      const moved = await there.fetch(new Request(`https://app.test${path}`, { headers }));
      const asked = await browser.refresh(proof);
      expect([asked.status, asked.headers.getSetCookie()]).toEqual([403, []]);
      // Meanwhile the answer of the other has arrived.
      const [, after] = /^__Host-session=([^;]+)/.exec(moved.headers.getSetCookie()[0]!)!;
      expect(after).not.toBe(before);
      browser.cookies.set("__Host-session", after!);
      expect((await browser.refresh()).status).toBe(200);
      expect((await browser.get("/bound")).status).toBe(200);
    }
    expect(here.events.slice(2))
      .toEqual(["rejected: session", "refreshed", "rejected: session", "refreshed"]);
  });

  test("… and is asked once, not for ever: what is answered then is the end", async () => {
    const { fetch, sessions, events } = makeApp();
    const browser = await makeBrowser(fetch);
    await browser.login();
    await sessions.revokeAll("ada");
    expect((await browser.refresh()).status).toBe(403);
    const answer = await browser.refresh();
    expect([answer.status, await answer.json()]).toEqual([200, { continue: false }]);
    expect(events.slice(2)).toEqual(["rejected: session", "ended"]);
  });

  test("… also where the session moves while its record is read", async () => {
    let move: (() => Promise<unknown>) | undefined;
    const plain = memoryStore();
    const store = withVerb(plain, "read", () => {});
    store.read = async (id) => {
      const found = await plain.read(id);
      const now = move;
      move = undefined;
      await now?.();
      return found;
    };
    const { fetch, events } = makeApp({}, { store });
    const browser = await makeBrowser(fetch);
    await browser.login();
    move = () => browser.get("/rotate");
    const proof = await browser.device.refreshes(browser.challenge!);
    expect((await browser.refresh(proof)).status).toBe(200);
    expect((await browser.refresh(proof)).status).toBe(403);
    expect(events.slice(2)).toEqual(["refreshed", "rejected: replayed"]);
  });

  test("S90 of many parallel refreshes with one proof one is accepted, and each is answered", async () => {
    const { fetch, events } = makeApp();
    const browser = await makeBrowser(fetch);
    await browser.login();
    const proof = await browser.device.refreshes(browser.challenge!);
    const answers = await Promise.all(Array.from({ length: 20 }, () => browser.refresh(proof)));
    expect(answers.filter(({ status }) => status === 200).length).toBe(1);
    expect(answers.filter(({ status }) => status === 403).length).toBe(19);
    expect(events.filter((each) => each === "refreshed").length).toBe(1);
  });

  test("a form that was sent twice has two sessions: the one whose cookie stays is bound", async () => {
    for (const last of [0, 1]) {
      const { fetch } = makeApp();
      const browser = await makeBrowser(fetch);
      await browser.get("/begin");
      const twins = await Promise.all([browser.thief(), browser.thief()]);
      const answers = await Promise.all(twins.map((twin) => twin.get("/login")));
      expect(new Set(twins.map((twin) => twin.cookies.get("__Host-session"))).size).toBe(2);
      expect(answers.map(offered)).toEqual(Array(2).fill(expect.stringMatching(/./)));
      // Either answer may be the browser's last.
      const kept = twins[last]!;
      const lost = twins[1 - last]!;
      expect((await kept.register()).status).toBe(200);
      now += 605_001;
      expect((await kept.get("/bound")).status).toBe(403);
      expect((await kept.refresh()).status).toBe(200);
      expect((await kept.get("/bound")).status).toBe(200);
      // The other one is a session without a key, as of a browser that has none to offer.
      expect(await (await lost.get("/bound")).json())
        .toMatchObject({ subject: "ada", device: { status: "unsupported" } });
    }
  });

  test("changes of a handler and a refresh beside it both survive", async () => {
    const { fetch, sessions } = makeApp();
    const browser = await makeBrowser(fetch);
    await browser.login();
    const add = sessions.wrap(async (_request, session) => {
      session.n = (session.n ?? 0) + 1;
      await browser.refresh();
      return new Response();
    });
    const cookie = `__Host-session=${browser.cookies.get("__Host-session")}`;
    await add(new Request("https://app.test/", { headers: { cookie } }));
    const read = sessions.wrap((_request, session) => Response.json(session.n));
    expect(await (await read(new Request("https://app.test/", { headers: { cookie } }))).json())
      .toBe(1);
    expect((await browser.refresh()).status).toBe(200);
  });
});

test("where the store fails the browser is told to come again, and its session goes on", async () => {
  let isDown = false;
  const store = withVerb(memoryStore(), "commit", () => {
    if (isDown) throw new Error("down");
  });
  const { fetch, events } = makeApp({}, { store });
  const browser = await makeBrowser(fetch);
  await browser.login();
  await browser.refresh(null);
  const { challenge } = browser;
  isDown = true;
  expect((await browser.refresh()).status).toBe(503);
  expect(events.at(-1)).toBe("error");
  isDown = false;
  expect((await browser.refresh(await browser.device.refreshes(challenge!))).status).toBe(200);
});

test("… also where the application goes on without a session", async () => {
  let isDown = false;
  const store = withVerb(memoryStore(), "read", () => {
    if (isDown) throw new Error("down");
  });
  const { fetch, events } = makeApp({}, { store, onStoreError: "anonymous" });
  const browser = await makeBrowser(fetch);
  await browser.login();
  await browser.refresh(null);
  const { challenge } = browser;
  const proof = await browser.device.refreshes(challenge!);
  isDown = true;
  expect((await browser.refresh(proof)).status).toBe(503);
  expect(events.at(-1)).toBe("error");
  isDown = false;
  expect((await browser.refresh(proof)).status).toBe(200);
});

test("in Hono, by the fetch of the application", async () => {
  const sessions = createSessions({ secret: SECRET, clock });
  const devices = bindDevices(sessions, { policy: byPath });
  const app = new Hono()
    .use(honoSession({ sessions }))
    .get("/login", async (c) => {
      await c.var.session.login("ada");
      return c.redirect("/");
    })
    .get("/bound", (c) => c.json(devices.deviceOf(c.var.session) ?? null));
  const browser = await makeBrowser(devices.wrap((request) => app.fetch(request)));
  await browser.login();
  expect(await (await browser.get("/bound")).json()).toMatchObject({
    status: "bound",
    fresh: true,
  });
  now += 605_001;
  expect((await browser.get("/bound")).status).toBe(403);
  expect((await browser.refresh()).status).toBe(200);
  expect((await browser.get("/bound")).status).toBe(200);
});

test("events name the session by the handle it has in its own events, and tell no id", async () => {
  const { devices, sessions, fetch } = makeApp();
  const handles: Promise<string | undefined>[] = [];
  const seen: unknown[] = [];
  sessions.on("created", (event) => void handles.push(event.session()));
  devices.on("registered", (event) => {
    seen.push(event);
    handles.push(event.session());
    throw new Error("a listener's own");
  });
  const silent = vi.spyOn(console, "error").mockImplementation(() => {});
  const browser = await makeBrowser(fetch);
  await browser.login();
  const [created, registered] = await Promise.all(handles);
  expect(registered).toBe(created);
  expect(registered).toMatch(/^[\w-]{16}$/);
  expect(seen).toEqual([{ algorithm: "ES256", session: expect.any(Function) }]);
  expect(silent).toHaveBeenCalledTimes(1);
  silent.mockRestore();
});

describe("what is refused at the start", () => {
  const sessions = createSessions({ secret: SECRET });
  test.each<[BindOptions | null, string]>([
    [null, "Device options must be an object, not null"],
    [{ policy: "always" as never }, 'must be "off", "prefer" or "require", not "always"'],
    [{ path: "no/slash" }, 'Option "path"'],
    [{ path: '/a"b' }, 'Option "path"'],
    [{ path: "/" }, 'Option "path"'],
    [{ maxAge: 999 }, 'Option "maxAge" must be at least 1000'],
    [{ maxAge: Infinity }, 'Option "maxAge"'],
    [{ grace: -1 }, 'Option "grace"'],
    [{ algorithms: [] }, 'Option "algorithms"'],
    [{ algorithms: ["none" as never] }, 'Option "algorithms"'],
    [{ cookieName: "" }, 'Option "cookieName"'],
    [{ polciy: "require" } as never, 'There is no option "polciy"'],
    [{ refuse: 403 as never }, 'Option "refuse" must be a function'],
  ])("%j", (options, text) => {
    expect(() => bindDevices(sessions, options as BindOptions)).toThrow(text);
  });

  test("what is no session, no sessions and no handler", () => {
    const devices = bindDevices(sessions);
    expect(() => bindDevices({} as never)).toThrow(TypeError);
    expect(() => devices.wrap(7 as never)).toThrow(TypeError);
    expect(() => devices.deviceOf({} as never)).toThrow(TypeError);
    expect(() => devices.on("login" as never, () => {})).toThrow(TypeError);
    expect(() => devices.on("stale", 7 as never)).toThrow(TypeError);
  });

  test("a policy that is none, and sessions that are sealed, at the first request", async () => {
    const request = new Request("https://app.test/");
    const handler = () => new Response();
    const odd = bindDevices(sessions, { policy: () => "sometimes" as never });
    await expect(odd.wrap(handler)(request)).rejects.toThrow('not "sometimes"');
    const sealed = createSessions({ store: cookieStore({ secret: SECRET }) });
    await expect(bindDevices(sealed).wrap(handler)(request)).rejects.toThrow("sealed");
    const same = bindDevices(sessions, { cookieName: "__Host-session" });
    await expect(same.wrap(handler)(request)).rejects.toThrow('"cookieName"');
  });
});
