/** What we note of a device is no data of the application: `maxBytes` counts the latter alone, on both entries. */
import express from "express";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSessions } from "../../mod.ts";
import session, {
  bindDevices as bindOnExpress,
  flash as flashOnExpress,
  login,
} from "../../src/express/mod.ts";
import { bindDevices } from "../../src/web/dbsc.ts";
import { SECRET } from "../web/support.ts";
import { served } from "./apps.ts";
import { type Fetch, makeBrowser, type TestBrowser } from "./browser.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const MAX_BYTES = 4000;
let now: number;
let end = () => {};
beforeEach(() => void (now = 1_800_000_000_000));
afterEach(() => end());
const clock = { now: () => now, after: () => () => {} };

function web(): Fetch {
  const sessions = createSessions<Any>({ secret: SECRET, maxBytes: MAX_BYTES, clock });
  const fetch = bindDevices(sessions).wrap(sessions.wrap(async ({ url }, session) => {
    const [, act, size, text] = new URL(url).pathname.split("/");
    if (act === "login") await session.login("ada");
    if (act === "data") session["data"] = (text ?? "x").repeat(Number(size));
    if (act === "like") session["dbsc"] = { dbsc: "x".repeat(Number(size)) };
    if (act === "flash") session.flash("note", "x".repeat(Number(size)));
    return new Response("kept");
  }));
  return async (request) => {
    try {
      return await fetch(request);
    } catch (error) {
      return new Response((error as { code: string }).code, { status: 413 });
    }
  };
}

function onExpress(): Fetch {
  const app = express();
  app.set("trust proxy", true);
  app.use(session({
    ...{ secret: SECRET, maxBytes: MAX_BYTES, clock, resave: false, saveUninitialized: false },
    cookie: { secure: true },
  }));
  app.use(bindOnExpress());
  app.use(async (req: Any, res: Any) => {
    const [, act, size, text] = req.path.split("/");
    try {
      if (act === "login") await login(req, "ada");
      if (act === "data") req.session.data = (text ?? "x").repeat(Number(size));
      if (act === "like") req.session.dbsc = { dbsc: "x".repeat(Number(size)) };
      if (act === "flash") flashOnExpress(req, "note", "x".repeat(Number(size)));
      await req.session.save();
      res.send("kept");
    } catch (error) {
      res.status(413).send((error as { code: string }).code);
    }
  });
  const { fetch, end: stop } = served(app);
  end = stop;
  return fetch;
}

describe.each([["Web", web], ["Express", onExpress]] as const)("on %s", (_entry, make) => {
  /** The most characters of data that a session takes. */
  async function mostOf(browser: TestBrowser): Promise<number> {
    let [fits, most] = [0, MAX_BYTES];
    while (fits < most) {
      const half = Math.ceil((fits + most) / 2);
      if ((await browser.get(`/data/${half}`)).status === 200) fits = half;
      else most = half - 1;
    }
    return fits;
  }

  test.each(["ES256", "RS256"] as const)(
    "a session as large as maxBytes registers a key (%s) and renews by it, again and again",
    async (algorithm) => {
      const browser = await makeBrowser(make(), algorithm);
      await browser.get("/login");
      const most = await mostOf(browser);
      expect(most).toBeGreaterThan(MAX_BYTES - 300);
      expect((await browser.get(`/data/${most}`)).status).toBe(200);
      expect((await browser.register()).status).toBe(200);
      for (let n = 0; n < 20; n++) {
        now += 1;
        expect((await browser.refresh()).status).toBe(200);
      }
      now += 700_000;
      browser.challenge = undefined;
      expect((await browser.refresh()).status).toBe(200);
      // What the application may keep is what it was before, to the byte.
      expect((await browser.get(`/data/${most}/y`)).status).toBe(200);
      expect(await (await browser.get(`/data/${most + 1}`)).text()).toBe("SESSION_TOO_LARGE");
      expect(await mostOf(browser)).toBe(most);
    },
  );

  test("data count, whatever they are called, and messages too", async () => {
    const browser = await makeBrowser(make());
    await browser.login();
    const most = await mostOf(browser);
    expect((await browser.get("/data/0")).status).toBe(200);
    for (const act of ["like", "flash"]) {
      expect([act, await (await browser.get(`/${act}/${most}`)).text()])
        .toEqual([act, "SESSION_TOO_LARGE"]);
    }
  });
});
