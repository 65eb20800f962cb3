/** Device bound sessions whose cookie goes to a whole site, in a real browser: where it renews, and where it does not. */
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createSessions } from "../../mod.ts";
import { bindDevices } from "../../src/web/dbsc.ts";
import { HOST, makeTrust, SITE, skipTrusted, type Trust } from "./trusted_chromium.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

/** Short, so that the browser has to renew it while a test looks on. */
const MAX_AGE = 2000;

let trust: Trust;
let server: Server;
/** What the server was asked, and what the devices told. */
let asked: string[] = [];
let told: string[] = [];

/** Listens for both hosts and answers its port. */
async function start(includeSite: boolean, domain: string = SITE): Promise<number> {
  asked = [];
  told = [];
  const sessions = createSessions({
    secret: "a secret of the browser's tests!!",
    name: "sid",
    cookie: { domain },
    warn: false,
  });
  const devices = bindDevices(sessions, {
    maxAge: MAX_AGE,
    includeSite,
    policy: (request) => new URL(request.url).pathname === "/bound" ? "require" : "prefer",
  });
  for (const name of ["registered", "refreshed", "rejected", "stale"] as const) {
    devices.on(name, () => void told.push(name));
  }
  const handle = devices.wrap(sessions.wrap(async (request, session) => {
    if (new URL(request.url).pathname === "/login") await session.login("ada");
    const { fresh = false } = devices.deviceOf(session) ?? {};
    const html = `<!doctype html><title>t</title><link rel="icon" href="data:,"><p>${fresh}</p>`;
    return new Response(html, { headers: { "content-type": "text/html" } });
  }));
  server = serve({
    fetch(request) {
      const { hostname, pathname } = new URL(request.url);
      asked.push(`${hostname} ${pathname.split("/").at(-1)}`);
      return handle(request);
    },
    port: 0,
    hostname: "127.0.0.1",
    createServer,
    serverOptions: { key: trust.key, cert: trust.cert },
  }) as Server;
  if (!server.listening) await new Promise((done) => server.once("listening", done));
  return (server.address() as AddressInfo).port;
}

describe.skipIf(skipTrusted)("Chromium", () => {
  let context: BrowserContext;
  let page: Page;

  beforeAll(() => void (trust = makeTrust()));
  afterEach(async () => {
    const closed = new Promise((done) => server.close(done));
    server.closeAllConnections();
    await closed;
  });
  afterAll(async () => await trust?.end());

  /** Logs in on a host, and waits until its short cookie has come and gone. */
  async function loginAt(host: string, port: number): Promise<void> {
    context = await trust.launch();
    page = context.pages()[0] ?? await context.newPage();
    const url = `https://${host}:${port}`;
    await page.goto(`${url}/login`);
    await expect.poll(() => told).toContain("registered");
    const since = Date.now();
    const isOver = async () => {
      const cookies = await context.cookies(url);
      return Date.now() - since > MAX_AGE && cookies.every(({ name }) => name !== "sid-bound");
    };
    await expect.poll(isOver).toBe(true);
  }
  /** What a route that requires the device answers there, and whether it was shown. */
  const shownAt = async (host: string, port: number) => {
    const response = await page.goto(`https://${host}:${port}/bound`);
    return [response!.status(), await page.locator("body").innerText()];
  };

  test("renews for every host of the site, when devices register on the host of the site's name", async () => {
    const port = await start(true);
    await loginAt(SITE, port);
    asked = [];
    expect(await shownAt(HOST, port)).toEqual([200, "true"]);
    // The page of one host has waited for what another one renews.
    expect(asked[0]).toBe(`${SITE} refresh`);
    expect(told).not.toContain("stale");
  });

  test.each([true, false])(
    "renews for the host that has registered alone, when that is another of the site: includeSite %j",
    async (includeSite) => {
      const port = await start(includeSite);
      await loginAt(HOST, port);
      asked = [];
      await expect.poll(async () => (await shownAt(SITE, port))[0]).toBe(403);
      expect(asked.filter((each) => each.endsWith("refresh"))).toEqual([]);
      expect(await shownAt(HOST, port)).toEqual([200, "true"]);
      expect(new Set(told)).toEqual(new Set(["registered", "stale", "refreshed"]));
    },
  );
});
