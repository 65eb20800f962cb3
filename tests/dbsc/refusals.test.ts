/** What is one session's, key's or login's is worth nothing to another, on both entries. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSessions } from "../../mod.ts";
import { bindDevices } from "../../src/web/dbsc.ts";
import type { SessionStore } from "../../src/store.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { SECRET, withVerb } from "../web/support.ts";
import { APPS, type DeviceApp, NAME } from "./apps.ts";
import { makeBrowser, type TestBrowser } from "./browser.ts";
import { makeDevice } from "./device.ts";

const BOUND = `${NAME}-bound`;
/** More than a cookie is good for, and what is on its way. */
const STALE = 605_001;

describe.each(Object.entries(APPS))("on %s", (_entry, make) => {
  let app: DeviceApp;
  let one: TestBrowser;
  let other: TestBrowser;
  beforeEach(async () => {
    app = make();
    one = await makeBrowser(app.fetch);
    other = await makeBrowser(app.fetch);
  });
  afterEach(() => app.end());

  test("S89 a key is registered by whoever has it, once for each login", async () => {
    await one.get("/login");
    const stranger = await makeDevice();
    // Signed by one key, with another one in it.
    const forged = await one.device.registers(one.offer!, { header: { jwk: stranger.jwk } });
    expect((await one.register(forged)).status).toBe(400);
    expect(app.events).toEqual(["rejected: signature"]);
    expect((await one.register()).status).toBe(200);
    const second = await one.register(await stranger.registers(one.offer!));
    expect([second.status, second.headers.getSetCookie()]).toEqual([400, []]);
    expect(app.events.at(-1)).toBe("rejected: replayed");
    expect((await one.refresh()).status).toBe(200);
  });

  test("S90 a challenge and a short cookie are one session's", async () => {
    await one.login();
    await other.login("/login/eve");
    app.pass(STALE);
    await one.refresh(null);
    await other.refresh(null);
    const wrong = await one.refresh(await one.device.refreshes(other.challenge!));
    expect([wrong.status, wrong.headers.getSetCookie()]).toEqual([403, []]);
    expect(app.events.at(-1)).toBe("rejected: challenge");
    expect((await other.refresh()).status).toBe(200);
    one.cookies.set(BOUND, other.cookies.get(BOUND)!);
    expect((await other.get("/bound")).status).toBe(200);
    expect((await one.get("/bound")).status).toBe(403);
  });
});

test("S89 an algorithm that the application has given up renews nothing any more", async () => {
  const sessions = createSessions({ secret: SECRET });
  const login = sessions.wrap(async (_request, session) => {
    await session.login("ada");
    return new Response();
  });
  const [before, after] = [bindDevices(sessions), bindDevices(sessions, { algorithms: ["ES256"] })];
  let fetch = before.wrap(login);
  const browser = await makeBrowser((request) => fetch(request), "RS256");
  await browser.login();
  expect((await browser.refresh()).status).toBe(200);
  fetch = after.wrap(login);
  const answer = await browser.refresh();
  expect([answer.status, answer.headers.getSetCookie()]).toEqual([400, []]);
});

test("a refresh by the id of before costs one read more, in another process as well", async () => {
  let now = 1_800_000_000_000;
  const clock = { now: () => now, after: () => () => {} };
  const store = memoryStore();
  const calls: string[] = [];
  let counted: SessionStore = store;
  for (const verb of ["create", "read", "commit", "touch", "rotate", "destroy"] as const) {
    counted = withVerb(counted, verb, () => void calls.push(verb));
  }
  const [here, there] = [store, counted].map((each) => {
    const sessions = createSessions({ secret: SECRET, store: each, clock, rotateAfter: 60_000 });
    return bindDevices(sessions).wrap(sessions.wrap(async ({ url }, session) => {
      if (url.endsWith("/login")) await session.login("ada");
      return new Response();
    }));
  });
  const browser = await makeBrowser(here!);
  await browser.login();
  now += 61_000;
  const late = await makeBrowser(there!);
  late.instructions = browser.instructions;
  for (const [name, value] of browser.cookies) late.cookies.set(name, value);
  await browser.get("/");
  expect(browser.cookies.get("__Host-session")).not.toBe(late.cookies.get("__Host-session"));
  expect((await late.refresh(await browser.device.refreshes(browser.challenge!))).status).toBe(200);
  expect(calls).toEqual(["read", "read", "commit"]);
});

describe("at the edges", () => {
  let now = 1_800_000_000_000;
  const clock = { now: () => now, after: () => () => {} };
  /** Runs once, between what the store has read and whoever has asked for it. */
  let afterRead: (() => Promise<unknown>) | undefined;
  const app = () => {
    const plain = memoryStore();
    const store = withVerb(plain, "read", () => {});
    store.read = async (id) => {
      const found = await plain.read(id);
      const act = afterRead;
      afterRead = undefined;
      await act?.();
      return found;
    };
    const sessions = createSessions({ secret: SECRET, clock, store });
    const policy = ({ url }: Request) => url.endsWith("/bound") ? "require" : "prefer";
    return bindDevices(sessions, { policy }).wrap(sessions.wrap(async ({ url }, session) => {
      if (url.endsWith("/login")) await session.login("ada");
      return new Response();
    }));
  };

  test("a key is taken for two minutes after the login", async () => {
    for (const [ms, status] of [[120_000, 200], [120_001, 400]] as const) {
      const browser = await makeBrowser(app());
      await browser.get("/login");
      now += ms;
      expect([ms, (await browser.register()).status]).toEqual([ms, status]);
    }
  });

  test("of many cookies of the name, as other hosts of the site can set them, four are looked at", async () => {
    const fetch = app();
    const browser = await makeBrowser(fetch);
    await browser.login();
    now += 5001;
    const own = `__Host-session=${browser.cookies.get("__Host-session")}`;
    const good = `__Host-session-bound=${browser.cookies.get("__Host-session-bound")}`;
    for (const [others, status] of [[0, 200], [3, 200], [4, 403]] as const) {
      const cookie = [own, ...Array(others).fill("__Host-session-bound=x"), good].join("; ");
      const response = await fetch(new Request("https://app.test/bound", { headers: { cookie } }));
      expect([others, response.status]).toEqual([others, status]);
    }
  });

  test("S90 a refresh renews nothing where another key is registered while it is under way", async () => {
    const browser = await makeBrowser(app());
    await browser.login();
    now += STALE;
    await browser.refresh(null);
    const { challenge } = browser;
    await browser.get("/login");
    const device = await makeDevice();
    const registration = await device.registers(browser.offer!);
    afterRead = async () => {
      now += 1;
      expect((await browser.register(registration)).status).toBe(200);
    };
    const cookie = browser.cookies.get("__Host-session-bound");
    const late = await browser.refresh(await browser.device.refreshes(challenge!));
    expect([late.status, late.headers.getSetCookie()]).toEqual([403, []]);
    expect(browser.cookies.get("__Host-session-bound")).not.toBe(cookie);
    expect((await browser.refresh(await device.refreshes(browser.challenge!))).status).toBe(200);
  });
});
