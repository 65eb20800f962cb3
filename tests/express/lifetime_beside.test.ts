/** A lifetime that a request gives the session stays, whoever reads or writes beside it: in memory, and on callback stores that touch. */
import { expect, test } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import { shapedStore, SHAPES } from "../stores/express_shapes.ts";
import { makeApp, useDriver } from "./support/app.ts";
import { cookieOf } from "./support/drive.ts";
import { type Any, ours } from "./support/libraries.ts";

useDriver();

const DAY = 86_400_000;

function deferred() {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => resolve = done);
  return { promise, resolve };
}

type Act = (session: Any) => unknown;

/** A visitor whose session has begun, and what he may do; `slowly` waits with what it does until it is released. */
async function visitor(store: Any, maxAge: number | null = 60_000) {
  const cookieOption = maxAge === null ? {} : { maxAge };
  const app = makeApp({ library: ours, options: { store, cookie: cookieOption } });
  let act: Act = () => {};
  app.handler = async (req, res) => {
    await act(req.session);
    res.end();
  };
  let cookie: string | undefined;
  const visit = (what: Act) => {
    act = what;
    return app.get(cookie, {});
  };
  cookie = cookieOf(await visit((session) => session.a = 1), "connect.sid");
  const slowly = async (what: Act = () => {}) => {
    const [begun, released] = [deferred(), deferred()];
    const ended = visit(async (session) => {
      expect(session.a).toBe(1);
      begun.resolve();
      await released.promise;
      what(session);
    });
    await begun.promise;
    return () => (released.resolve(), ended);
  };
  return { app, visit, slowly };
}

/** A callback store of a shape, and the one session that it keeps. */
function shaped(shape: (typeof SHAPES)[number]) {
  const steps = { turn: () => Promise.resolve(), fault: () => undefined };
  const { store, texts } = shapedStore(shape, steps);
  return {
    store: Object.assign(new ours.session.Store(), store),
    stored: () => JSON.parse([...texts.values()][0]!),
  };
}

const lives = (maxAge: number): Act => (session) => session.cookie.maxAge = maxAge;

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
  const { app, visit } = await visitor(store);
  const remembered = visit(lives(30 * DAY));
  await touching.promise;
  await visit((session) => session.w = 1);
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
  async (_name, make) => {
    for (
      const [before, given] of [[60_000, 30 * DAY], [30 * DAY, 60_000], [null, 30 * DAY]] as const
    ) {
      for (const writes of [false, true]) {
        const { visit, slowly } = await visitor(make(), before);
        const release = await slowly();
        await visit((session) => (lives(given)(session), writes && (session.b = 1)));
        await release();
        let left: unknown;
        await visit((session) => left = session.cookie.maxAge);
        expect(Math.round(Number(left) / 60_000)).toBe(given / 60_000);
      }
    }
  },
);

test.each(SHAPES.filter((shape) => shape !== "touch that never answers" && shape !== "no touch"))(
  "%s: a slow request that writes leaves it the lifetime that another has given it alone",
  async (shape) => {
    const { store, stored } = shaped(shape);
    const { app, visit, slowly } = await visitor(store);
    const release = await slowly((session) => session.w = 1);
    await visit(lives(30 * DAY));
    await release();
    expect([stored().w, stored().cookie.originalMaxAge]).toEqual([1, 30 * DAY]);
    expect(app.errors).toEqual([]);
  },
);

test.each(SHAPES.filter((shape) => shape !== "touch that never answers"))(
  "%s: a slow visit that read the session before leaves it the 30 days of another",
  async (shape) => {
    const { store, stored } = shaped(shape);
    const { app, visit, slowly } = await visitor(store);
    const release = await slowly();
    await visit((session) => (lives(30 * DAY)(session), session.remember = true));
    await release();
    expect([stored().remember, stored().cookie.originalMaxAge]).toEqual([true, 30 * DAY]);
    // … and who comes later has it, and may shorten it again.
    await visit((session) => {
      expect(session.cookie.originalMaxAge).toBe(30 * DAY);
      lives(1000)(session);
      session.remember = false;
    });
    expect(stored().cookie.originalMaxAge).toBe(1000);
    expect(app.errors).toEqual([]);
  },
);
