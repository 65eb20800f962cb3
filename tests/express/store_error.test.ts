/** A store that cannot hand over a session: `onStoreError` says what becomes of the request. */
import { describe, expect, test } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import { elevate, login, logout, take, update } from "../../src/express/session_functions.ts";
import { type App, type Handler, makeApp, tell, told, useDriver, write } from "./support/app.ts";
import { headerOf } from "./support/drive.ts";
import { type Any, ours, theirs } from "./support/libraries.ts";

useDriver();

const KINDS = ["async", "sync", "native"] as const;
type Kind = (typeof KINDS)[number];

interface Outage {
  readonly app: App;
  readonly cookie: string;
  readonly heard: string[];
  /** The verbs asked of the store since it was last switched. */
  readonly calls: string[];
  /** What is stored, as text. */
  content(): string;
  down(): void;
  up(): void;
}

/** An application with a visitor who has logged in, on a store that can be switched off. */
async function outage(kind: Kind, options: Any = {}): Promise<Outage> {
  const native: Any = kind === "native" ? memoryStore() : undefined;
  const app = makeApp({
    library: ours,
    ...(kind === "native" ? {} : { kind }),
    options: { onStoreError: "anonymous", ...(native && { store: native }), ...options },
  });
  const store: Any = native ?? app.watched.store;
  const calls: string[] = [];
  let isDown = false;
  const verbs = native
    ? ["create", "read", "readAndTouch", "commit", "touch", "rotate", "destroy"]
    : ["get", "set", "touch", "destroy"];
  for (const verb of verbs) {
    const original = store[verb].bind(store);
    store[verb] = (...args: Any[]) => {
      calls.push(verb);
      if (!isDown) return original(...args);
      if (native) throw new Error(`no route to host of ${args[0]}`);
      args.at(-1)(new Error(`no route to host of ${args[0]}`));
    };
  }
  const heard: string[] = [];
  app.middleware.on("error", ({ error, during }: Any) => heard.push(`${during}: ${error.message}`));
  const { cookie } = await app.play(async (req, res) => {
    await login(req, "ada");
    req.session.cart = ["tea"];
    res.end();
  });
  calls.length = 0;
  const turn = (down: boolean) => () => {
    isDown = down;
    calls.length = 0;
  };
  return {
    app,
    cookie: cookie!,
    heard,
    calls,
    content: () =>
      JSON.stringify(
        native ? native.ids().map((id: string) => native.peek(id).json) : app.watched.content(),
      ),
    down: turn(true),
    up: turn(false),
  };
}

const who: Handler = (req, res) => {
  const { subject } = ours.session.infoOf(req);
  res.end(JSON.stringify([subject, req.session.cart, Object.keys(req.session)]));
};

describe.each(KINDS)('S78 onStoreError: "anonymous" (%s)', (kind) => {
  test.each<[string, Any]>([
    ["by default", {}],
    ["with a lifetime, rolling", { rolling: true, cookie: { maxAge: 60_000 } }],
    ["that stores everything", { resave: true, saveUninitialized: true }],
    ["with a newer secret", { secret: ["a newer one", "keyboard cat"] }],
  ])(
    "goes on with an empty session, and leaves record and cookie alone (%s)",
    async (_how, options) => {
      const { app, cookie, heard, calls, content, down, up } = await outage(kind, options);
      const before = content();
      down();
      const answer = await app.play(who, cookie);
      expect([answer.status, answer.body]).toEqual([200, '[null,null,["cookie"]]']);
      expect(headerOf(answer, "set-cookie")).toEqual([]);
      expect(calls).toHaveLength(1);
      expect(heard).toEqual(
        ["load: The session store failed"].map((text) =>
          kind === "native" ? text.replace("store", "store (MemoryStore)") : text
        ),
      );
      expect([app.errors, content()]).toEqual([[], before]);
      up();
      expect((await app.play(who, cookie)).body).toContain('["ada",["tea"],');
    },
  );

  test.each<[string, (req: Any) => Promise<unknown>]>([
    ["save()", (req) => told((done) => req.session.save(done))],
    ["regenerate()", (req) => told((done) => req.session.regenerate(done))],
    ["regenerate({ keep })", (req) => req.session.regenerate({ keep: true })],
    ["login()", (req) => login(req, "eve")],
    ["update()", (req) => update(req, (data: Any) => void (data.n = 1))],
  ])("%s is the store's error, even when the store is back", async (_name, act) => {
    const { app, cookie, calls, content, down, up } = await outage(kind);
    const before = content();
    down();
    const answer = await app.play(async (req, res) => {
      up();
      const error = await act(req).then(() => undefined, (caught) => caught);
      res.end(`${req.sessionID === req.session.id} ${error?.message}`);
    }, cookie);
    expect(answer.body).toMatch(/^true .*(no route to host|store \(MemoryStore\) failed)/);
    expect(headerOf(answer, "set-cookie")).toEqual([]);
    expect([calls, content()]).toEqual([[], before]);
  });

  test.each<[string, Handler]>([
    ["data", write],
    ["a message", (req, res) => (ours.session.flash(req, "info", "hello"), res.end("sent"))],
    ["data behind a first byte", (req, res) => (req.session.n = 1, res.write("a"), res.end("b"))],
  ])("%s that the handler left in it are an error at the end", async (_name, act) => {
    const { app, cookie, calls, content, down, up } = await outage(kind);
    const before = content();
    down();
    const answer = await app.play((req, res, next) => (up(), act(req, res, next)), cookie);
    const hasBegun = answer.body === "ab";
    expect(answer.status).toBe(hasBegun ? 200 : 500);
    expect(app.errors[0]!.message).toMatch(/no route to host|store \(MemoryStore\) failed/);
    expect(headerOf(answer, "set-cookie")).toEqual([]);
    expect([calls, content()]).toEqual([[], before]);
  });

  test("a session that another one was made of cannot be stored, nor its cookie sent", async () => {
    const { app, cookie, calls, content, down, up } = await outage(kind);
    const before = content();
    down();
    const answer = await app.play((req, res) => {
      up();
      req.sessionStore.generate(req);
      req.session.n = 1;
      res.write("a");
      res.end("b");
    }, cookie);
    expect([answer.body, headerOf(answer, "set-cookie")]).toEqual(["ab", []]);
    expect([calls, content()]).toEqual([[], before]);
  });

  test("reload() asks the store again, and the session is there", async () => {
    const { app, cookie, down, up } = await outage(kind);
    down();
    const answer = await app.play(async (req, res) => {
      await expect(req.session.reload()).rejects.toThrow();
      up();
      await req.session.reload();
      req.session.n = 1;
      who(req, res, undefined);
    }, cookie);
    expect(answer.body).toContain('["ada",["tea"],');
    expect((await app.play(tell, cookie)).body).toContain('"n":1');
  });

  test("S79 a logout asks the store again: it fails, or ends the session", async () => {
    for (const isBack of [false, true]) {
      const { app, cookie, heard, content, down, up } = await outage(kind);
      down();
      const answer = await app.play(async (req, res) => {
        if (isBack) up();
        const left = logout(req);
        await (isBack ? left : expect(left).rejects.toThrow());
        res.end();
      }, cookie);
      expect(headerOf(answer, "set-cookie")[0]).toContain("Expires=Thu, 01 Jan 1970");
      expect(content() === "[]" || content() === "{}").toBe(isBack);
      expect(heard.map((text) => text.split(":")[0])).toEqual(
        isBack ? ["load"] : ["load", "destroy"],
      );
    }
  });
});

test("a store with a regenerate() of its own is not asked for it", async () => {
  const { app, cookie, calls, down, up } = await outage("async");
  app.watched.store.regenerate = (req: Any, done: Any) => {
    app.watched.store.destroy(req.sessionID, () => (app.watched.store.generate(req), done()));
  };
  down();
  const answer = await app.play(async (req, res) => {
    up();
    await expect(req.session.regenerate()).rejects.toThrow("no route");
    res.end("refused");
  }, cookie);
  expect([answer.body, calls]).toEqual(["refused", []]);
});

test("take() and elevate() take nothing either", async () => {
  const { app, cookie, down } = await outage("async");
  down();
  const answer = await app.play(async (req, res) => {
    await expect(take(req, "cart")).rejects.toThrow("no route");
    await expect(elevate(req)).rejects.toMatchObject({ code: "SESSION_ANONYMOUS" });
    res.end("done");
  }, cookie);
  expect(answer.body).toBe("done");
});

describe("onStoreError as a function", () => {
  test.each([false, true])("decides for each request (async: %s)", async (isLater) => {
    const told: unknown[] = [];
    const { app, cookie, down } = await outage("async", {
      onStoreError(error: Error, req: Any) {
        told.push(error.message.slice(0, 16));
        const outcome = req.url === "/" ? "anonymous" : "fail";
        return isLater ? Promise.resolve(outcome) : outcome;
      },
    });
    down();
    expect((await app.play(who, cookie)).body).toBe('[null,null,["cookie"]]');
    expect((await app.play(who, cookie, { path: "/account" })).status).toBe(500);
    expect(told).toEqual(["no route to host", "no route to host"]);
  });

  test("what it throws is for next()", async () => {
    const { app, cookie, down } = await outage("sync", {
      onStoreError() {
        throw Object.assign(new Error("come back later"), { status: 503 });
      },
    });
    down();
    await app.play(who, cookie);
    expect(app.errors).toMatchObject([{ message: "come back later", status: 503 }]);
  });
});

describe("a store that has said disconnect", () => {
  test("is asked nothing, and its visitors are what the option says", async () => {
    const { app, cookie, calls, heard, down, up } = await outage("async");
    down();
    app.watched.store.emit("disconnect");
    expect((await app.play(who, cookie)).body).toBe('[null,null,["cookie"]]');
    expect([calls, heard]).toEqual([[], ["load: The session store is disconnected"]]);
    app.watched.store.emit("connect");
    up();
    expect((await app.play(who, cookie)).body).toContain("ada");

    const failing = await outage("async", { onStoreError: "fail" });
    failing.app.watched.store.emit("disconnect");
    const refused = await failing.app.play(who, failing.cookie);
    expect([refused.status, refused.body]).toEqual([500, "The session store is disconnected"]);
  });

  test("leaves requests without a session where nothing is said, as express-session", async () => {
    for (const library of [theirs, ours]) {
      const app = makeApp({ library });
      const { cookie } = await app.play(write);
      app.watched.store.emit("disconnect");
      app.verbs();
      expect((await app.play(tell, cookie)).body).toBe("null");
      expect(app.verbs()).toEqual([]);
    }
  });
});

test("what is no session is no failure of the store: an error as in express-session", async () => {
  for (const kind of ["async", "sync"] as const) {
    const app = makeApp({ library: ours, kind, options: { onStoreError: "anonymous" } });
    const { cookie } = await app.play(write);
    const get = app.watched.store.get;
    app.watched.store.get = (_id: string, done: Any) => setImmediate(done, null, { n: 1 });
    const answer = await app.play(tell, cookie);
    expect([answer.status, app.errors[0]]).toEqual([500, expect.any(TypeError)]);
    app.watched.store.get = get;
    expect((await app.play(tell, cookie)).body).toContain('"n":1');
  }
});

test("anything but the two words and a function is refused at construction", () => {
  const { session } = ours;
  for (const onStoreError of ["hush", 5, {}]) {
    const make = () => session({ secret: "keyboard cat", onStoreError } as Any);
    expect(make).toThrow('Option "onStoreError" must be "fail", "anonymous" or a function');
  }
});
