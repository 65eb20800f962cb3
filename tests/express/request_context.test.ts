/** A request's session, as its methods change it: what ends is over, and nothing of it goes on. */
import { describe, expect, test } from "vitest";
import { login, signalOf, subjectOf, update } from "../../src/express/session_functions.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { watchDebug } from "./support/debug_lines.ts";
import { exchange, valuesOf } from "./support/exchange.ts";
import { type Any, ours, signed } from "./support/libraries.ts";
import { makeStore, type StoreKind } from "./support/stores.ts";
import { begin, dataIn, look, makeVisits } from "./support/visits.ts";

const KINDS = ["async", "sync", "memory"] as const;

/** A native store that notes what it is asked. */
function noting() {
  const memory: Any = memoryStore({ sweepInterval: 0 });
  const verbs: string[] = [];
  for (const verb of ["create", "read", "commit", "touch", "rotate", "destroy"]) {
    const method = memory[verb].bind(memory);
    memory[verb] = (...args: unknown[]) => {
      verbs.push(verb);
      return method(...args);
    };
  }
  return { store: memory, verbs };
}

/** A regenerate() of the application's own, that makes the session itself. */
function ownRegenerate(store: Any, before: () => unknown = () => {}) {
  store.regenerate = (req: Any, done: Any) => {
    store.destroy(req.sessionID, async (error: unknown) => {
      await before();
      req.sessionID = "of-its-own-with-a-regenerate";
      req.session = new ours.Session(req);
      req.session.cookie = new ours.Cookie();
      done(error);
    });
  };
}

describe.each(KINDS)("a session that was destroyed (%s)", (kind) => {
  test("is an event where somebody has written to it since, and else none", async () => {
    for (const isLate of [true, false]) {
      const { heard, visit } = makeVisits({ kind });
      const { cookie } = await visit(begin);
      const discarded = heard("discarded");
      await visit(async (req, res) => {
        const { session } = req;
        await session.destroy();
        if (isLate) session.late = 1;
        res.end();
      }, cookie);
      expect(discarded).toEqual(isLate ? [{ reason: "destroyed" }] : []);
    }
  });

  test("leaves the browser its cookie, unless the options say more", async () => {
    for (const clearCookie of [undefined, false, true]) {
      const { visit } = makeVisits({ kind, clearCookie });
      const { cookie } = await visit(begin);
      const { cookies } = await visit(async (req, res) => {
        await req.session.destroy();
        res.end();
      }, cookie);
      expect(cookies).toHaveLength(clearCookie === true ? 1 : 0);
    }
  });

  test("that nobody knew but its request is over for that", async () => {
    const { visit } = makeVisits({ kind });
    await visit(async (req, res) => {
      req.session.n = 1;
      await req.session.destroy();
      expect(signalOf(req).aborted).toBe(true);
      res.end();
    });
  });

  test("by `unset` is that of the request's id", async () => {
    const { visit } = makeVisits({ kind, unset: "destroy" });
    const { cookie } = await visit(begin);
    await visit((req, res) => (req.session = null, res.end()), cookie);
    expect(dataIn(await visit(look, cookie))).toEqual({});
  });

  test("can be destroyed once more, and saved no more: that is an event", async () => {
    const { heard, visit } = makeVisits({ kind });
    const { cookie } = await visit(begin);
    const discarded = heard("discarded");
    await visit(async (req, res) => {
      const { session } = req;
      await session.destroy();
      await session.destroy();
      expect(discarded).toEqual([]);
      await expect(session.save()).rejects.toMatchObject({ code: "SESSION_GONE" });
      expect(discarded).toEqual([{ reason: "destroyed" }]);
      res.end();
    }, cookie);
    expect(dataIn(await visit(look, cookie))).toEqual({});
  });

  test("has a signal that says so, and another that is begun in its place one of its own", async () => {
    const { visit } = makeVisits({ kind });
    const { cookie } = await visit(begin);
    await visit(async (req, res) => {
      const signal = signalOf(req);
      expect(signal.aborted).toBe(false);
      await req.session.destroy();
      expect([signal.aborted, signalOf(req).aborted]).toEqual([true, true]);
      res.end();
    }, cookie);
    await visit(async (req, res) => {
      await req.session.destroy();
      expect(signalOf(req).aborted).toBe(true);
      res.end();
    }, (await visit(begin)).cookie);
    for (const next of ["generate", "regenerate"]) {
      await visit(async (req, res) => {
        if (next === "regenerate") await req.session.regenerate();
        else {
          await req.session.destroy();
          req.sessionStore.generate(req);
        }
        const signal = signalOf(req);
        expect(signal.aborted).toBe(false);
        await req.session.destroy();
        expect(signal.aborted).toBe(true);
        res.end();
      }, (await visit(begin)).cookie);
    }
  });
});

test.each(KINDS)("a save() of what is there is no event, and stores it (%s)", async (kind) => {
  const { heard, visit } = makeVisits({ kind });
  const { cookie } = await visit(begin);
  const discarded = heard("discarded");
  await visit(async (req, res) => {
    req.session.n = 2;
    await req.session.save();
    res.end();
  }, cookie);
  expect([dataIn(await visit(look, cookie)), discarded]).toEqual([{ n: 2 }, []]);
});

test.each(KINDS)(
  "the object before a regenerate() that is destroyed ends nothing but itself (%s)",
  async (kind) => {
    const { heard, visit } = makeVisits({ kind });
    const { cookie } = await visit(begin);
    const discarded = heard("discarded");
    const after = await visit(async (req, res) => {
      const { session } = req;
      await session.regenerate();
      const fresh = req.session;
      fresh.user = "ada";
      await session.destroy();
      req.session = fresh;
      fresh.m = 1;
      expect(signalOf(req).aborted).toBe(false);
      res.end();
    }, cookie);
    expect([discarded, dataIn(await visit(look, after.cookie))]).toEqual([[], {
      user: "ada",
      m: 1,
    }]);
  },
);

describe("regenerate()", () => {
  test.each(["async", "sync", undefined] as const)(
    "begins anew after an error as well: the old id does not go on (%s)",
    async (kind) => {
      const { store, visit } = makeVisits({ kind: kind! });
      const { cookie } = await visit(begin);
      const destroy = (_id: string, done?: Any) => {
        if (done === undefined) throw new Error("disk locked");
        done(new Error("disk locked"));
      };
      const { body } = await visit(async (req, res) => {
        const { session } = req;
        store.destroy = destroy;
        await expect(session.regenerate()).rejects.toThrow(/disk locked|MemoryStore\) failed/);
        expect(req.session.id).toBe(req.sessionID);
        expect(req.session.n).toBeUndefined();
        res.end(String(req.sessionID === session.id));
      }, cookie);
      expect(body).toBe("false");
    },
  );

  test("tells a native store of the end of each session it may know, and of no other", async () => {
    const { store, verbs } = noting();
    const ended = async (make: Any, handler: (req: Any) => unknown, cookie?: string) => {
      let asked: string[] = [];
      await make.visit(async (req: Any, res: Any) => {
        await handler(req);
        verbs.length = 0;
        await req.session.regenerate();
        asked = verbs.filter((verb) => verb === "destroy");
        res.end();
      }, cookie);
      return asked.length;
    };
    const plain = makeVisits({ store });
    const touched = (req: Any) => req.session.n = 1;
    const saved = (req: Any) => (req.session.n = 1, req.session.save());
    const lost = async (req: Any) => {
      const { create } = store;
      // It has stored the session, and cannot say so.
      store.create = (...args: unknown[]) => {
        create(...args);
        throw new Error("connection reset");
      };
      await expect(saved(req)).rejects.toMatchObject({ code: "STORE_FAILED" });
      store.create = create;
    };
    expect(await ended(plain, touched)).toBe(0);
    expect(await ended(plain, saved)).toBe(1);
    expect(await ended(plain, lost)).toBe(1);
    expect(await ended(plain, () => {}, (await plain.visit(begin)).cookie)).toBe(1);
    // One that the store has dropped, as far as this request knows.
    expect(await ended(plain, touched, signed("dropped"))).toBe(1);
    const own = makeVisits({ store, genid: () => `own-${Math.random()}` });
    expect(await ended(own, touched)).toBe(1);
    const stored = makeVisits({ store, saveUninitialized: true });
    expect(await ended(stored, touched)).toBe(1);
  });

  test("tells a callback store of the end of any, as express-session does", async () => {
    const { verbs, visit } = makeVisits({ kind: "async" });
    await visit(async (req, res) => {
      await req.session.regenerate();
      res.end();
    });
    expect(verbs()).toEqual(["destroy", "set"]);
  });

  test.each(KINDS)(
    "takes nothing along of who was logged in, however a session is made (%s)",
    async (kind) => {
      for (const isOwn of [false, true]) {
        const { store, visit } = makeVisits({ kind });
        const { cookie } = await visit(async (req, res) => {
          await login(req, "ada");
          res.end();
        });
        if (isOwn) {
          store.generate = (req: Any) => {
            req.sessionID = "of-its-own";
            req.session = new ours.Session(req);
            req.session.cookie = new ours.Cookie();
          };
        }
        const after = await visit(async (req, res) => {
          expect(subjectOf(req)).toBe("ada");
          await req.session.regenerate();
          expect(subjectOf(req)).toBeUndefined();
          req.session.m = 1;
          res.end();
        }, cookie);
        await visit((req, res) => {
          expect([subjectOf(req), req.session.m]).toEqual([undefined, 1]);
          res.end();
        }, after.cookie);
      }
    },
  );
});

test.each(KINDS)("store.generate() takes nothing along of who was logged in (%s)", async (kind) => {
  const { visit } = makeVisits({ kind });
  const { cookie } = await visit(async (req, res) => {
    await login(req, "ada");
    res.end();
  });
  const { cookie: next } = await visit((req, res) => {
    req.sessionStore.generate(req);
    expect(subjectOf(req)).toBeUndefined();
    req.session.m = 1;
    res.end();
  }, cookie);
  await visit((req, res) => {
    expect([subjectOf(req), req.session.m]).toEqual([undefined, 1]);
    res.end();
  }, next);
});

test("an object that is left behind by one of store.createSession() that is reloaded drops nothing of others'", async () => {
  for (const kind of KINDS) {
    const { visit } = makeVisits({ kind });
    const { cookie } = await visit(begin);
    await visit(async (req, res) => {
      const { session, sessionID, sessionStore } = req;
      await visit((other, inner) => (other.session.others = 1, inner.end()), cookie);
      const found = await new Promise((resolve) => {
        sessionStore.get(sessionID, (_error: unknown, data: unknown) => resolve(data));
      });
      sessionStore.createSession(req, found);
      await req.session.reload();
      session.mine = 1;
      await session.save();
      res.end();
    }, cookie);
    expect(dataIn(await visit(look, cookie))).toEqual({ n: 1, others: 1, mine: 1 });
  }
});

describe("a regenerate() that is the store's own", () => {
  test("ends the session for those who have it, though it does not tell the store", async () => {
    const { store } = makeStore("async", ours);
    const destroy = store.destroy.bind(store);
    const { visit } = makeVisits({ store, genid: () => `drawn-${Math.random()}` });
    const { cookie } = await visit(begin);
    let other: Any;
    let finish!: () => void;
    let slow: Promise<unknown> | undefined;
    await new Promise<void>((resolve) => {
      slow = visit(async (req, res) => {
        other = req.session;
        const finished = new Promise<void>((done) => finish = done);
        resolve();
        await finished;
        res.end();
      }, cookie);
    });
    const { generate } = store;
    store.regenerate = (req: Any, done: Any) =>
      destroy(req.sessionID, () => (generate.call(store, req), done()));
    await visit(async (req, res) => {
      await req.session.regenerate();
      res.end();
    }, cookie);
    other.n = 2;
    await expect(other.save()).rejects.toMatchObject({ code: "SESSION_GONE" });
    finish();
    await slow;
    expect(dataIn(await visit(look, cookie))).toEqual({});
  });

  test("ends it for its own request, though it leaves the record", async () => {
    for (const kind of KINDS) {
      const { store, visit } = makeVisits({ kind });
      const { cookie } = await visit(begin);
      const { generate } = store;
      store.regenerate = (req: Any, done: Any) => (generate.call(store, req), done());
      await visit(async (req, res) => {
        const { session } = req;
        await session.regenerate();
        session.n = 2;
        await expect(session.save()).rejects.toMatchObject({ code: "SESSION_GONE" });
        res.end();
      }, cookie);
    }
  });

  test.each(KINDS)("is asked, and ends the session for good (%s)", async (kind) => {
    const { store, visit } = makeVisits({ kind, genid: () => `drawn-${Math.random()}` });
    ownRegenerate(store);
    const { cookie } = await visit(async (req, res) => {
      req.session.n = 1;
      await login(req, "ada");
      res.end();
    });
    const after = await visit(async (req, res) => {
      const { session } = req;
      const signal = signalOf(req);
      await session.regenerate();
      expect([req.sessionID, signal.aborted]).toEqual(["of-its-own-with-a-regenerate", true]);
      expect(subjectOf(req)).toBeUndefined();
      await expect(session.save()).rejects.toMatchObject({ code: "SESSION_GONE" });
      req.session.m = 1;
      res.end();
    }, cookie);
    expect(after.cookie).toBe(signed("of-its-own-with-a-regenerate"));
    expect(dataIn(await visit(look, after.cookie))).toEqual({ m: 1 });
    expect(dataIn(await visit(look, cookie))).toEqual({});
  });

  test("is over for requests under way before it is done", async () => {
    const { store, visit } = makeVisits({ kind: "async", genid: () => `drawn-${Math.random()}` });
    const { cookie } = await visit(begin);
    let code: unknown;
    ownRegenerate(store, async () => {
      await slow;
    });
    let release!: () => void;
    const slow = new Promise<void>((resolve) => release = resolve);
    let other!: Any;
    let finish!: () => void;
    const isOpen = new Promise<void>((resolve) => {
      void visit(async (req, res) => {
        other = req.session;
        resolve();
        await new Promise<void>((done) => finish = done);
        res.end();
      }, cookie);
    });
    await isOpen;
    await visit(async (req, res) => {
      const regenerated = req.session.regenerate();
      await new Promise(setImmediate);
      other.n = 2;
      code = await other.save().catch((error: Any) => error.code);
      release();
      await regenerated;
      res.end();
    }, cookie);
    finish();
    expect(code).toBe("SESSION_GONE");
    expect(dataIn(await visit(look, cookie))).toEqual({});
  });

  test("ends the session where rotateAfter has moved it", async () => {
    const HOUR = 3_600_000;
    let now = 1_800_000_000_000;
    const clock = { now: () => now };
    const { store, visit } = makeVisits({ kind: "async", clock, rotateAfter: HOUR });
    ownRegenerate(store);
    const { cookie: first } = await visit(begin);
    now += HOUR;
    let second: string | undefined;
    await visit(async (req, res) => {
      second = (await visit(look, first)).cookie;
      await req.session.regenerate();
      res.end();
    }, first);
    expect(second).not.toBe(first);
    expect([dataIn(await visit(look, first)), dataIn(await visit(look, second))]).toEqual([{}, {}]);
  });
});

/** An application with two middlewares, whose second one finds no session of the first on the request. */
function twoSessions(kind: StoreKind, options: (name: "a" | "b") => object = () => ({})) {
  const stores = { a: makeStore(kind, ours), b: makeStore(kind, ours) };
  const make = (name: "a" | "b") =>
    ours.session({
      secret: "keyboard cat",
      resave: false,
      saveUninitialized: false,
      name,
      warn: false,
      store: stores[name].store,
      ...options(name),
    });
  const [first, second] = [make("a"), make("b")];
  const visit = async (handler: (req: Any, res: Any) => unknown, cookie = "") => {
    const reply = await exchange((req, res) =>
      new Promise<unknown>((resolve, reject) => {
        const next = (act: () => unknown) => (error?: Error) => {
          if (!error) return act();
          if (!res.headersSent) res.end(error.message);
        };
        const handle = () => {
          req.two = req.session;
          (async () => await handler(req, res))().then(resolve, reject);
        };
        const handOn = () => {
          req.one = req.session;
          req.session = null;
          second(req, res, next(handle));
        };
        first(req, res, next(handOn));
      }), { headers: cookie === "" ? {} : { cookie } });
    const sent = valuesOf(reply, "set-cookie").map((text) => text.split(";")[0]!).sort();
    return { ...reply, sent, cookie: sent.join("; ") };
  };
  const texts = (name: "a" | "b") =>
    Object.values(stores[name].content()).map((text) => {
      const { cookie: _, $websession: __, ...data } = JSON.parse(text);
      return data;
    });
  return { stores, texts, visit };
}

describe("two middlewares on one request", () => {
  const write = (req: Any, res: Any) => {
    req.one.n = 1;
    req.two.m = 1;
    res.end();
  };

  test("each send the cookie of their own session, and store that", async () => {
    const { texts, visit } = twoSessions("async");
    const { cookie, sent } = await visit(write);
    expect(sent.map((text) => text[0])).toEqual(["a", "b"]);
    expect(sent[0]!.slice(1)).not.toBe(sent[1]!.slice(1));
    const again = await visit((req, res) => {
      expect([req.one.n, req.two.m]).toEqual([1, 1]);
      req.one.n = 2;
      res.end();
    }, cookie);
    expect([again.sent, texts("a"), texts("b")]).toEqual([[], [{ n: 2 }], [{ m: 1 }]]);
  });

  test("go on with their own after a regenerate() of the first's", async () => {
    const { texts, visit } = twoSessions("async");
    const { cookie } = await visit(write);
    const after = await visit(async (req, res) => {
      await req.one.regenerate();
      req.session.user = "ada";
      await req.session.save();
      expect(texts("b")).toEqual([{ m: 1 }]);
      req.session = req.two;
      await update(req, (data: Any) => data.m += 1);
      expect([subjectOf(req), req.sessionStore === req.two.req.sessionStore]).toEqual([
        undefined,
        true,
      ]);
      res.end();
    }, cookie);
    expect([texts("a"), texts("b")]).toEqual([[{ user: "ada" }], [{ m: 2 }]]);
    expect(after.sent.map((text) => text[0])).toEqual(["a"]);
  });

  test("store both, whichever of them the request has in the end", async () => {
    for (const  of of["one", "two"]) {
      const { texts, visit } = twoSessions("async");
      const { sent } = await visit((req, res) => {
        req.one.n = 1;
        req.two.m = 1;
        req.session = req[of];
        res.end();
      });
      expect([texts("a"), texts("b"), sent.length]).toEqual([[{ n: 1 }], [{ m: 1 }], 2]);
    }
  });

  test("store an object of the second's that was there before its reload()", async () => {
    const { texts, visit } = twoSessions("async");
    const { cookie } = await visit(write);
    await visit(async (req, res) => {
      const { session } = req;
      await session.reload();
      req.session = session;
      session.mine = 1;
      res.end();
    }, cookie);
    expect([texts("a"), texts("b")]).toEqual([[{ n: 1 }], [{ m: 1, mine: 1 }]]);
  });

  test("wait for the calls on both", async () => {
    for (const  of of["one", "two"]) {
      const { texts, visit } = twoSessions("async");
      const { cookie } = await visit(write);
      const { sent } = await visit((req, res) => {
        void req[of].regenerate({ keep: true });
        res.write("begun");
        res.end();
      }, cookie);
      expect(sent.map((text) => text[0])).toEqual([of === "one" ? "a" : "b"]);
      expect([texts("a"), texts("b")]).toEqual([[{ n: 1 }], [{ m: 1 }]]);
    }
  });

  test("make a session in the store that is asked for one", async () => {
    const lifetimes = { a: 60_000, b: 90_000 };
    const { stores, texts, visit } = twoSessions("async", (name) => ({
      cookie: { maxAge: lifetimes[name] },
    }));
    const { sent } = await visit((req, res) => {
      for (const name of ["a", "b"] as const) {
        const before = req.session;
        stores[name].store.generate(req);
        expect(req.session).not.toBe(before);
        expect(req.session.id).toBe(req.sessionID);
        expect(req.session.cookie.originalMaxAge).toBe(lifetimes[name]);
      }
      req.session = req.two;
      req.sessionID = req.two.id;
      req.session.m = 1;
      res.end();
    });
    expect([texts("a"), texts("b"), sent.length]).toEqual([[], [{ m: 1 }], 1]);
  });

  test("send one error page for what one of them could not store", async () => {
    for (const  of of["a", "b"] as const) {
      const { stores, texts, visit } = twoSessions("async");
      stores[of].store.set = (_id: string, _session: Any, done: Any) => {
        setImmediate(done, new Error("disk full"));
      };
      const { status, body, sent } = await visit(write);
      expect([status, body, sent.length]).toEqual([500, "disk full", 1]);
      expect(texts(of)).toEqual([]);
    }
  });
});

describe("DEBUG=express-session", () => {
  const { lines, session } = watchDebug();

  test("tells what a handler does with its session", async () => {
    const { visit } = makeVisits({ session });
    const { cookie } = await visit(begin);
    lines();
    await visit(async (req, res) => {
      await req.session.save();
      await req.session.reload();
      await req.session.destroy();
      res.end();
    }, cookie);
    expect(lines()).toEqual([
      ...["fetching #", "session found #"],
      ...["saving #", "reloading #", "destroying #"],
    ]);
  });
});
