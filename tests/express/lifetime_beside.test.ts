/** A lifetime that a request gives the session stays, whoever only reads beside it: on callback stores that touch. */
import { expect, test } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import { shapedStore, SHAPES } from "../stores/express_shapes.ts";
import { makeApp, useDriver } from "./support/app.ts";
import { cookieOf } from "./support/drive.ts";
import { type Any, ours } from "./support/libraries.ts";

useDriver();

function deferred() {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => resolve = done);
  return { promise, resolve };
}

const DAY = 86_400_000;

test("a touch() that lands after another's write brings its lifetime all the same", async () => {
  const texts = new Map<string, string>();
  const [touching, landing] = [deferred(), deferred()];
  const store = Object.assign(new ours.session.Store(), {
    get: (id: string, done: Any) => done(null, JSON.parse(texts.get(id) ?? "null")),
    set: (id: string, session: Any, done: Any) => (texts.set(id, JSON.stringify(session)), done()),
    destroy: (id: string, done: Any) => (texts.delete(id), done()),
    async touch(id: string, { cookie }: Any, done: Any) {
      const text = JSON.stringify(cookie);
      touching.resolve();
      await landing.promise;
      texts.set(id, JSON.stringify({ ...JSON.parse(texts.get(id)!), cookie: JSON.parse(text) }));
      done();
    },
  });
  const app = makeApp({ library: ours, options: { store, cookie: { maxAge: 60_000 } } });
  const acts: Record<string, (session: Any) => unknown> = {
    begin: (session) => session.a = 1,
    write: (session) => session.w = 1,
    remember: (session) => session.cookie.maxAge = 30 * DAY,
  };
  app.handler = (req, res) => {
    acts[req.headers["x-act"]]!(req.session);
    res.end();
  };
  const visit = (act: string) => app.get(cookie, { headers: { "x-act": act } });
  let cookie: string | undefined;
  cookie = cookieOf(await visit("begin"), "connect.sid");
  const remembered = visit("remember");
  await touching.promise;
  await visit("write");
  landing.resolve();
  await remembered;
  await new Promise(setImmediate);
  const { w, cookie: { originalMaxAge } } = JSON.parse([...texts.values()][0]!);
  expect([w, originalMaxAge]).toEqual([1, 30 * DAY]);
  expect(app.errors).toEqual([]);
});

test.each<[string, () => Any]>([
  ["MemoryStore", () => new ours.session.MemoryStore()],
  ["memoryStore()", () => memoryStore()],
])(
  "%s: a slow visit that reads leaves it the lifetime of another, longer or shorter",
  async (_n, make) => {
    for (
      const [before, given] of [[60_000, 30 * DAY], [30 * DAY, 60_000], [null, 30 * DAY]] as const
    ) {
      for (const writes of [false, true]) {
        const store = make();
        const cookieOption = before === null ? {} : { maxAge: before };
        const app = makeApp({ library: ours, options: { store, cookie: cookieOption } });
        const [begun, released] = [deferred(), deferred()];
        const acts: Record<string, (session: Any) => unknown> = {
          begin: (session) => session.a = 1,
          async look(session) {
            expect(session.a).toBe(1);
            begun.resolve();
            await released.promise;
          },
          remember(session) {
            session.cookie.maxAge = given;
            if (writes) session.b = 1;
          },
        };
        let ends: unknown;
        app.handler = async (req, res) => {
          ends = req.session.cookie.maxAge;
          await acts[req.headers["x-act"]]?.(req.session);
          res.end();
        };
        const visit = (act: string) => app.get(cookie, { headers: { "x-act": act } });
        let cookie: string | undefined;
        cookie = cookieOf(await visit("begin"), "connect.sid");
        const slow = visit("look");
        await begun.promise;
        await visit("remember");
        released.resolve();
        await slow;
        await visit("");
        expect(Math.round(Number(ends) / 60_000)).toBe(given / 60_000);
      }
    }
  },
);

test.each(SHAPES.filter((shape) => /touch in one step|touch that reads|calls set/.test(shape)))(
  "%s: a slow request that writes leaves it the lifetime that another has given it alone",
  async (shape) => {
    const steps = { turn: () => Promise.resolve(), fault: () => undefined };
    const shaped = shapedStore(shape, steps);
    const store = Object.assign(new ours.session.Store(), shaped.store);
    const app = makeApp({ library: ours, options: { store, cookie: { maxAge: 60_000 } } });
    const [begun, released] = [deferred(), deferred()];
    const acts: Record<string, (session: Any) => unknown> = {
      begin: (session) => session.a = 1,
      async write(session) {
        expect(session.a).toBe(1);
        begun.resolve();
        await released.promise;
        session.w = 1;
      },
      remember: (session) => session.cookie.maxAge = 30 * DAY,
    };
    app.handler = async (req, res) => {
      await acts[req.headers["x-act"]]!(req.session);
      res.end();
    };
    const visit = (act: string) => app.get(cookie, { headers: { "x-act": act } });
    let cookie: string | undefined;
    cookie = cookieOf(await visit("begin"), "connect.sid");
    const slow = visit("write");
    await begun.promise;
    await visit("remember");
    released.resolve();
    await slow;
    const { w, cookie: { originalMaxAge } } = JSON.parse([...shaped.texts.values()][0]!);
    expect([w, originalMaxAge]).toEqual([1, 30 * DAY]);
    expect(app.errors).toEqual([]);
  },
);

test.each(SHAPES.filter((shape) => shape !== "touch that never answers"))(
  "%s: a slow visit that read the session before leaves it the 30 days of another",
  async (shape) => {
    const steps = { turn: () => Promise.resolve(), fault: () => undefined };
    const shaped = shapedStore(shape, steps);
    const store = Object.assign(new ours.session.Store(), shaped.store);
    const { texts } = shaped;
    const app = makeApp({ library: ours, options: { store, cookie: { maxAge: 60_000 } } });
    const [begun, released] = [deferred(), deferred()];
    const acts: Record<string, (session: Any) => unknown> = {
      begin: (session) => session.a = 1,
      async look(session) {
        expect(session.a).toBe(1);
        begun.resolve();
        await released.promise;
      },
      remember(session) {
        session.cookie.maxAge = 30 * DAY;
        session.remember = true;
      },
      // … and who comes later has it, and may shorten it again.
      shorten(session) {
        expect(session.cookie.originalMaxAge).toBe(30 * DAY);
        session.cookie.maxAge = 1000;
        session.remember = false;
      },
    };
    app.handler = async (req, res) => {
      await acts[req.headers["x-act"]]!(req.session);
      res.end();
    };
    const visit = (act: string) => app.get(cookie, { headers: { "x-act": act } });
    let cookie: string | undefined;
    cookie = cookieOf(await visit("begin"), "connect.sid");
    const slow = visit("look");
    await begun.promise;
    await visit("remember");
    released.resolve();
    await slow;
    const stored = () => JSON.parse([...texts.values()][0]!);
    expect([stored().remember, stored().cookie.originalMaxAge]).toEqual([true, 30 * DAY]);
    await visit("shorten");
    expect(stored().cookie.originalMaxAge).toBe(1000);
    expect(app.errors).toEqual([]);
  },
);
