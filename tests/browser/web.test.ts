/** What a real browser makes of the cookies, through the fetch entry on plain http. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createSessions, type SessionOptions } from "../../mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { launch, skipBrowser } from "./chromium.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const secret = "a secret of the browser's tests!!";
const store = memoryStore();

interface Data {
  user: string;
  n: number;
}

const html = (text: string) =>
  new Response(
    `<!doctype html><title>t</title><p>${text}</p>
<form method="post" action="/login"><button id="in">in</button></form>
<form method="post" action="/logout"><button id="out">out</button></form>`,
    {
      headers: { "content-type": "text/html" },
    },
  );

function appOf(options: Partial<SessionOptions>): (request: Request) => Promise<Response> {
  const sessions = createSessions<Data>({ secret, store, ...options });
  return sessions.wrap(async (request, session) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/login") {
      session.user = "ada";
      await session.login("ada");
      return Response.redirect(new URL("/", request.url), 303);
    }
    if (pathname === "/logout") {
      await session.logout();
      return Response.redirect(new URL("/", request.url), 303);
    }
    if (pathname === "/increment") {
      return Response.json(await session.update((data) => data.n = (data.n ?? 0) + 1));
    }
    if (pathname.startsWith("/key/")) {
      (session as unknown as Record<string, unknown>)[pathname.slice(5)] = true;
      return Response.json("ok");
    }
    if (pathname === "/data") {
      const { cookie: _, ...data } = session as unknown as Record<string, unknown>;
      return Response.json(data);
    }
    return html(session.user ?? "nobody");
  });
}

const servers: Server[] = [];

async function start(options: Partial<SessionOptions> = {}, host = "localhost"): Promise<string> {
  const server = serve({ fetch: appOf(options), port: 0, hostname: "127.0.0.1" }) as Server;
  servers.push(server);
  if (!server.listening) await new Promise((done) => server.once("listening", done));
  return `http://${host}:${(server.address() as AddressInfo).port}`;
}

let browser: Browser;
beforeAll(async () => {
  if (!skipBrowser) browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  servers.forEach((server) => server.close());
});

describe.skipIf(skipBrowser)("Chromium", () => {
  let context: BrowserContext;
  let page: Page;
  beforeEach(async () => {
    context = await browser.newContext();
    page = await context.newPage();
  });
  afterEach(() => context.close());

  const textOf = (tab: Page) => tab.locator("p").textContent();
  const fetchJson = (tab: Page, path: string) =>
    tab.evaluate(async (asked) => await (await fetch(asked)).json() as unknown, path);

  test("takes the default cookie, __Host- and Secure, on http://localhost and 127.0.0.1", async () => {
    for (const host of ["localhost", "127.0.0.1", "app.localhost"]) {
      const base = await start({}, host);
      await page.goto(base);
      await page.click("#in");
      expect(await textOf(page), host).toBe("ada");
      const [cookie, ...others] = await context.cookies(base);
      expect(others).toEqual([]);
      expect(cookie).toMatchObject({
        ...{ name: "__Host-session", path: "/", domain: host },
        ...{ httpOnly: true, secure: true, sameSite: "Lax", expires: -1 },
      });
      expect(await page.evaluate(() => document.cookie)).toBe("");
      await context.clearCookies();
    }
  });

  test("follows the redirect of a login into the new session", async () => {
    const base = await start();
    await page.goto(`${base}/key/before`);
    const before = (await context.cookies())[0]!.value;
    await page.goto(base);
    await page.click("#in");
    expect([await textOf(page), page.url()]).toEqual(["ada", `${base}/`]);
    expect((await context.cookies())[0]!.value).not.toBe(before);
    expect(await fetchJson(page, "/data")).toMatchObject({ before: true, user: "ada" });
  });

  test("sends 20 requests at once, and none is lost", async () => {
    await page.goto(`${await start()}/key/first`);
    const results = await page.evaluate(() =>
      Promise.all(Array.from({ length: 20 }, async (_, key) => {
        const path = key % 2 === 0 ? "/increment" : `/key/k${key}`;
        return (await fetch(path)).ok;
      }))
    );
    expect(results.every(Boolean)).toBe(true);
    const data = await fetchJson(page, "/data") as Record<string, unknown>;
    expect(data["n"]).toBe(10);
    expect(Object.keys(data).filter((key) => /^k\d/.test(key))).toHaveLength(10);
  });

  test("S26 forgets the cookie at logout, in both tabs", async () => {
    const base = await start();
    await page.goto(base);
    await page.click("#in");
    const tab = await context.newPage();
    await tab.goto(base);
    expect(await textOf(tab)).toBe("ada");
    const cookies = await context.cookies();
    await page.click("#out");
    expect([await textOf(page), (await context.cookies()).length]).toEqual(["nobody", 0]);
    await tab.reload();
    expect(await textOf(tab)).toBe("nobody");
    await context.addCookies(cookies);
    await tab.reload();
    expect(await textOf(tab)).toBe("nobody");
  });

  test("S23 keeps a cookie with maxAge, and SameSite as it was set", async () => {
    const base = await start({ cookie: { maxAge: 3_600_000, sameSite: "strict" } });
    await page.goto(base);
    await page.click("#in");
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ name: "__Host-session", sameSite: "Strict" });
    expect(Math.abs(cookie!.expires - Date.now() / 1000 - 3600)).toBeLessThan(60);
  });

  for (const partitioned of [true, false]) {
    test(`S87 in a frame of another site: ${partitioned ? "partitioned" : "Lax, so never sent"}`, async () => {
      const inner = await start(
        partitioned ? { cookie: { partitioned: true, sameSite: "none" } } : {},
        "127.0.0.1",
      );
      const outer = await start({}, "localhost");
      await page.goto(outer);
      await page.setContent(`<iframe src="${inner}/key/framed"></iframe>`);
      const frame = await (await page.waitForSelector("iframe")).contentFrame();
      await frame!.waitForLoadState();
      await frame!.goto(`${inner}/data`);
      const data = JSON.parse(await frame!.locator("body").innerText()) as object;
      expect(data).toEqual(partitioned ? { framed: true } : {});
      const cookies = await context.cookies(inner);
      expect(cookies.map(({ name }) => name)).toEqual(partitioned ? ["__Host-session"] : []);
      if (!partitioned) return;
      expect(cookies[0]!.partitionKey).toContain("http://localhost");
      await frame!.goto(`${inner}/logout`);
      expect(await context.cookies(inner)).toEqual([]);
      // In the partition of another site there is no such session.
      await page.goto(`${inner}/data`);
      expect(await page.locator("body").innerText()).toBe("{}");
    });
  }

  test("S29 plain http of another host: no session by default, one without Secure for auto", async () => {
    const strict = await start({}, "app.test");
    await page.goto(strict);
    await page.click("#in");
    expect([await textOf(page), await context.cookies()]).toEqual(["nobody", []]);
    const auto = await start({ cookie: { secure: "auto" } }, "app.test");
    await page.goto(auto);
    await page.click("#in");
    expect(await textOf(page)).toBe("ada");
    expect((await context.cookies())[0]).toMatchObject({ name: "session", secure: false });
  });

  test("S21 a __Host- cookie over plain http of another host is what a browser refuses", async () => {
    // Behind a proxy that wrongly claims https: the door sends it, the browser drops it.
    const base = await start({ proxy: true }, "app.test");
    await page.setExtraHTTPHeaders({ "x-forwarded-proto": "https" });
    await page.goto(base);
    const [response] = await Promise.all([
      page.waitForResponse((each) => each.url().endsWith("/login")),
      page.click("#in"),
    ]);
    expect(await response.headerValue("set-cookie")).toContain("__Host-session=");
    expect([await textOf(page), await context.cookies()]).toEqual(["nobody", []]);
  });
});
