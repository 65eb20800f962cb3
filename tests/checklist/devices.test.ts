/** Device bound sessions on both entries: what registers, what refreshes, and what a stolen cookie is worth. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { APPS, type DeviceApp, NAME } from "../dbsc/apps.ts";
import { makeBrowser, type TestBrowser } from "../dbsc/browser.ts";
import { makeDevice } from "../dbsc/device.ts";

const BOUND = `${NAME}-bound`;
/** More than a cookie is good for, and what is on its way. */
const STALE = 605_001;

describe.each(Object.entries(APPS))("%s", (_entry, make) => {
  let app: DeviceApp;
  let browser: TestBrowser;
  beforeEach(async () => {
    app = make();
    browser = await makeBrowser(app.fetch);
  });
  afterEach(() => app.end());

  test("S89 what registers a key answers this login's challenge, once and in time, and signs with that key", async () => {
    await browser.get("/login");
    const { device, offer } = browser;
    const stranger = await makeBrowser(app.fetch);
    await stranger.get("/login/eve");
    const late = await makeBrowser(app.fetch);
    await late.get("/login");
    const other = await makeDevice();
    const good = await device.registers(offer!);
    const forged: Record<string, string> = {
      "another jti": await device.registers(`${offer}x`),
      "no jti": await device.registers("", { payload: { jti: undefined } }),
      "another login's challenge": await device.registers(stranger.offer!),
      "another typ": await device.registers(offer!, { header: { typ: "jwt" } }),
      "alg none": await device.registers(offer!, { header: { alg: "none" } }),
      "another's alg": await device.registers(offer!, { header: { alg: "RS256" } }),
      "another's key": await device.registers(offer!, { header: { jwk: other.jwk } }),
      "no key": await device.refreshes(offer!),
      "no signature": good.replace(/[^.]+$/, ""),
      "nothing": "e30.e30.e30",
    };
    for (const [what, proof] of Object.entries(forged)) {
      const answer = await browser.register(proof);
      expect([what, answer.status]).toEqual([what, 400]);
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(answer.headers.getSetCookie().filter((each) => each.startsWith(BOUND))).toEqual([]);
    }
    // A good proof of somebody without the session.
    const cookies = new Map(browser.cookies);
    browser.cookies.clear();
    expect((await browser.register(good)).status).toBe(400);
    for (const [name, value] of stranger.cookies) browser.cookies.set(name, value);
    expect((await browser.register(good)).status).toBe(400);
    for (const [name, value] of cookies) browser.cookies.set(name, value);

    const answer = await browser.register(good);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect((await browser.register(good)).status).toBe(400);
    expect((await browser.register(await other.registers(offer!))).status).toBe(400);
    app.pass(120_001);
    expect((await late.register()).status).toBe(400);
    expect(app.events.filter((each) => each === "registered").length).toBe(1);
  });

  test("S89 a key is its session's, and ends with it", async () => {
    for (const path of ["/anew", "/logout", "/login/eve"]) {
      await browser.login();
      expect((await browser.refresh()).status).toBe(200);
      await browser.get(path);
      expect(await (await browser.refresh()).json()).toEqual({ continue: false });
      await browser.get("/logout");
    }
  });

  test("S90 without the short cookie a proof brings another one, and each proof does so once", async () => {
    await browser.login();
    browser.cookies.delete(BOUND);
    app.pass(STALE);
    const asked = await browser.refresh(null);
    expect([asked.status, browser.cookies.has(BOUND)]).toEqual([403, false]);
    const proof = await browser.device.refreshes(browser.challenge!);
    expect((await browser.refresh(proof)).status).toBe(200);
    expect((await browser.get("/bound")).status).toBe(200);
    const { challenge } = browser;

    browser.cookies.delete(BOUND);
    const replayed = await browser.refresh(proof);
    expect([replayed.status, browser.cookies.has(BOUND)]).toEqual([403, false]);
    expect(browser.challenge).not.toBe(challenge);
    // The challenges of before and after are both good still, each for once.
    for (const one of [browser.challenge!, challenge!]) {
      expect((await browser.refresh(await browser.device.refreshes(one))).status).toBe(200);
      expect((await browser.refresh(await browser.device.refreshes(one))).status).toBe(403);
    }
    app.pass(660_001);
    const old = await browser.device.refreshes(browser.challenge!);
    expect((await browser.refresh(old)).status).toBe(403);
  });

  test("S90 another session's key, challenge or identifier renews nothing", async () => {
    await browser.login();
    const stranger = await makeBrowser(app.fetch);
    await stranger.login("/login/eve");
    const both = async () => {
      await browser.refresh(null);
      return browser.challenge!;
    };
    const forged: Record<string, [string, number]> = {
      "another's key": [await stranger.device.refreshes(await both()), 400],
      "another's challenge": [await browser.device.refreshes(stranger.challenge!), 403],
      "the login's challenge": [await browser.device.refreshes(browser.offer!), 403],
      "its own key brought along": [await browser.device.registers(await both()), 400],
    };
    for (const [what, [proof, status]] of Object.entries(forged)) {
      browser.cookies.delete(BOUND);
      expect([what, (await browser.refresh(proof)).status]).toEqual([what, status]);
      expect(browser.cookies.has(BOUND)).toBe(false);
    }
    // The stranger's session, by his own key, with the other's cookies.
    const thief = await browser.thief();
    thief.instructions = stranger.instructions;
    const proof = await stranger.device.refreshes(stranger.challenge!);
    expect(await (await thief.refresh(proof)).json()).toEqual({ continue: false });
    expect(thief.cookies.has(BOUND)).toBe(false);
  });

  test("S91 whoever has copied the cookies passes no bound route when the short one is over", async () => {
    await browser.login();
    const thief = await browser.thief();
    expect((await thief.get("/bound")).status).toBe(200);
    app.pass(STALE);
    expect((await thief.get("/bound")).status).toBe(403);
    thief.cookies.delete(BOUND);
    expect((await thief.get("/bound")).status).toBe(403);
    // Neither by saying that he cannot refresh, nor by a new id, nor by a key of his own …
    const id = browser.instructions!.session_identifier;
    const headers = { "secure-session-skipped": `unreachable;session_identifier="${id}"` };
    expect((await thief.get("/bound", headers)).status).toBe(403);
    await thief.refresh(null);
    expect((await thief.refresh()).status).toBe(400);
    await thief.get("/rotate");
    expect((await thief.get("/bound")).status).toBe(403);
    // … nor by writing the cookie in another way …
    for (const equals of [" =", "\t=", "= "]) {
      const headers = { cookie: `${NAME}${equals}${thief.cookies.get(NAME)}` };
      const odd = await app.fetch(new Request("https://app.test/bound", { headers }));
      expect([equals, odd.status, await odd.text()]).toEqual([equals, 403, expect.any(String)]);
    }
    // … nor without https, as a browser would not ask …
    const cookie = [...thief.cookies].map((pair) => pair.join("=")).join("; ");
    const plain = new Request("http://app.test/bound", { headers: { cookie } });
    expect((await app.fetch(plain)).status).toBe(403);
    // … nor with the short cookie of a session that is his.
    const own = await makeBrowser(app.fetch);
    await own.login("/login/eve");
    expect((await own.get("/bound")).status).toBe(200);
    thief.cookies.set(BOUND, own.cookies.get(BOUND)!);
    expect((await thief.get("/bound")).status).toBe(403);
  });
});
