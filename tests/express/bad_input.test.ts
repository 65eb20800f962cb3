/** Wrong options, broken records, failing and silent stores: nothing crashes, nothing stored is lost. */
import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import { faultyStore } from "../../src/testing/faulty_store.ts";
import { type Handler, idle, makeApp, tell, told, useDriver, write } from "./support/app.ts";
import {
  type Any,
  cookieParser,
  type Library,
  ours,
  signed,
  theirs,
  theirsAnew,
} from "./support/libraries.ts";

useDriver();

describe("construction", () => {
  test.each<[string, Any, string]>([
    ["genid", { genid: "text" }, "genid option must be a function"],
    ["genid", { genid: {} }, "genid option must be a function"],
    ["unset", { unset: "remove" }, 'unset option must be "destroy" or "keep"'],
    ["unset", { unset: true }, 'unset option must be "destroy" or "keep"'],
    ["secret", { secret: [] }, "secret option array must contain one or more strings"],
    ["store", { store: {} }, "store.on is not a function"],
  ])("%s: both throw the same", (_option, options, message) => {
    for (const library of [theirs, ours]) {
      const make = () =>
        library.session({ secret: "s", resave: false, saveUninitialized: false, ...options });
      expect(make, library.name).toThrow(new TypeError(message));
    }
  });

  test.each<[string, string[]]>([
    ["redis", ["on", "get", "set", "destroy", "sendCommand"]], // node-redis
    ["redis", ["on", "get", "set", "sendCommand"]], // ioredis
    ["redis", ["get", "set", "send", "subscribe"]], // Bun
    ["redis", ["get", "set", "customCommand", "invokeScript"]], // Valkey GLIDE
    ["postgres", ["on", "query", "connect"]],
    ["mysql", ["on", "query", "execute"]],
    ["mysql", ["execute", "transaction", "connection"]], // PlanetScale
    ["sqlite", ["prepare", "exec"]],
  ])("a client is none: what %sStore() takes, with %j", (name, verbs) => {
    const store = Object.fromEntries(verbs.map((verb) => [verb, () => undefined]));
    expect(() => ours.session({ secret: "s", resave: false, saveUninitialized: false, store }))
      .toThrow(
        new TypeError(
          `Option "store" must be a session store, not a client: ${name}Store({ client }) of ` +
            `websession/stores/${name} makes one of it`,
        ),
      );
  });

  test("a store that queries and connects by itself is a store", () => {
    const verbs = ["on", "get", "set", "destroy", "query", "connect", "execute"];
    const store = Object.fromEntries(verbs.map((verb) => [verb, () => undefined]));
    ours.session({ secret: "s", resave: false, saveUninitialized: false, store });
  });

  test.each<[string, Any]>([
    ["secret", { secret: 42 }],
    ["secret", { secret: true }],
    ["secret", { secret: ["fine", 42] }],
    ["secret", { secret: [undefined] }],
    ["name", { name: 42 }],
    ["name", { key: {} }],
    ["cookie", { cookie: "text" }],
    ["cookie", { cookie: 42 }],
    ["compat", { compat: "v3" }],
    ["ioTimeout", { ioTimeout: "10" }],
    ["ioTimeout", { ioTimeout: NaN }],
    ["maxBytes", { maxBytes: "10" }],
    ["options", "text"],
  ])("ours names the option %s and never its value: %j", (option, given) => {
    const options = typeof given === "string"
      ? given
      : { secret: "s", resave: false, saveUninitialized: false, ...given };
    expect(() => ours.session(options)).toThrow(TypeError);
    let text = "";
    try {
      ours.session(options);
    } catch (error) {
      text = (error as Error).message;
    }
    expect(text).toMatch(
      option === "cookie" ? /argument options must be a object/ : new RegExp(option),
    );
    expect(text).not.toMatch(/42|NaN\b.*NaN/);
  });

  test.each<[string, Any]>([
    ["nothing", undefined],
    ["null", null],
    ["an empty object", {}],
    ["falsy values, as always", {
      secret: "s",
      genid: null,
      store: null,
      unset: "",
      cookie: null,
      name: "",
      resave: null,
      saveUninitialized: 0,
      rolling: 1,
    }],
  ])("both take %s", (_kind, options) => {
    for (const library of [theirs, ours]) {
      const middleware = library.session(options);
      expect(middleware.name).toBe("session");
      expect(middleware.length).toBe(3);
    }
  });

  test('compat: "v2" stores no session again that did not change, and still every new one', async () => {
    const app = makeApp({
      library: ours,
      options: { compat: "v2", resave: undefined, saveUninitialized: undefined },
    });
    const { cookie } = await app.play(idle);
    expect(app.verbs()).toEqual(["set"]);
    await app.play(idle, cookie);
    expect(app.verbs()).toEqual(["get", "touch"]);
  });

  test("a secret may be bytes or a key; v2 needs one", () => {
    for (const secret of [Buffer.from("s"), new Uint8Array(9), new ArrayBuffer(9)]) {
      expect(() => ours.session({ secret, resave: false, saveUninitialized: false })).not.toThrow();
    }
    expect(() => ours.session({ compat: "v2" })).toThrow("secret option required for sessions");
  });

  test("without any secret the request gets an error", async () => {
    for (const library of [theirs, ours]) {
      const app = makeApp({ library, options: { secret: undefined } });
      expect((await app.get()).body).toBe("secret option required for sessions");
    }
  });
});

describe("S02 genid", () => {
  test.each<[string, unknown]>([["", ""], ["undefined", undefined], ["a number", 42], [
    "an object",
    {},
  ]])(
    "that returns %s is an error before any store call",
    async (_kind, value) => {
      const app = makeApp({ library: ours, options: { genid: () => value } });
      const answer = await app.play(write);
      expect(answer.status).toBe(500);
      expect(app.errors[0]).toBeInstanceOf(TypeError);
      expect(app.errors[0]!.message).toContain("genid");
      expect(app.verbs()).toEqual([]);
    },
  );

  test("may return characters that need encoding", async () => {
    for (const library of [theirs, ours]) {
      const app = makeApp({ library, options: { genid: () => "%ü=;" } });
      const { cookie } = await app.play(write);
      expect(cookie).toBe(signed("%ü=;"));
      expect((await app.play(write, cookie)).body).toBe("2");
    }
  });
});

describe("S59 a corrupt record", () => {
  const texts = ["1", '"text"', "[]", "{}", '{"a":1}', '{"cookie":null}', '{"cookie":7,"a":1}'];

  test.each(texts)(
    "%s is an error page, as in express-session, and an event; it stays where it is",
    async (text) => {
      const pages: string[] = [];
      const reasons: string[] = [];
      for (const kind of ["async", "memory"] as const) {
        for (const library of [theirs, ours]) {
          const app = makeApp({ library, kind });
          app.middleware.on?.("rejected", ({ reason }: Any) => reasons.push(reason));
          const { cookie } = await app.play(write);
          if (kind === "async") {
            app.watched.store.get = (_id: string, done: Any) =>
              setImmediate(done, null, JSON.parse(text));
          } else {
            const [id] = Object.keys(app.watched.store.sessions);
            app.watched.store.sessions[id!] = text;
          }
          const before = JSON.stringify(app.watched.content());
          const answer = await app.play(tell, cookie);
          expect([answer.status, app.errors.length]).toEqual([500, 1]);
          expect(JSON.stringify(app.watched.content())).toBe(before);
          pages.push(answer.body);
        }
      }
      expect(pages[1]).toBe(pages[0]);
      expect(pages[3]).toBe(pages[2]);
      expect(reasons).toEqual(["corrupt", "corrupt"]);
    },
  );

  test("null is none", async () => {
    const app = makeApp({ library: ours });
    const reasons: string[] = [];
    app.middleware.on("rejected", ({ reason }: Any) => reasons.push(reason));
    app.watched.store.get = (_id: string, done: Any) => setImmediate(done, null, null);
    expect((await app.play(tell, signed("corrupt"))).status).toBe(200);
    expect(reasons).toEqual(["unknown"]);
  });

  test("a native store's is an anonymous session and an event", async () => {
    const store = memoryStore();
    const app = makeApp({ library: ours, options: { store, genid: () => "a" } });
    const reasons: string[] = [];
    app.middleware.on("rejected", ({ reason }: Any) => reasons.push(reason));
    store.create("b", { json: '{"n":1}', expires: null });
    const answer = await app.play(tell, signed("b"));
    expect([answer.status, JSON.parse(answer.body).n]).toEqual([200, undefined]);
    expect(reasons).toEqual(["corrupt"]);
  });

  test("in MemoryStore, cut off in the middle", async () => {
    const app = makeApp({ library: ours, kind: "memory" });
    const reasons: string[] = [];
    app.middleware.on("rejected", ({ reason }: { reason: string }) => reasons.push(reason));
    const { cookie } = await app.play(write);
    const [id] = Object.keys(app.watched.store.sessions);
    app.watched.store.sessions[id!] = '{"cookie":{"path":';
    expect((await app.play(write, cookie)).body).toBe("1");
    expect(reasons).toEqual(["corrupt"]);
  });

  test("that makes the store's own parser throw", async () => {
    const app = makeApp({ library: ours });
    app.watched.store.get = (_id: string, done: Any) => {
      try {
        JSON.parse("{");
      } catch (error) {
        setImmediate(done, error);
      }
    };
    expect((await app.play(tell, signed("corrupt"))).status).toBe(200);
    expect(app.errors).toEqual([]);
  });

  test("whose cookie has attributes of the wrong kind", async () => {
    for (
      const cookie of [{ expires: "never" }, { expires: 5 }, { originalMaxAge: "x" }, { path: 7 }, {
        maxAge: "1",
      }]
    ) {
      const app = makeApp({ library: ours });
      app.watched.store.get = (_id: string, done: Any) =>
        setImmediate(done, null, { cookie, a: 1 });
      const answer = await app.play(write, signed("odd"));
      expect(answer.broken, JSON.stringify(cookie)).toBeUndefined();
    }
  });

  test("S57 S58 reserved names in a record shadow nothing and pollute nothing", async () => {
    const app = makeApp({ library: ours });
    const text =
      '{"cookie":{"path":"/"},"save":1,"destroy":1,"id":"spoofed","req":1,"regenerate":1,' +
      '"reload":1,"touch":1,"constructor":1,"__proto__":{"polluted":1},"fine":1}';
    app.watched.store.get = (_id: string, done: Any) => setImmediate(done, null, JSON.parse(text));
    const answer = await app.play(async (req, res) => {
      const { session } = req;
      await told((done) => session.save(done));
      res.end(JSON.stringify([session.id, session.fine, session.polluted, Object.keys(session)]));
    }, signed("real"));
    expect(JSON.parse(answer.body)).toEqual(["real", 1, null, ["cookie", "fine"]]);
    expect(({} as Any).polluted).toBeUndefined();
  });
});

describe("S78 store errors reach next(err)", () => {
  test("on load, before the handler runs", async () => {
    for (const library of [theirs, ours]) {
      const app = makeApp({ library });
      app.watched.store.get = (_id: string, done: Any) => setImmediate(done, new Error("no disk"));
      let ran = false;
      const answer = await app.play(() => void (ran = true), signed("any"));
      expect([answer.status, answer.body, ran], library.name).toEqual([500, "no disk", false]);
    }
  });

  test("thrown in get()", async () => {
    const app = makeApp({ library: ours });
    app.watched.store.get = () => {
      throw new Error("no disk");
    };
    expect((await app.play(idle, signed("any"))).body).toBe("no disk");
  });

  test.each<[string, string, Handler]>([
    ["touch", "no disk", idle],
    ["destroy", "no disk", (req, res) => {
      req.session = null;
      res.end("idle");
    }],
  ])("on %s(), while the visitor gets the page", async (verb, message, handler) => {
    for (const library of [theirs, ours]) {
      const app = makeApp({ library, options: { unset: "destroy" } });
      const { cookie } = await app.play(write);
      app.watched.store[verb] = (...args: Any[]) => setImmediate(args.at(-1), new Error(message));
      const again = makeApp({ library, options: { unset: "destroy", store: app.watched.store } });
      const answer = await again.play(handler, cookie);
      expect(answer.status, library.name).toBe(200);
      expect(answer.body).toMatch(/^(2|idle)$/);
      expect(again.errors.map((error) => error.message)).toEqual([message]);
    }
  });

  test("save(), reload() and destroy() hand the error to their callback", async () => {
    const app = makeApp({ library: ours });
    const { cookie } = await app.play(write);
    const fail = (...args: Any[]) => setImmediate(args.at(-1), new Error("no disk"));
    const outcomes: string[] = [];
    await app.play(async (req, res) => {
      const { session } = req;
      Object.assign(app.watched.store, { set: fail, destroy: fail, touch: fail, get: fail });
      session.a = 1;
      for (const method of ["save", "reload", "destroy"]) {
        outcomes.push(await told((done) => session[method](done)).catch((error) => error.message));
      }
      res.end();
    }, cookie);
    expect(outcomes).toEqual(["no disk", "no disk", "no disk"]);
    expect(Object.keys(app.watched.content())).toHaveLength(1);
  });
});

describe("stores of doubtful manners", () => {
  test("call back twice, or call back and reject as well", async () => {
    const app = makeApp({ library: ours });
    const { store } = app.watched;
    for (const verb of ["get", "set", "touch", "destroy"]) {
      const act = store[verb];
      store[verb] = (...args: Any[]) => {
        const done = args.at(-1);
        act.call(store, ...args.slice(0, -1), (...answer: unknown[]) => {
          done(...answer);
          done(...answer);
          done(new Error("too late"));
        });
        // Three turns later the store has called back.
        return (async () => {
          for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
          throw new Error("as well");
        })();
      };
    }
    let ran = 0;
    const { cookie } = await app.play(write);
    const answer = await app.play((req, res) => {
      ran++;
      write(req, res, undefined);
    }, cookie);
    expect([answer.body, ran]).toEqual(["2", 1]);
    expect(app.errors).toEqual([]);
  });

  test("hand back the live session", async () => {
    for (const library of [theirs, ours]) {
      const app = makeApp({ library, kind: "live" });
      const { cookie } = await app.play(write);
      expect((await app.play(write, cookie)).body).toBe("2");
      expect((await app.play(write, cookie)).body).toBe("3");
    }
  });

  test("get the very session object, and may mark it", async () => {
    const app = makeApp({ library: ours });
    const { store } = app.watched;
    const { set } = store;
    store.set = function (id: string, session: Any, done: Any) {
      session.lastModified = 7;
      set.call(store, id, session, done);
    };
    const { cookie } = await app.play(write);
    expect(JSON.parse((await app.play(tell, cookie)).body).lastModified).toBe(7);
  });

  test("disconnect and connect", async () => {
    for (const library of [theirs, ours]) {
      const app = makeApp({ library });
      const has: Handler = (req, res) =>
        res.end(String([typeof req.session, typeof req.sessionStore]));
      app.watched.store.emit("disconnect");
      expect((await app.play(has)).body).toBe("undefined,undefined");
      app.watched.store.emit("connect");
      expect((await app.play(has)).body).toBe("object,object");
    }
  });

  test("are no more than an emitter with three methods", async () => {
    for (const library of [theirs, ours]) {
      const store = Object.assign(new EventEmitter(), {
        get: (_id: string, done: Any) => done(null, null),
        set: (_id: string, _session: Any, done: Any) => done(),
        destroy: (_id: string, done: Any) => done(),
      });
      const app = makeApp({ library, options: { store } });
      expect((await app.play(write)).cookie).toBeDefined();
    }
  });
});

/** A clock that moves when told to. */
function fakeClock() {
  let now = Date.now();
  const timers = new Set<{ at: number; act: () => void }>();
  return {
    now: () => now,
    after(ms: number, act: () => void) {
      const timer = { at: now + ms, act };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(ms: number) {
      now += ms;
      for (const timer of timers) {
        if (timer.at > now) continue;
        timers.delete(timer);
        timer.act();
      }
    },
    get pending() {
      return timers.size;
    },
  };
}

describe("S77 a store that never answers", () => {
  const asked = (app: Any, verb: string) =>
    new Promise<void>((resolve) => {
      app.watched.store[verb] = () => void resolve();
    });

  test("get(): next(err) after ioTimeout, not before", async () => {
    const clock = fakeClock();
    const app = makeApp({ library: ours, options: { clock, ioTimeout: 5000 } });
    const isAsked = asked(app, "get");
    const answering = app.play(idle, signed("any"));
    await isAsked;
    clock.advance(4999);
    await new Promise(setImmediate);
    expect(app.errors).toEqual([]);
    clock.advance(1);
    expect((await answering).status).toBe(500);
    expect((app.errors[0] as Any).code).toBe("STORE_TIMEOUT");
  });

  test.each<[string, Handler, number]>([["set", write, 500], ["touch", idle, 200]])(
    "%s(): the visitor is answered after ioTimeout, and next(err) is told",
    async (verb, handler, status) => {
      const clock = fakeClock();
      const app = makeApp({ library: ours, options: { clock, ioTimeout: 5000 } });
      const { cookie } = await app.play(write);
      const isAsked = asked(app, verb);
      const answering = app.play(handler, cookie);
      await isAsked;
      clock.advance(5000);
      expect((await answering).status).toBe(status);
      expect((app.errors[0] as Any).code).toBe("STORE_TIMEOUT");
    },
  );

  test.each<[string, (store: Any) => void]>([
    ["that is asked to regenerate() as it comes", () => {}],
    ["with a regenerate() of its own", (store) => {
      store.regenerate = (req: Any, done: Any) =>
        store.destroy(req.sessionID, (error: unknown) => (store.generate(req), done(error)));
    }],
    ["of express-session's own class", (store) => {
      store.regenerate = theirs.Store.prototype.regenerate;
    }],
  ])("regenerate() of a store %s: its callback is told after ioTimeout", async (_kind, prepare) => {
    const clock = fakeClock();
    const app = makeApp({ library: ours, options: { clock, ioTimeout: 5000 } });
    prepare(app.watched.store);
    const { cookie } = await app.play(write);
    const isAsked = asked(app, "destroy");
    let code: unknown;
    const answering = app.play(async (req, res) => {
      const regenerated = told((done) => req.session.regenerate(done));
      await isAsked;
      clock.advance(5000);
      code = await regenerated.catch((error) => error.code);
      res.end("answered");
    }, cookie);
    const answer = await answering;
    expect([code, answer.body, clock.pending]).toEqual(["STORE_TIMEOUT", "answered", 0]);
    // The old id did not go on, whatever became of its record.
    const sets = app.watched.log.filter(({ verb }) => verb === "set").map(({ id }) => signed(id));
    expect(sets.filter((value) => value === cookie)).toHaveLength(1);
  });

  test.each(["reload", "destroy"])("%s(): its callback is told after ioTimeout", async (method) => {
    const clock = fakeClock();
    const app = makeApp({ library: ours, options: { clock, ioTimeout: 5000 } });
    const { cookie } = await app.play(write);
    let code: unknown;
    await app.play(async (req, res) => {
      const isAsked = asked(app, method === "reload" ? "get" : "destroy");
      const called = told((done) => req.session[method](done));
      await isAsked;
      clock.advance(5000);
      code = await called.catch((error) => error.code);
      res.end();
    }, cookie);
    expect([code, clock.pending]).toEqual(["STORE_TIMEOUT", 0]);
  });

  test("a native store, at each verb", async () => {
    for (const verb of ["read", "create", "commit", "touch"] as const) {
      const clock = fakeClock();
      const store = memoryStore();
      const good = makeApp({ library: ours, options: { store, clock } });
      const { cookie } = await good.play(write);
      const store2 = faultyStore(store, [{ verb, fault: "hang" }]);
      const app = makeApp({ library: ours, options: { store: store2, clock, ioTimeout: 5000 } });
      const answering = app.play(
        verb === "touch" ? idle : write,
        verb === "create" ? undefined : cookie,
      );
      while (clock.pending === 0) await new Promise(setImmediate);
      clock.advance(5000);
      expect((await answering).status, verb).toBe(verb === "touch" ? 200 : 500);
      expect((app.errors[0] as Any).code).toBe("STORE_TIMEOUT");
      // What was stored is still there.
      expect((await good.play(write, cookie)).body, verb).toBe("2");
    }
  });

  test("a store that answers leaves no timer behind", async () => {
    const clock = fakeClock();
    const app = makeApp({ library: ours, options: { clock } });
    const { cookie } = await app.play(write);
    await app.play(write, cookie);
    expect(clock.pending).toBe(0);
  });
});

describe("S62 a session that cannot be stored", () => {
  const cases: Record<string, Handler> = {
    "a BigInt": (req, res) => {
      req.session.bad = 10n;
      res.end("never");
    },
    "a cycle": (req, res) => {
      req.session.bad = { itself: req.session };
      res.end("never");
    },
    "a plain object in its place": (req, res) => {
      req.session = { bad: 1 };
      res.end("never");
    },
    "a number in its place": (req, res) => {
      req.session = 42;
      res.end("never");
    },
  };
  test.each(Object.entries(cases))(
    "%s: next(err), the error page, and what was stored stays",
    async (_kind, handler) => {
      const app = makeApp({ library: ours });
      const { cookie } = await app.play(write);
      const before = app.watched.content();
      const answer = await app.play(handler, cookie, { patience: 1000 });
      expect([answer.status, answer.broken]).toEqual([500, undefined]);
      expect(app.errors.length).toBeGreaterThan(0);
      expect(app.watched.content()).toEqual(before);
      expect((await app.play(write, cookie)).body).toBe("2");
    },
  );

  test("… where express-session never answers", async () => {
    const app = makeApp({ library: theirs });
    const answer = await app.play(cases["a BigInt"]!, undefined, { patience: 300 });
    expect(answer.broken).toBe("hangs");
  });

  test("S61 more data than maxBytes: an error before any store call", async () => {
    const app = makeApp({ library: ours, options: { maxBytes: 100 } });
    const { cookie } = await app.play(write);
    app.verbs();
    await app.play((req, res) => {
      req.session.big = "x".repeat(100);
      res.end();
    }, cookie);
    expect((app.errors[0] as Any).code).toBe("SESSION_TOO_LARGE");
    expect(app.verbs()).toEqual(["get"]);
  });
});

describe("hostile cookies", () => {
  const headers: Record<string, string> = {
    "64 KiB of ours": "connect.sid=" + "s%3A".repeat(4000),
    "3,000 pairs": Array.from({ length: 3000 }, (_, index) => `c${index}=1`).join("; "),
    "__proto__": "__proto__=1; connect.sid=__proto__",
    "quotes and percents": 'connect.sid="%%%"; "=; %=%',
    "an unsigned id": "connect.sid=known-id",
  };
  test.each(Object.entries(headers))(
    "S34 S35 %s: anonymous, and the store is not asked",
    async (_kind, cookie) => {
      const app = makeApp({ library: ours });
      const answer = await app.play(tell, undefined, {
        headers: { Cookie: cookie.slice(0, 15_000) },
      });
      expect(answer.status).toBe(200);
      expect(app.verbs()).toEqual([]);
    },
  );

  test("S04 S05 an unknown id, signed, is never adopted, nor one from anywhere else", async () => {
    const app = makeApp({ library: ours });
    const answer = await app.play(write, signed("chosen-by-attacker"), {
      path: "/?connect.sid=" + signed("chosen-by-attacker"),
      headers: { "X-Session-Id": "chosen-by-attacker" },
    });
    expect(answer.cookie).toBeDefined();
    expect(answer.cookie).not.toContain("chosen");
    expect(Object.keys(app.watched.content())).not.toContain("chosen-by-attacker");
  });

  test("S74 a thousand forged cookies ask the store nothing", async () => {
    const app = makeApp({ library: ours });
    for (let index = 0; index < 1000; index++) {
      await app.get(signed(`id-${index}`, "another secret"));
    }
    expect(app.verbs()).toEqual([]);
  });

  test("S73 a thousand visits without a write store nothing", async () => {
    const app = makeApp({ library: ours, kind: "memory" });
    for (let visit = 0; visit < 1000; visit++) await app.get();
    expect(Object.keys(app.watched.store.sessions)).toEqual([]);
  });
});

describe("cookie-parser before it", () => {
  test.each<[string, Library]>([["express-session", theirs], ["websession", ours]])(
    "%s reads what it left, and says that it should not have to",
    async (_name, given) => {
      const library = given === theirs ? theirsAnew() : given;
      const notes: string[] = [];
      const listener = (error: Error) => notes.push(error.message);
      process.on("deprecation" as Any, listener as Any);
      const parse = cookieParser("keyboard cat");
      const secret = { secret: undefined };
      const app = makeApp({
        library,
        options: secret,
        before: (req, res, next) => parse(req, res, next),
      });
      const { cookie } = await app.play(write);
      expect((await app.play(write, cookie)).body).toBe("2");
      // Only the parsed cookies are left.
      const hidden = makeApp({
        library,
        options: { store: app.watched.store },
        before: (req, res, next) => parse(req, res, () => (delete req.headers.cookie, next())),
      });
      expect((await hidden.play(write, cookie)).body).toBe("3");
      const unparsed = makeApp({
        library,
        options: { store: app.watched.store },
        before: (req, res, next) =>
          cookieParser()(req, res, () => (delete req.headers.cookie, next())),
      });
      expect((await unparsed.play(write, cookie)).body).toBe("4");
      process.off("deprecation" as Any, listener as Any);
      const moved = "cookie should be available in req.headers.cookie";
      expect(notes.filter((text) => text === moved)).toHaveLength(2);
      // Theirs says it once for each place in the code.
      if (library === ours) expect(notes).toContain("req.secret; provide secret option");
    },
  );
});
