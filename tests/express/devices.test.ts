/** Devices by handles, and who came when: what an application asks of the middleware and the request. */
import { describe, expect, test } from "vitest";
import { elevate, infoOf, login, logout, subjectOf } from "../../src/express/mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { otherProcess } from "../core/manager_support.ts";
import { type App, makeApp, told, useDriver } from "./support/app.ts";
import { headerOf } from "./support/drive.ts";
import { type Any, ours } from "./support/libraries.ts";
import { makeStore } from "./support/stores.ts";

useDriver();

async function ask(app: App, cookie: string | undefined, act: (req: Any) => unknown) {
  let result: Any;
  const answer = await app.play(async (req, res) => {
    result = await act(req);
    res.end();
  }, cookie);
  return { cookie: answer.cookie ?? cookie, result };
}

const loggedIn = (app: App, label?: string) =>
  ask(app, undefined, (req) => login(req, "ada", label === undefined ? {} : { label }));
const whoIs = async (app: App, cookie: Any) => (await ask(app, cookie, subjectOf)).result;

describe("devices", () => {
  const make = (options: Any = {}) => {
    const store = memoryStore({ sweepInterval: 0 });
    return { store, app: makeApp({ library: ours, options: { store, ...options } }) };
  };

  test("are listed by handles, the visitor's own is marked, and each can be ended", async () => {
    const { app, store } = make();
    const [phone, desktop] = [await loggedIn(app, "Phone"), await loggedIn(app, "Desktop")];
    const { result: devices } = await ask(app, phone.cookie, (req) => {
      return app.middleware.list("ada", { current: req });
    });
    const told = devices.map(({ label, current }: Any) => [label, current]).sort();
    expect(told).toEqual([["Desktop", false], ["Phone", true]]);
    for (const id of store.ids()) expect(JSON.stringify(devices)).not.toContain(id);
    await app.middleware.revoke(devices.find(({ current }: Any) => !current).handle);
    expect([await whoIs(app, phone.cookie), await whoIs(app, desktop.cookie)]).toEqual([
      "ada",
      undefined,
    ]);
  });

  const endings: [string, (req: Any) => unknown][] = [
    ["logout(req)", (req) => logout(req)],
    ["req.session.destroy()", (req) => told((done) => req.session.destroy(done))],
    ["req.session = null", (req) => void (req.session = null)],
  ];
  test.each(
    endings.flatMap(([name, end]) => [true, false].map((keep) => [name, keep, end] as const)),
  )("%s ends one that another process just logs in again, keep: %j", async (_, keep, end) => {
    const { app, store } = make({ unset: "destroy" });
    const elsewhere = makeApp({ library: ours, options: { store: otherProcess(store) } });
    const { cookie } = await loggedIn(app);
    let moved: Any;
    await ask(app, cookie, async (req) => {
      moved = await ask(elsewhere, cookie, (inner) => login(inner, "ada", { keep }));
      await end(req);
    });
    expect(moved.cookie).not.toBe(cookie);
    expect(await whoIs(elsewhere, moved.cookie)).toBeUndefined();
    expect(store.ids()).toEqual([]);
  });

  test("everywhere else is logged out, but where the request comes from", async () => {
    const { app } = make();
    const [own, other] = [await loggedIn(app), await loggedIn(app)];
    const { result } = await ask(app, own.cookie, (req) => {
      return app.middleware.revokeAll("ada", { except: req });
    });
    expect(result).toBe(1);
    expect([await whoIs(app, own.cookie), await whoIs(app, other.cookie)]).toEqual([
      "ada",
      undefined,
    ]);
  });

  test("the oldest make room where there may be so many", async () => {
    const { app } = make({ maxSessions: 2 });
    const all = [await loggedIn(app), await loggedIn(app), await loggedIn(app)];
    const subjects = [];
    for (const { cookie } of all) subjects.push(await whoIs(app, cookie));
    expect(subjects.filter(Boolean)).toEqual(["ada", "ada"]);
    expect(subjects[2]).toBe("ada");
  });

  test("a callback store that keeps no subjects cannot have so many, and is told so at once", () => {
    expect(() => make({ maxSessions: 2, store: makeStore("async", ours).store })).toThrow(
      /"maxSessions" needs an index of subjects/,
    );
  });

  test("an older secret's handles still count; without a secret there are none", async () => {
    const { app, store } = make({ secret: "old secret" });
    await loggedIn(app);
    const [{ handle }] = await app.middleware.list("ada") as [Any];
    const newer = makeApp({ library: ours, options: { store, secret: ["new", "old secret"] } });
    expect((await newer.middleware.list("ada"))[0]!.handle).not.toBe(handle);
    await newer.middleware.revoke(handle);
    expect(store.ids()).toEqual([]);
    const without = ours.session({ store, resave: false, saveUninitialized: false });
    store.create("id", {
      json: '{"cookie":{},"$websession":{"subject":"ada"}}',
      expires: null,
      subject: "ada",
    });
    await expect(without.list("ada")).rejects.toThrow(/the option "secret"/);
    await without.revoke("id");
    expect(store.ids()).toEqual([]);
  });
});

describe.each([
  ["a native store", () => memoryStore({ sweepInterval: 0 })],
  ["a callback store", () => makeStore("async", ours).store],
])("with %s", (_what, storeOf) => {
  test("a request tells who has its session, since when and until when", async () => {
    const options = { store: storeOf(), cookie: { maxAge: 3_600_000 } };
    const app = makeApp({ library: ours, options });
    const nobody = {
      subject: undefined,
      createdAt: undefined,
      authenticatedAt: undefined,
      label: undefined,
    };
    expect((await ask(app, undefined, infoOf)).result).toEqual({ ...nobody, expiresAt: null });
    const before = Date.now();
    const { cookie } = await loggedIn(app, "Phone");
    const { result } = await ask(app, cookie, infoOf);
    expect(result).toEqual({
      subject: "ada",
      label: "Phone",
      createdAt: result.authenticatedAt,
      authenticatedAt: expect.any(Number),
      expiresAt: expect.any(Number),
    });
    expect(result.authenticatedAt).toBeGreaterThanOrEqual(before);
    expect(result.expiresAt).toBeGreaterThanOrEqual(before + 3_600_000);
  });

  test("whoever proves it once more is authenticated now, under a new id", async () => {
    const app = makeApp({ library: ours, options: { store: storeOf() } });
    const first = await ask(app, undefined, async (req) => {
      req.session.cart = 1;
      await login(req, "ada");
      return infoOf(req);
    });
    const second = await ask(app, first.cookie, async (req) => {
      const { sessionID } = req;
      await elevate(req);
      return [infoOf(req), req.session.cart, req.sessionID === sessionID];
    });
    const [info, cart, isSame] = second.result;
    expect([info.subject, cart, isSame]).toEqual(["ada", 1, false]);
    expect(info.authenticatedAt).toBeGreaterThanOrEqual(first.result.authenticatedAt);
    expect(await whoIs(app, first.cookie)).toBeUndefined();
    const { result: code } = await ask(app, undefined, (req) => {
      return elevate(req).catch((error: Any) => error.code);
    });
    expect(code).toBe("SESSION_ANONYMOUS");
    const { result: ended } = await ask(app, second.cookie, async (req) => {
      await logout(req);
      return infoOf(req).subject;
    });
    expect(ended).toBeUndefined();
  });
});

test("without limits and logins a record is express-session's, byte for byte", async () => {
  const store = memoryStore({ sweepInterval: 0 });
  const app = makeApp({ library: ours, options: { store, idleTimeout: 60_000 } });
  await ask(app, undefined, (req) => req.session.a = 1);
  expect(store.peek(store.ids()[0]!)!.json).toBe(
    '{"cookie":{"originalMaxAge":null,"expires":null,"httpOnly":true,"path":"/"},"a":1}',
  );
});

test("S38 a logout may have the browser forget more than the cookie", async () => {
  const app = makeApp({ library: ours, options: { store: memoryStore() } });
  const { cookie } = await loggedIn(app);
  const bye = async (options?: Any) => {
    const answer = await app.play(async (req, res) => {
      await logout(req, options);
      res.end();
    }, cookie);
    return headerOf(answer, "clear-site-data");
  };
  expect(await bye()).toEqual([]);
  expect(await bye({ clearSiteData: true })).toEqual(['"cache", "storage"']);
  await expect(logout({ headers: {} } as Any, { clearSiteData: ["all"] as Any })).rejects.toThrow(
    /"clearSiteData"/,
  );
});
