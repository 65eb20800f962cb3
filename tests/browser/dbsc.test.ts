/** Device bound sessions in a real browser: it makes the key, holds back what waits, and signs. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { serve } from "@hono/node-server";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createSessions } from "../../mod.ts";
import { bindDevices, type BoundDevices } from "../../src/web/dbsc.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import { HOST, makeTrust, skipTrusted, type Trust } from "./trusted_chromium.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const secret = "a secret of the browser's tests!!";
const BOUND = "__Host-session-bound";
/** Short, so that the browser has to renew it while a test looks on. */
const MAX_AGE = 2000;

/** A server whose sessions are in a file, and so outlive it. */
interface App {
  readonly server: Server;
  readonly port: number;
  readonly devices: BoundDevices;
  readonly revokeAll: () => Promise<number>;
  /** Answers without a browser, as a process beside does. */
  readonly handle: (request: Request) => Promise<Response>;
}

let trust: Trust;
let folder: string;
let app: App;
/** What the server was asked, and what the devices told. */
let asked: string[] = [];
let told: string[] = [];
/** What happens before an answer leaves the server. */
let beforeAnswer: (response: Response) => unknown = () => {};

async function start(port = 0): Promise<App> {
  const client = new DatabaseSync(join(folder, "sessions.db"));
  const store = sqliteStore({ client });
  await store.createSchema();
  const sessions = createSessions({ secret, store });
  const devices = bindDevices(sessions, {
    maxAge: MAX_AGE,
    policy: (request) => new URL(request.url).pathname === "/bound" ? "require" : "prefer",
  });
  for (const name of ["registered", "refreshed", "rejected", "stale", "ended"] as const) {
    devices.on(name, () => void told.push(name));
  }
  const handle = devices.wrap(sessions.wrap(async (request, session) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/login") await session.login("ada");
    if (pathname === "/logout") await session.logout();
    if (pathname === "/rotate") await session.regenerate({ keep: true });
    const { subject } = session;
    const device = devices.deviceOf(session);
    const text = JSON.stringify({ subject, ...device });
    const html = `<!doctype html><title>t</title><link rel="icon" href="data:,"><p>${text}</p>`;
    return new Response(html, { headers: { "content-type": "text/html" } });
  }));
  const server = serve({
    async fetch(request) {
      const { pathname } = new URL(request.url);
      asked.push(`${request.method} ${pathname.split("/").at(-1)}`);
      const response = await handle(request);
      await beforeAnswer(response);
      return response;
    },
    port,
    hostname: "127.0.0.1",
    createServer,
    serverOptions: { key: trust.key, cert: trust.cert },
  }) as Server;
  if (!server.listening) await new Promise((done) => server.once("listening", done));
  server.once("close", () => client.close());
  const revokeAll = () => sessions.revokeAll("ada");
  return { server, port: (server.address() as AddressInfo).port, devices, handle, revokeAll };
}

async function stop({ server }: App): Promise<void> {
  const closed = new Promise((done) => server.close(done));
  server.closeAllConnections();
  await closed;
}

describe.skipIf(skipTrusted)("Chromium", () => {
  let context: BrowserContext;
  let page: Page;

  const urlOf = (path: string) => `https://${HOST}:${app.port}${path}`;
  const shown = async (path: string, on = page) => {
    const response = await on.goto(urlOf(path));
    const text = await on.locator("body").innerText();
    return { code: response!.status(), ...text.startsWith("{") && JSON.parse(text) };
  };
  const cookie = async (name: string, of = context) =>
    (await of.cookies(urlOf("/"))).find((each) => each.name === name)?.value;
  /** The browser's cookie is over: what it does next has to wait for another one. */
  const cookieIsOver = () => expect.poll(() => cookie(BOUND)).toBe(undefined);
  const count = (list: readonly string[], entry: string) =>
    list.filter((each) => each === entry).length;

  beforeAll(() => {
    trust = makeTrust();
    folder = mkdtempSync(join(tmpdir(), "websession-dbsc-"));
  });
  beforeEach(async () => {
    app ??= await start();
    context = await trust.launch();
    page = context.pages()[0] ?? await context.newPage();
    asked = [];
    told = [];
    await page.goto(urlOf("/login"));
    // The browser registers on its own, beside the page.
    await expect.poll(() => told).toContain("registered");
    const end = Date.now() + MAX_AGE;
    // On a busy machine it may be over before anybody looks.
    await expect.poll(async () => await cookie(BOUND) !== undefined || Date.now() > end).toBe(true);
  });
  afterAll(async () => {
    if (trust === undefined) return;
    await trust.end();
    await stop(app);
    rmSync(folder, { recursive: true, force: true });
  });

  test("registers a key after the login", async () => {
    expect(count(asked, "POST register")).toBe(1);
    expect(await shown("/bound"))
      .toMatchObject({ code: 200, subject: "ada", algorithm: "ES256", fresh: true });
  });

  test("S90 refreshes while the load of a page waits, by the challenge it was handed before", async () => {
    await cookieIsOver();
    asked = [];
    expect(await shown("/bound")).toMatchObject({ code: 200, fresh: true });
    // It renews once more ahead of time, when the page is there.
    expect(asked.slice(0, 2)).toEqual(["POST refresh", "GET bound"]);
    expect(told.slice(0, 2)).toEqual(["registered", "refreshed"]);
  });

  test("S90 ends the device's session when it finds that its visitor has logged out", async () => {
    const before = await context.cookies(urlOf("/"));
    await page.goto(urlOf("/logout"));
    expect(await context.cookies(urlOf("/"))).toEqual([]);
    await shown("/");
    await expect.poll(() => told).toContain("ended");
    asked = [];
    await shown("/");
    await shown("/");
    expect(asked).toEqual(["GET ", "GET "]);
    // Not even the cookies of before bring it back.
    await context.addCookies(before);
    expect(await shown("/")).not.toHaveProperty("subject");
  });

  test("S91 a cookie that was copied to another profile is refused when the short one is over", async () => {
    const other = await trust.launch();
    const thief = other.pages()[0] ?? await other.newPage();
    await other.addCookies(await context.cookies(urlOf("/")));
    expect(await cookie("__Host-session", other)).toBe(await cookie("__Host-session"));
    await expect.poll(async () => (await shown("/bound", thief)).code).toBe(403);
    expect(await cookie("__Host-session", other)).toBe(await cookie("__Host-session"));
    // Whose it is goes on, and whoever has the copy is none the wiser.
    expect(await shown("/bound")).toMatchObject({ code: 200, fresh: true });
    expect((await shown("/bound", thief)).code).toBe(403);
    expect(count(asked, "POST register")).toBe(1);
  });

  test("goes on when the server was stopped and another one has begun", async () => {
    await stop(app);
    app = await start(app.port);
    await cookieIsOver();
    expect(await shown("/bound")).toMatchObject({ code: 200, fresh: true });
    expect(new Set(told)).toEqual(new Set(["registered", "refreshed"]));
  });

  test("goes on under another session id", async () => {
    const before = await cookie("__Host-session");
    await page.goto(urlOf("/rotate"));
    expect(await cookie("__Host-session")).not.toBe(before);
    await cookieIsOver();
    expect(await shown("/bound")).toMatchObject({ code: 200, fresh: true });
    expect(new Set(told)).toEqual(new Set(["registered", "refreshed"]));
  });

  test("is asked once more where its session is not found, and goes on by the cookie that has arrived meanwhile", async () => {
    // Another store object has its own list of what has moved, as another process has.
    const other = await start();
    try {
      await cookieIsOver();
      const cookies = await context.cookies(urlOf("/"));
      const headers = { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; ") };
      const moved = await other.handle(new Request(urlOf("/rotate"), { headers }));
      const [, value] = /^__Host-session=([^;]+)/.exec(moved.headers.getSetCookie()[0]!)!;
      told = [];
      beforeAnswer = async ({ status }) => {
        if (status !== 403) return;
        beforeAnswer = () => {};
        const [{ expires: _, ...cookie }] = cookies as [(typeof cookies)[0]];
        await context.addCookies([{ ...cookie, value: value! }]);
      };
      expect(await shown("/bound")).toMatchObject({ code: 200, fresh: true });
      expect(told.slice(0, 2)).toEqual(["rejected", "refreshed"]);
    } finally {
      beforeAnswer = () => {};
      await stop(other);
    }
  });

  test("is asked once more and no oftener where its session is over", async () => {
    await cookieIsOver();
    await app.revokeAll();
    told = [];
    asked = [];
    expect(await shown("/")).not.toHaveProperty("subject");
    await expect.poll(() => told).toEqual(["rejected", "ended"]);
    expect(asked.slice(0, 3)).toEqual(["POST refresh", "POST refresh", "GET "]);
    await shown("/");
    expect(count(asked, "POST refresh")).toBe(2);
  });

  test("of 20 parallel requests at the moment of expiry each is answered, after one refresh", async () => {
    await cookieIsOver();
    asked = [];
    const statuses = await page.evaluate(async () => {
      const requests = Array.from({ length: 20 }, (_, n) => fetch(`/bound?${n}`));
      return (await Promise.all(requests)).map(({ status }) => status);
    });
    expect(statuses).toEqual(Array(20).fill(200));
    expect(count(asked, "GET bound")).toBe(20);
    // All of them have waited for the same one; the next is ahead of time.
    expect(asked.indexOf("GET bound")).toBe(1);
    expect(asked[0]).toBe("POST refresh");
    expect(told).not.toContain("stale");
  });
});
