/** `rotateAfter` on Express: native stores and those of express-session's kind. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { login, logout, subjectOf } from "../../src/express/mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type App, makeApp, tell, useDriver } from "./support/app.ts";
import { type Any, ours } from "./support/libraries.ts";

useDriver();
const HOUR = 3_600_000;

beforeEach(() => vi.useFakeTimers({ toFake: ["Date"], now: 1_800_000_000_000 }));
afterEach(() => vi.useRealTimers());
const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

const stores = {
  "a native store": () => ({ store: memoryStore({ sweepInterval: 0 }) }),
  "express-session's MemoryStore, ours": () => ({ store: undefined }),
  "a callback store": () => undefined,
};

describe.each(Object.entries(stores))("with %s", (_name, options) => {
  const make = (): App =>
    makeApp({ library: ours, options: { rotateAfter: HOUR, ...options() as object } });
  const begin = async (app: App) =>
    (await app.play(async (req, res) => {
      req.session.n = 1;
      await login(req, "ada");
      res.end();
    })).cookie!;
  const dataOf = async (app: App, cookie: string | undefined) => {
    const { cookie: _, ...data } = JSON.parse((await app.play(tell, cookie)).body);
    return data;
  };
  const moved = async () => {
    const app = make();
    const first = await begin(app);
    later(HOUR);
    const { cookie: second, body } = await app.play((req, res) => {
      req.session.m = 1;
      res.end("body");
    }, first);
    expect(body).toBe("body");
    return { app, first, second: second! };
  };

  test("an old id is replaced, with what the visit has changed, and no sooner", async () => {
    const app = make();
    const first = await begin(app);
    later(HOUR - 1);
    expect((await app.play(tell, first)).cookie).toBe(undefined);
    later(1);
    const { cookie: second } = await app.play((req, res) => {
      req.session.m = 1;
      res.end();
    }, first);
    expect(second).not.toBe(first);
    expect(await dataOf(app, second)).toEqual({ n: 1, m: 1 });
    expect((await app.play(tell, second)).cookie).toBe(undefined);
  });

  test("leads to its session for 30 seconds, whoever comes by it being told the new one", async () => {
    const { app, first, second } = await moved();
    later(29_999);
    const { cookie, body } = await app.play((req, res) => res.end(subjectOf(req)), first);
    expect([cookie, body]).toEqual([second, "ada"]);
    later(1);
    expect(await dataOf(app, first)).toEqual({});
    expect(await dataOf(app, second)).toEqual({ n: 1, m: 1 });
  });

  test("a logout by the old id ends the session, and so does one under way", async () => {
    const { app, first, second } = await moved();
    await app.play(async (req, res) => {
      await logout(req);
      res.end();
    }, first);
    expect([await dataOf(app, first), await dataOf(app, second)]).toEqual([{}, {}]);
  });

  test("a request under way saves and logs out where its session has gone", async () => {
    for (const ends of [false, true]) {
      const app = make();
      const first = await begin(app);
      later(HOUR);
      let second: string | undefined;
      await app.play(async (req, res) => {
        const { handler } = app;
        second = (await app.play((_req, inner) => inner.end(), first)).cookie;
        app.handler = handler;
        req.session.slow = 1;
        if (ends) await logout(req);
        res.end();
      }, first);
      expect(second).toBeDefined();
      expect(await dataOf(app, second)).toEqual(ends ? {} : { n: 1, slow: 1 });
    }
  });

  test("a regenerate() under way ends the session where it has gone", async () => {
    const app = make();
    const first = await begin(app);
    later(HOUR);
    let second: string | undefined;
    await app.play(async (req, res) => {
      const { handler } = app;
      second = (await app.play((_req, inner) => inner.end(), first)).cookie;
      app.handler = handler;
      await new Promise((done) => req.session.regenerate(done));
      res.end();
    }, first);
    expect([await dataOf(app, first), await dataOf(app, second)]).toEqual([{}, {}]);
  });

  test("a slow reader that came by the old id brings no cookie of what a login has ended", async () => {
    const { app, first, second } = await moved();
    const answer = await app.play(async (_req, res) => {
      const { handler } = app;
      await app.play(async (req, inner) => {
        await login(req, "ada");
        inner.end();
      }, second);
      app.handler = handler;
      res.end();
    }, first);
    expect(answer.cookie).toBe(undefined);
  });

  test("headers that have left keep the id", async () => {
    const app = make();
    const first = await begin(app);
    later(HOUR);
    await app.play((req, res) => {
      res.write("streamed");
      req.session.m = 1;
      res.end();
    }, first);
    expect(await dataOf(app, first)).toEqual({ n: 1, m: 1 });
  });
});

test("ids below a minute are refused", () => {
  const make = (rotateAfter: Any) => () => makeApp({ library: ours, options: { rotateAfter } });
  expect(make(1000)).toThrow('Option "rotateAfter" must be at least 60000 milliseconds, not 1000');
});
