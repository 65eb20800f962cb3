/** MemoryStore's `sessions` is an object of texts to whoever reads and writes it, as express-session's is. */
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { told } from "./support/app.ts";
import { type Any, ours, theirs } from "./support/libraries.ts";
import { handClock, sessionsWith, visit } from "./support/visit.ts";

const HOUR = 3_600_000;

/** A session as it is stored. */
const textOf = (data: object, cookie: object = {}): string =>
  JSON.stringify({
    cookie: { originalMaxAge: null, expires: null, httpOnly: true, path: "/", ...cookie },
    ...data,
  });

const ONE = textOf({ n: 1 });
const TWO = textOf({ n: 2 });
const found = (store: Any, id: string) => told((done) => store.get(id, done));

describe.each([["express-session", theirs], ["websession", ours]])("%s", (_name, library) => {
  const make = (): Any => new library.MemoryStore();

  test("is of a class that has a name", () => {
    expect([library.MemoryStore.name, make() instanceof library.Store]).toEqual([
      ...["MemoryStore", true],
    ]);
  });

  test("has what was assigned last", async () => {
    const store = make();
    store.sessions.a = ONE;
    store.sessions.a = TWO;
    expect([store.sessions.a, (await found(store, "a")).n]).toEqual([TWO, 2]);
    expect(await told((done) => store.length(done))).toBe(1);
  });

  test("says what is there, and nothing else is", () => {
    const { sessions } = make();
    sessions.a = ONE;
    expect(["a" in sessions, "b" in sessions, sessions.b]).toEqual([true, false, undefined]);
    expect(Object.entries(sessions)).toEqual([["a", ONE]]);
    expect({ ...sessions }).toEqual({ a: ONE });
    expect(Object.getOwnPropertyDescriptor(sessions, "a")).toEqual({
      ...{ value: ONE, writable: true, enumerable: true, configurable: true },
    });
    expect(Object.getOwnPropertyDescriptor(sessions, "b")).toBeUndefined();
  });

  test("can be deleted from", async () => {
    const store = make();
    store.sessions.a = ONE;
    expect([delete store.sessions.a, delete store.sessions.b]).toEqual([true, true]);
    expect(["a" in store.sessions, await found(store, "a")]).toEqual([false, undefined]);
  });

  test("can be replaced", async () => {
    const store = make();
    store.sessions.a = ONE;
    store.sessions = { b: TWO };
    expect(Object.keys(store.sessions)).toEqual(["b"]);
    expect([await found(store, "a"), (await found(store, "b")).n]).toEqual([undefined, 2]);
    store.sessions = {};
    expect(await told((done) => store.length(done))).toBe(0);
  });

  test("can be asked for symbols, as whatever prints an object does", () => {
    const { sessions } = make();
    sessions.a = ONE;
    expect(Object.prototype.toString.call(sessions)).toBe("[object Object]");
    expect(Symbol.iterator in sessions).toBe(false);
  });

  test("keeps a text that is no session until somebody asks for that", () => {
    const { sessions } = make();
    sessions.a = "{";
    expect([sessions.a, Object.keys(sessions)]).toEqual(["{", ["a"]]);
  });

  test("gives texts as they were written, byte for byte", () => {
    const { sessions } = make();
    const end = new Date(Date.now() + HOUR).toISOString();
    const texts = [
      '{ "cookie": { "path": "/" }, "n": 1 }',
      '{ "cookie": { "expires": null }, "n": 1 }',
      `{ "cookie": { "expires": "${end}" }, "n": 1 }`,
    ];
    for (const text of texts) {
      sessions.a = text;
      expect(sessions.a).toBe(text);
    }
  });

  test("is what visits and their end have made of it", async () => {
    // express-session takes a lifetime from the clock, which may have gone on by then.
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const store = make();
    const app = library.session({
      ...{ secret: "s", resave: false, saveUninitialized: false, store },
      cookie: { maxAge: HOUR },
    });
    const { cookie } = await visit(app, (req) => void (req.session.n = 1));
    const [id] = Object.keys(store.sessions);
    const begun = JSON.parse(store.sessions[id!]);
    expect(begun).toMatchObject({ n: 1, cookie: { originalMaxAge: HOUR } });
    await visit(app, (req) => {
      // Nothing is told the store before the end of the response.
      expect(JSON.parse(store.sessions[id!])).toEqual(begun);
      req.session.cookie.maxAge = 2 * HOUR;
      req.session.n = 2;
    }, { cookie });
    const { n, cookie: { expires, originalMaxAge } } = JSON.parse(store.sessions[id!]);
    expect([n, originalMaxAge]).toEqual([2, 2 * HOUR]);
    expect(Date.parse(expires)).toBeGreaterThan(Date.parse(begun.cookie.expires));
  });
});

describe("ours", () => {
  test("keeps as many sessions as its options say", async () => {
    const store: Any = new ours.MemoryStore({ max: 2 });
    for (const id of ["a", "b", "c"]) await told((done) => store.set(id, { cookie: {} }, done));
    expect(Object.keys(store.sessions)).toEqual(["b", "c"]);
  });

  test("shows no session that has ended", () => {
    const { sessions }: Any = new ours.MemoryStore();
    sessions.old = textOf({}, { expires: new Date(Date.now() - 1) });
    sessions.new = textOf({}, { expires: new Date(Date.now() + HOUR) });
    expect(Object.keys(sessions)).toEqual(["new"]);
    sessions.old = textOf({}, { expires: new Date(Date.now() - 1) });
    expect(["old" in sessions, sessions.old]).toEqual([false, undefined]);
  });

  test("shows the end that a visit has moved", async () => {
    const clock = handClock();
    const store: Any = new ours.MemoryStore({ now: clock.now });
    const app = sessionsWith({ store, clock, cookie: { maxAge: HOUR } });
    const { cookie } = await visit(app, (req) => void (req.session.n = 1));
    const [id] = Object.keys(store.sessions);
    clock.pass(60_000);
    let during = "";
    await visit(app, () => void (during = store.sessions[id!]), { cookie });
    const ends = (text: string) => Date.parse(JSON.parse(text).cookie.expires) - clock.now();
    expect([ends(during), ends(store.sessions[id!])]).toEqual([HOUR - 60_000, HOUR]);
    expect(JSON.parse(store.sessions[id!])).toMatchObject({
      ...{ n: 1, cookie: { originalMaxAge: HOUR, path: "/" } },
    });
  });
});
