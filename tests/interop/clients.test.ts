/** Packages that live on `req.session`: under ours they say word for word what they say under the real one. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { io } from "socket.io-client";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { install } from "./install.ts";
import { type Answer, type AppProcess, Browser, startApp } from "./server.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

let folder: string;
let folders: Awaited<ReturnType<typeof install>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "websession-clients-"));
  folders = await install();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const post = (value: object = {}): RequestInit => ({ method: "POST", body: JSON.stringify(value) });
const right = { username: "ada", password: "right" };

/** What a browser does with each, and what must come of it. */
const visits: Record<string, (browser: Browser, port: number) => Promise<unknown[]>> = {
  async passport(browser, port) {
    const answers: Answer[] = [];
    const ask = async (path: string, init?: RequestInit) => {
      answers.push(await browser.ask(port, path, init));
      return answers.at(-1)!;
    };
    await ask("/me");
    await ask("/cart", post());
    const anonymous = browser.header;
    await ask("/login", post({ ...right, password: "wrong" }));
    expect((await ask("/login", post(right))).body.name).toBe("ada");
    // A new id at login, against fixation, and without what was before.
    expect(browser.header).not.toBe(anonymous);
    expect((await ask("/me")).body).toEqual({ name: "ada", cart: null, authenticated: true });
    const before = browser.header;
    expect((await ask("/logout", post())).body.authenticated).toBe(false);
    expect(browser.header).not.toBe(before);
    await ask("/me");
    await ask("/cart", post());
    expect((await ask("/login/keep", post(right))).body.cart).toBe("full");
    await ask("/me");
    // The id of before the login leads nowhere.
    const thief = new Browser();
    thief.cookies.set("connect.sid", before.slice("connect.sid=".length));
    expect((await thief.ask(port, "/me")).body.authenticated).toBe(false);
    return answers;
  },

  async flash(browser, port) {
    const answers = [];
    for (const [path, init] of [["/flash", post()], ["/read"], ["/read"]] as const) {
      answers.push(await browser.ask(port, path, init));
    }
    expect(answers.map(({ body }) => body).slice(1)).toEqual([["saved", "twice"], []]);
    return answers;
  },

  async csrf(browser, port) {
    const given = await browser.ask(port, "/token");
    const { token } = given.body;
    const act = (who: Browser, value: string) =>
      who.ask(port, "/act", { method: "POST", headers: { "x-csrf-token": value } });
    const other = new Browser();
    await other.ask(port, "/token");
    const answers = [
      await act(browser, token),
      await act(browser, "wrong"),
      await act(other, token),
      await act(browser, token),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 403, 403, 200]);
    return [given.status, given.set, ...answers];
  },

  async grant(browser, port) {
    const start = await browser.ask(port, "/connect/own");
    expect(start.location).toContain("/provider/authorize");
    const query = new URL(start.location!, "http://localhost").searchParams;
    const seen = await browser.ask(port, "/seen");
    expect(seen.body).toEqual({ provider: "own" });
    expect((await new Browser().ask(port, "/seen")).body).toEqual({ provider: null });
    return [start.status, start.set, [...query.keys()], seen];
  },

  async around(browser, port) {
    const answers = [];
    for (let index = 0; index < 3; index++) answers.push(await browser.ask(port, "/"));
    expect(answers.map(({ body }) => [body.views, body.other])).toEqual([
      [1, null],
      [2, "1"],
      [3, "1"],
    ]);
    return answers;
  },

  async socket(browser, port) {
    const answers: unknown[] = [await browser.ask(port, "/login")];
    for (const transports of [["websocket"], ["polling"]]) {
      const socket = io(`http://127.0.0.1:${port}`, {
        transports,
        extraHeaders: { cookie: browser.header },
        reconnection: false,
        forceNew: true,
      });
      for (let count = 0; count < 2; count++) {
        answers.push(await socket.timeout(120_000).emitWithAck("count"));
      }
      socket.disconnect();
    }
    answers.push(await browser.ask(port, "/me"));
    expect(answers.slice(1, 5).map((answer) => (answer as { count: number }).count))
      .toEqual([1, 2, 3, 4]);
    expect(answers[5]).toMatchObject({ body: { count: 4 } });
    return answers;
  },
};

describe.for(["express", "express4"])("with %s", (express) => {
  let real: AppProcess;
  let alias: AppProcess;
  let beside: AppProcess;
  beforeAll(async () => {
    const env = { EXPRESS: express, FOLDER: folder, STORES: "memory" };
    [real, alias, beside] = await Promise.all([
      startApp(folders.real, env),
      startApp(folders.alias, env),
      startApp(folders.beside, { ...env, SESSION: "websession" }),
    ]);
    expect([real.isOurs, alias.isOurs, beside.isOurs]).toEqual([false, true, true]);
    expect([alias.isRealThere, beside.isRealThere]).toEqual([false, true]);
  });
  afterAll(() => {
    for (const app of [real, alias, beside]) app?.stop();
  });

  test.for(Object.keys(visits))("%s, under the alias and beside the real package", async (name) => {
    const visit = visits[name]!;
    const expected = await visit(new Browser(), real.ports[name]!);
    for (const ours of [alias, beside]) {
      expect(await visit(new Browser(), ours.ports[name]!)).toEqual(expected);
    }
  });

  test("MemoryStore from login to logout", async () => {
    const script = async (port: number) => {
      const browser = new Browser();
      const answers = [];
      for (const path of ["/me", "/login/ada", "/view", "/view", "/touched", "/logout", "/me"]) {
        answers.push(await browser.ask(port, path));
      }
      return answers;
    };
    const expected = await script(real.ports["memory"]!);
    expect(expected[3]!.body).toEqual({ user: "ada", views: 2, cart: null });
    for (const ours of [alias, beside]) {
      expect(await script(ours.ports["memory"]!)).toEqual(expected);
    }
  });
});
