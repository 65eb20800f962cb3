/** The Express entry says why no cookie was sent, and what else keeps sessions from working: once. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Handler, makeApp, useDriver, write } from "./support/app.ts";
import { type Any, ours } from "./support/libraries.ts";
import { sentencesOf } from "../readme/promised.ts";
import { watchWarnings } from "../web/warned.ts";

useDriver();
const { said } = watchWarnings();

type Options = Record<string, Any>;
type Case = (options: Options) => Promise<unknown>;

/** The events that the middlewares of `appOf()` have a listener of. */
const listened = new Set<string>();
const heard: string[] = [];
function appOf(options: Options) {
  const app = makeApp({ library: ours, options });
  for (const name of listened) {
    app.middleware.on(name, ({ reason }: Any) => heard.push(`${name} ${reason}`));
  }
  return app;
}
afterEach(() => {
  listened.clear();
  heard.length = 0;
});

const visit = (
  options: Options,
  { handler = write, ...call }: { handler?: Handler; path?: string; headers?: Any } = {},
) => appOf(options).play(handler, undefined, call);
const made = (options: Options) => {
  return Promise.resolve(ours.session({ secret: "keyboard cat", resave: false, ...options }));
};

const CASES: Record<string, [Case, heading: string]> = {
  "a Secure cookie over plain http": [
    (options) => visit({ cookie: { secure: true }, ...options }),
    "A Secure cookie over plain http",
  ],
  "a proxy that is not trusted": [
    (options) =>
      visit({ cookie: { secure: true }, ...options }, {
        headers: { "x-forwarded-proto": "https" },
      }),
    "A proxy that is not trusted",
  ],
  "a page that cookie.path does not cover": [
    (options) =>
      visit({ cookie: { path: "/app" }, ...options }, {
        path: "/login",
        handler: (_req, res) => res.end(),
      }),
    "A page that cookie.path does not cover",
  ],
  "headers that had left": [
    (options) =>
      visit(options, {
        handler: (req, res) => {
          res.write("begun");
          req.session.n = 1;
          res.end();
        },
      }),
    "Headers that had left",
  ],
  "a login when the headers had left": [
    async (options) => {
      const app = appOf(options);
      const { cookie } = await app.play(write);
      await app.play(async (req, res) => {
        res.write("begun");
        await ours.session.login(req, "ada");
        res.end();
      }, cookie);
    },
    "Headers that had left",
  ],
  "a login when the response had ended": [
    async (options) => {
      const app = appOf(options);
      const { cookie } = await app.play(write);
      let done: Promise<void> | undefined;
      await app.play((req, res) => {
        res.end();
        done = ours.session.login(req, "ada");
      }, cookie);
      await done;
    },
    "Headers that had left",
  ],
  "a new session that is saved when the response had ended": [
    async (options) => {
      let done: Promise<void> | undefined;
      await visit(options, {
        handler: (req, res) => {
          res.end();
          req.session.n = 1;
          done = req.session.save();
        },
      });
      await done;
    },
    "Headers that had left",
  ],
  "a write after the response": [
    async (options) => {
      const app = appOf(options);
      await app.play((req, res) => {
        req.session.n = 1;
        res.end("done", () => void (req.session.late = 1));
      });
      await app.play((_req, res) => res.end());
    },
    "A write after the response",
  ],
  "a first write after the response": [
    async (options) => {
      const app = appOf(options);
      await app.play((req, res) => res.end("done", () => void (req.session.late = 1)));
      await app.play((_req, res) => res.end());
    },
    "A write after the response",
  ],
  "SameSite=None without Secure": [
    (options) => made({ saveUninitialized: false, cookie: { sameSite: "none" }, ...options }),
    "A cookie that browsers do not accept",
  ],
  "… by a function of the request": [
    (options) => visit({ cookie: () => ({ sameSite: "none" }), ...options }),
    "A cookie that browsers do not accept",
  ],
  "… made of it by a handler": [
    (options) =>
      visit(options, {
        handler: (req, res) => {
          req.session.n = 1;
          req.session.cookie.sameSite = "none";
          res.end();
        },
      }),
    "A cookie that browsers do not accept",
  ],
  "a cookie that is too large": [
    (options) => made({ saveUninitialized: false, name: "n".repeat(4096), ...options }),
    "A cookie that browsers do not accept",
  ],
  "an option that does not exist": [
    (options) => made({ saveUninitialized: false, maxAge: 1, ttl: 2, ...options }),
    "An option that does not exist",
  ],
  "an attribute that does not exist": [
    (options) =>
      made({ saveUninitialized: false, cookie: { samesite: "lax", maxage: 1 }, ...options }),
    "An option that does not exist",
  ],
  "a timeout in seconds": [
    (options) => made({ saveUninitialized: false, absoluteTimeout: 86_400, ...options }),
    "A time in seconds",
  ],
  "two times in seconds": [
    (options) =>
      made({
        saveUninitialized: false,
        idleTimeout: 1800,
        cookie: { maxAge: 3600 },
        ...options,
      }),
    "A time in seconds",
  ],
  "a lifetime in seconds": [
    (options) => made({ saveUninitialized: false, cookie: { maxAge: 3600 }, ...options }),
    "A time in seconds",
  ],
  "an id that no cookie can prove": [
    (options) => visit({ genid: () => "a/b", ...options }),
    "An id of your own that no cookie can prove",
  ],
};

const promised = sentencesOf("Express");
const printed = new Set<string>();

CASES["a next() that throws"] = [
  async (options) => {
    const store = Object.assign(new ours.session.Store(), {
      get: (_id: string, done: Any) => done(),
      set: (_id: string, _session: unknown, done: Any) => done(new Error("the disk is full")),
      destroy: (_id: string, done: Any) => done(),
    });
    const sessions = ours.session({
      ...{ secret: "keyboard cat", resave: false, saveUninitialized: true, store },
      ...options,
    });
    let hand = () => {};
    const handed = new Promise<void>((resolve) => (hand = resolve));
    const server = createServer((req, res) => {
      sessions(req as Any, res as Any, (error: unknown) => {
        if (error === undefined) return void res.end("done");
        hand();
        throw new Error("nobody is there");
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)).text();
    await handed;
    await new Promise((done) => server.close(done));
  },
  "A next() that throws",
];

/** Where an event tells the same; of the others no listener hears. */
const EVENT_OF: Record<string, string> = {
  "a Secure cookie over plain http": "blocked insecure",
  "a proxy that is not trusted": "blocked insecure",
  "headers that had left": "blocked headers-sent",
  "a login when the headers had left": "blocked headers-sent",
  "a login when the response had ended": "blocked headers-sent",
  "a new session that is saved when the response had ended": "blocked headers-sent",
  "a write after the response": "discarded committed",
  "a first write after the response": "discarded committed",
};

describe.each(Object.entries(CASES))("%s", (what, [happens, heading]) => {
  test("is told as the page promises, once", async () => {
    await happens({});
    const [sentence = ""] = await said();
    expect(promised.get(heading)).toContain(sentence);
    printed.add(sentence);
    await happens({});
    expect(await said()).toHaveLength(1);
  });

  test("… and by nobody who said `warn: false`", async () => {
    await happens({ warn: false });
    expect(await said()).toEqual([]);
  });

  test("a listener is told in the console's place, where an event is emitted, and only there", async () => {
    listened.add("blocked").add("discarded");
    await happens({});
    const event = EVENT_OF[what];
    expect(await said()).toHaveLength(event === undefined ? 1 : 0);
    if (event !== undefined) expect(new Set(heard)).toEqual(new Set([event]));
  });
});

test("who listens to `blocked` hears that, and nothing is told", async () => {
  const app = makeApp({ library: ours, options: { cookie: { secure: true } } });
  const heard: string[] = [];
  app.middleware.on("blocked", ({ reason }: Any) => heard.push(reason));
  await app.play(write);
  expect([heard, await said()]).toEqual([["insecure"], []]);
});

test("a channel that nobody has subscribed to hears nothing", async () => {
  const app = makeApp({ library: ours, options: { cookie: { secure: true } } });
  const channel = { hasSubscribers: true, publish: () => {} };
  ours.session.publishTo(channel, app.middleware);
  await app.play(write);
  expect(await said()).toEqual([]);
  channel.hasSubscribers = false;
  await app.play(write);
  expect(await said()).toHaveLength(1);
});

test("a write while the store has not answered is late", async () => {
  listened.add("discarded");
  const store = Object.assign(new ours.session.Store(), {
    get: (_id: string, done: Any) => done(),
    set: (_id: string, _session: unknown, done: Any) => void (answer = done, asked()),
    destroy: (_id: string, done: Any) => done(),
  });
  let answer = (): void => {};
  let asked = (): void => {};
  const isAsked = new Promise<void>((resolve) => (asked = resolve));
  const app = appOf({ store });
  let written: Any;
  const played = app.play((req, res) => {
    written = req.session;
    written.n = 1;
    res.end("done");
  });
  await isAsked;
  written.late = 1;
  answer();
  await played;
  for (let i = 0; i < 2; i++) await app.play((_req, res) => res.end());
  expect(heard).toEqual(["discarded committed"]);
});

test("a session that is destroyed after its response was not written to too late", async () => {
  listened.add("discarded");
  const app = appOf({});
  let session: Any;
  await app.play((req, res) => (session = req.session, session.n = 1, res.end()));
  await new Promise((done) => session.destroy(done));
  for (let i = 0; i < 2; i++) await app.play((_req, res) => res.end());
  expect([heard, await said()]).toEqual([[], []]);
});

test("what is as it should be is not talked about", async () => {
  const app = makeApp({
    library: ours,
    options: { cookie: { maxAge: 60_000 }, idleTimeout: 60_000, schema: undefined },
  });
  const { cookie } = await app.play(write);
  let saved: Promise<unknown> | undefined;
  await app.play((req, res) => {
    res.end("done", () => {
      req.session.late = 1;
      saved = req.session.save();
    });
  }, cookie);
  await saved;
  await app.play((req, res) => (req.session.n = 2, res.end()), cookie);
  await app.play(async (req, res) => (await ours.session.login(req, "ada"), res.end()), cookie);
  await app.play((_req, res) => res.end(), cookie);
  await app.play((_req, res) => res.end());
  expect(await said()).toEqual([]);
});

test.each(["login", "regenerate"])(
  "one key to keep, not in an array, is refused: %s",
  async (way) => {
    const app = makeApp({ library: ours });
    const { cookie } = await app.play(write);
    await app.play(async (req) => {
      if (way === "login") await ours.session.login(req, "ada", { keep: "cart" });
      else await req.session.regenerate({ keep: "cart" });
    }, cookie);
    expect(app.errors.map(({ message }) => message)).toEqual([
      '"keep" must be true, false or an array of keys, as ["cart"], not a value of type string',
    ]);
  },
);

test.each<[string, (req: Any, sessions: Any) => Promise<unknown>]>([
  ["kep", (req) => ours.session.login(req, "ada", { kep: true })],
  ["clear", (req) => ours.session.logout(req, { clear: true })],
  ["exept", (_, sessions) => sessions.revokeAll("ada", { exept: "handle" })],
  ["curent", (req, sessions) => sessions.list("ada", { curent: req })],
])("the option %s of a function for the session is refused", async (name, call) => {
  const app = makeApp({ library: ours });
  let error: unknown;
  await app.play(async (req, res) => {
    await call(req, app.middleware).catch((refusal) => (error = refusal));
    res.end();
  });
  expect(error).toEqual(new TypeError(`There is no option "${name}"`));
});

describe("in production", () => {
  const inProduction = async (act: (session: Any) => void): Promise<string[]> => {
    vi.stubEnv("NODE_ENV", "production");
    vi.resetModules();
    try {
      const { default: session } = await import("../../src/express/mod.ts");
      act(session);
      return await said();
    } finally {
      vi.unstubAllEnvs();
      vi.resetModules();
    }
  };
  const plain = { resave: false, saveUninitialized: false };
  const long = "x".repeat(32);

  test("the memory of the process is told of", async () => {
    const lines = await inProduction((session) => session({ secret: long, ...plain }));
    expect(lines).toEqual(promised.get("Memory, in production"));
    printed.add(lines[0]!);
  });

  test("… and a short secret", async () => {
    const lines = await inProduction((session) => {
      const store = Object.assign(new session.Store(), { get() {}, set() {}, destroy() {} });
      session({ secret: [long, "keyboard cat"], store, ...plain });
    });
    expect(lines).toEqual(promised.get("A secret that can be guessed"));
    printed.add(lines[0]!);
  });
});

test("everything that the page promises of Express was printed here", () => {
  expect([...printed].sort()).toEqual([...promised.values()].flat().sort());
});
