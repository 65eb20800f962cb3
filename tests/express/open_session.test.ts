/** What a request finds of its session: its cookie, its end, its age, and what the store is asked for it. */
import { describe, expect, test } from "vitest";
import { infoOf, login, subjectOf } from "../../src/express/mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type Any, ours, signed, theirs } from "./support/libraries.ts";
import { watchDebug } from "./support/debug_lines.ts";
import { makeStore } from "./support/stores.ts";
import { handClock, sessionsWith, visit } from "./support/visit.ts";

const MINUTE = 60_000;

/** A native store that notes what it is asked, and answers on a later turn. */
function askedStore(options: Any = {}) {
  const memory: Any = memoryStore(options);
  const asked: unknown[][] = [];
  const store: Any = { atomic: true };
  for (const verb of ["create", "read", "readAndTouch", "commit", "touch", "rotate", "destroy"]) {
    store[verb] = async (...args: unknown[]) => {
      asked.push([verb, ...args]);
      const result = memory[verb](...args);
      await new Promise(setImmediate);
      return result;
    };
  }
  return { asked, memory, store };
}

describe.each([["express-session", theirs], ["websession", ours]])("%s", (_name, library) => {
  const sessionsOn = (store: Any, options: Any = {}) =>
    library.session({
      ...{ secret: "keyboard cat", resave: false, saveUninitialized: false, store },
      ...options,
    });

  test.each(["async", "sync", "memory", "live"] as const)(
    "next() is called once, with nothing, where all is well (%s)",
    async (kind) => {
      const sessions = sessionsOn(makeStore(kind, library).store);
      const first = await visit(sessions, (req) => void (req.session.n = 1));
      const second = await visit(sessions, (req) => req.session.n, { cookie: first.cookie });
      expect([first.nexts, second.nexts, second.result]).toEqual([[[]], [[]], 1]);
    },
  );

  test("next() is called with what the store says went wrong", async () => {
    const { store } = makeStore("async", library);
    const error = new Error("no disk");
    store.get = (_id: string, done: Any) => setImmediate(done, error);
    const sessions = sessionsOn(store);
    const { nexts } = await visit(sessions, () => {}, { cookie: `connect.sid=${signed("a")}` });
    expect(nexts).toEqual([[error]]);
  });

  test("createSession() is handed the very object that get() has found", async () => {
    const { store } = makeStore("live", library);
    const sessions = sessionsOn(store);
    const { cookie } = await visit(sessions, (req) => void (req.session.n = 1));
    let found: unknown;
    const { get, createSession } = store;
    store.get = function (id: string, done: Any) {
      get.call(this, id, (error: unknown, data: unknown) => done(error, found = data));
    };
    let isSame = false;
    store.createSession = function (req: Any, data: unknown) {
      isSame = data === found;
      return createSession.call(this, req, data);
    };
    await visit(sessionsOn(store), () => {}, { cookie });
    expect(isSame).toBe(true);
  });

  test.each([
    ["a number", Date.UTC(2040, 0, 1), Date.UTC(2040, 0, 1)],
    ["false", false, false],
    ["null", null, null],
    ["a text", "2040-01-01T00:00:00.000Z", new Date("2040-01-01T00:00:00.000Z")],
  ])("an end that a callback store has as %s is read as it is", async (_kind, expires, end) => {
    const { store } = makeStore("async", library);
    store.get = (_id: string, done: Any) => {
      setImmediate(done, null, { cookie: { originalMaxAge: null, expires, path: "/" }, n: 1 });
    };
    const cookie = `connect.sid=${signed("a")}`;
    const { result } = await visit(sessionsOn(store), ({ session }) => session.cookie.expires, {
      cookie,
    });
    expect(result).toEqual(end);
  });
});

describe("the end that a native store keeps", () => {
  test("is what a visit finds left of the session, by the clock of the options", async () => {
    const clock = handClock();
    const { store } = askedStore({ now: clock.now });
    const sessions = sessionsWith({ store, clock, cookie: { maxAge: 10 * MINUTE } });
    const { cookie } = await visit(sessions, (req) => void (req.session.n = 1));
    const left = async () =>
      (await visit(sessions, ({ session }) => session.cookie.maxAge, { cookie })).result;
    clock.pass(5 * MINUTE);
    // The store has moved it as it was read.
    expect(await left()).toBe(10 * MINUTE);
    clock.pass(7 * MINUTE);
    expect(await left()).toBe(10 * MINUTE);
  });

  test("… where it is moved at the end of the visit alone", async () => {
    const clock = handClock();
    const store = new ours.MemoryStore({ now: clock.now });
    const sessions = sessionsWith({ store, clock, cookie: { maxAge: 10 * MINUTE } });
    const { cookie } = await visit(sessions, (req) => void (req.session.n = 1));
    const left = async () =>
      (await visit(sessions, ({ session }) => session.cookie.maxAge, { cookie })).result;
    clock.pass(5 * MINUTE);
    expect(await left()).toBe(5 * MINUTE);
    clock.pass(7 * MINUTE);
    expect(await left()).toBe(3 * MINUTE);
  });
});

describe("a cookie that names no end", () => {
  const LIMITS = {
    "idleTimeout": { idleTimeout: 30 * MINUTE },
    "absoluteTimeout": { absoluteTimeout: 30 * MINUTE },
    "both": { idleTimeout: 30 * MINUTE, absoluteTimeout: 60 * MINUTE },
  };

  test.each(Object.entries(LIMITS))("gets none from the session's limit: %s", async (_, limits) => {
    const clock = handClock();
    const store = memoryStore({ now: clock.now });
    const sessions = sessionsWith({ store, clock, rolling: true, ...limits });
    const { cookie } = await visit(sessions, (req) => void (req.session.n = 1));
    expect(store.read(store.ids()[0]!)!.expires).toBe(clock.now() + 30 * MINUTE);
    clock.pass(MINUTE);
    const { result, setCookies } = await visit(sessions, ({ session: { cookie } }) => {
      return [cookie.expires, cookie.maxAge, cookie.originalMaxAge];
    }, { cookie });
    expect(result).toEqual([null, null, null]);
    expect(setCookies[0]).toMatch(/^connect\.sid=[^;]+; Path=\/; HttpOnly$/);
  });

  test.each(Object.entries(LIMITS))("a lifetime of its own stays: %s", async (_, limits) => {
    const clock = handClock();
    const store = memoryStore({ now: clock.now });
    const cookieOptions = { maxAge: 10 * MINUTE };
    const sessions = sessionsWith({ store, clock, cookie: cookieOptions, ...limits });
    const { cookie } = await visit(sessions, (req) => void (req.session.n = 1));
    clock.pass(MINUTE);
    const { result } = await visit(sessions, ({ session: { cookie } }) => {
      return [cookie.maxAge, cookie.originalMaxAge];
    }, { cookie });
    expect(result).toEqual([10 * MINUTE, 10 * MINUTE]);
  });

  test.each([
    ["null", null],
    ["false", false],
  ])("stays as another package wrote it: %s", async (_kind, expires) => {
    for (const limits of [{}, ...Object.values(LIMITS)]) {
      const { store } = makeStore("async", ours);
      store.get = (_id: string, done: Any) => {
        setImmediate(done, null, { cookie: { originalMaxAge: null, expires, path: "/" } });
      };
      const sessions = sessionsWith({ store, ...limits });
      const { result } = await visit(sessions, ({ session }) => session.cookie.expires, {
        cookie: `connect.sid=${signed("a")}`,
      });
      expect(result).toBe(expires);
    }
  });

  test("an end without a lifetime stands where sessions have no limits", async () => {
    const clock = handClock();
    const end = clock.now() + 5 * MINUTE;
    const cookie = { originalMaxAge: null, expires: new Date(end), path: "/" };
    const look = async (options: Any) => {
      const store = memoryStore({ now: clock.now });
      store.create("an-id", { json: JSON.stringify({ cookie }), expires: end });
      const sessions = sessionsWith({ store, clock, ...options });
      const { result } = await visit(sessions, ({ session }) => session.cookie.expires, {
        cookie: `connect.sid=${signed("an-id")}`,
      });
      return result;
    };
    expect(await look({})).toEqual(new Date(end));
    expect(await look({ idleTimeout: 30 * MINUTE })).toBeNull();
  });
});

describe("a store that reads and extends in one step", () => {
  const read = (options: Any) => async () => {
    const { asked, store } = askedStore();
    const sessions = sessionsWith({ store, ...options });
    const { cookie } = await visit(sessions, (req) => void (req.session.n = 1));
    asked.length = 0;
    await visit(sessions, (req) => req.session.n, { cookie });
    const [[verb, , maxAge] = []] = asked;
    return [verb, maxAge];
  };

  test.each<[string, Any, unknown[]]>([
    ["with a lifetime", { cookie: { maxAge: MINUTE } }, ["readAndTouch", MINUTE]],
    ["by a function", { cookie: () => ({ maxAge: MINUTE }) }, ["readAndTouch", MINUTE]],
    ["without one", {}, ["read", undefined]],
    ["with none", { cookie: { maxAge: null } }, ["read", undefined]],
    ["that is a Date", { cookie: { maxAge: new Date(2e12) } }, ["read", undefined]],
    ["that stores all again", { resave: true, cookie: { maxAge: MINUTE } }, ["read", undefined]],
    [
      "whatever fails",
      { onStoreError: "fail", cookie: { maxAge: MINUTE } },
      ["readAndTouch", MINUTE],
    ],
  ])("is asked for that where the end moves by as much: %s", async (_how, options, expected) => {
    expect(await read(options)()).toEqual(expected);
  });
});

describe("a session that began before its age had a limit", () => {
  test("begins, for that, with the first visit since", async () => {
    const clock = handClock();
    const store = memoryStore({ now: clock.now });
    const { cookie } = await visit(sessionsWith({ store, clock }), (req) => {
      req.session.n = 1;
    });
    clock.pass(MINUTE);
    const began = clock.now();
    const sessions = sessionsWith({ store, clock, absoluteTimeout: 60 * MINUTE });
    const { result } = await visit(sessions, (req) => infoOf(req).createdAt, { cookie });
    expect(result).toBe(began);
    clock.pass(59 * MINUTE);
    const n = async () => (await visit(sessions, (req) => req.session.n, { cookie })).result;
    expect(await n()).toBe(1);
    clock.pass(MINUTE);
    expect(await n()).toBeUndefined();
  });
});

test.each(["async", "live", "memory"] as const)(
  "what is noted of a session is not among the data that a visit finds (%s)",
  async (kind) => {
    const sessions = sessionsWith({ store: makeStore(kind, ours).store });
    const { cookie } = await visit(sessions, async (req) => {
      req.session.n = 1;
      await login(req, "ada");
    });
    const { result } = await visit(sessions, (req) => {
      return [subjectOf(req), Object.keys(req.session).sort()];
    }, { cookie });
    expect(result).toEqual(["ada", ["cookie", "n"]]);
  },
);

describe("a cookie that an older secret has signed", () => {
  const older = (cookie: string | undefined) => {
    const id = decodeURIComponent(cookie!).slice("connect.sid=s:".length).split(".")[0]!;
    return `connect.sid=${signed(id, "old cat")}`;
  };

  test("is signed anew when its session is stored, and one of the newest is not sent again", async () => {
    const sessions = sessionsWith({ secret: ["keyboard cat", "old cat"] });
    const { cookie } = await visit(sessions, (req) => void (req.session.n = 1));
    const change = (req: Any) => void req.session.n++;
    const renewed = await visit(sessions, change, { cookie: older(cookie) });
    expect(renewed.setCookies).toHaveLength(1);
    expect(renewed.cookie).toBe(cookie);
    expect((await visit(sessions, change, { cookie })).setCookies).toEqual([]);
  });
});

describe("a store that has failed, with onStoreError", () => {
  test("a function is told how: not there, or what it said", async () => {
    const { store } = makeStore("async", ours);
    const heard: Any[] = [];
    const onStoreError = (error: unknown) => (heard.push(error), "anonymous");
    const sessions = sessionsWith({ store, onStoreError });
    const cookie = `connect.sid=${signed("a")}`;
    store.emit("disconnect");
    expect((await visit(sessions, (req) => req.sessionID, { cookie })).result).toBe("a");
    expect(heard[0]).toMatchObject({
      ...{ code: "STORE_FAILED", message: "The session store is disconnected" },
    });
    store.emit("connect");
    store.get = (_id: string, done: Any) => setImmediate(done, new Error("no disk"));
    await visit(sessions, () => {}, { cookie });
    expect(heard.slice(1)).toEqual([new Error("no disk")]);
  });
});

describe("a new session", () => {
  test("that is only looked at is stored nowhere, and no browser is told of it", async () => {
    for (const kind of ["async", "memory"] as const) {
      const { store, content } = makeStore(kind, ours);
      const { setCookies } = await visit(sessionsWith({ store }), ({ session }) => session.n);
      expect([setCookies, content()]).toEqual([[], {}]);
    }
  });
});

describe('a session that is found, with secure: "auto"', () => {
  const overHttps = (req: Any) => void (req.socket.encrypted = true);

  test.each([
    ["http", "https", true],
    ["https", "http", false],
  ])("is of the connection it is found by: %s, then %s", async (first, then, isSecure) => {
    const before = (scheme: string) => scheme === "https" ? overHttps : () => {};
    const sessions = sessionsWith({ rolling: true, cookie: { secure: "auto" } });
    const { cookie } = await visit(sessions, (req) => void (req.session.n = 1), {
      before: before(first),
    });
    const { result, setCookies } = await visit(sessions, ({ session }) => session.cookie.secure, {
      ...{ cookie, before: before(then) },
    });
    expect([result, setCookies[0]!.includes("; Secure")]).toEqual([isSecure, isSecure]);
  });
});

describe("DEBUG=express-session says", () => {
  const debug = watchDebug();

  test("what was found of a session, and what becomes of it", async () => {
    const app = debug.session({ saveUninitialized: true });
    const { cookie } = await visit(app, (req) => void (req.session.n = 1));
    expect(debug.lines()).toEqual([
      ...["no SID sent, generating session", "saving #", "set-cookie for #"],
    ]);
    await visit(app, (req) => req.session.n, { cookie });
    expect(debug.lines()).toEqual(["fetching #", "session found #", "touching #"]);
    await visit(app, (req) => req.session.destroy(), { cookie });
    expect(debug.lines()).toEqual(["fetching #", "session found #", "destroying #"]);
    await visit(app, () => {}, { cookie });
    expect(debug.lines().slice(0, 2)).toEqual(["fetching #", "no session found #"]);
  });

  test("that a request goes on without the one the store did not hand over", async () => {
    const store = new debug.MemoryStore();
    const app = debug.session({ store, onStoreError: "anonymous" });
    store.emit("disconnect");
    await visit(app, () => {}, { cookie: `connect.sid=${signed("an-id")}` });
    expect(debug.lines().slice(0, 2)).toEqual(["fetching #", "going on without the session #"]);
  });
});
