/** The Express entry says why no cookie was sent, and what else keeps sessions from working: once. */
import { describe, expect, test, vi } from "vitest";
import { type Handler, makeApp, useDriver, write } from "./support/app.ts";
import { type Any, ours } from "./support/libraries.ts";
import { watchWarnings } from "../web/warned.ts";

useDriver();
const { said } = watchWarnings();

type Options = Record<string, Any>;
type Case = (options: Options) => Promise<unknown>;

const visit = (
  options: Options,
  { handler = write, ...call }: { handler?: Handler; path?: string; headers?: Any } = {},
) => makeApp({ library: ours, options }).play(handler, undefined, call);
const made = (options: Options) => {
  return Promise.resolve(ours.session({ secret: "keyboard cat", resave: false, ...options }));
};

const CASES: Record<string, [Case, RegExp]> = {
  "a Secure cookie over plain http": [
    (options) => visit({ cookie: { secure: true }, ...options }),
    /^no session cookie was sent: cookie\.secure is true, .* plain http\..*app\.set\("trust proxy", 1\).*secure: "auto"/,
  ],
  "a proxy that is not trusted": [
    (options) =>
      visit({ cookie: { secure: true }, ...options }, {
        headers: { "x-forwarded-proto": "https" },
      }),
    /^no session cookie was sent: .*X-Forwarded-Proto.*app\.set\("trust proxy", 1\)/,
  ],
  "a page that cookie.path does not cover": [
    (options) =>
      visit({ cookie: { path: "/app" }, ...options }, {
        path: "/login",
        handler: (_req, res) => res.end(),
      }),
    /^this page has no req\.session: the option "cookie\.path" does not cover it/,
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
    /^a new session was not stored: the headers had left without its cookie/,
  ],
  "a write after the response": [
    async (options) => {
      const app = makeApp({ library: ours, options });
      await app.play((req, res) => {
        req.session.n = 1;
        res.end("done", () => void (req.session.late = 1));
      });
      await app.play((_req, res) => res.end());
    },
    /^a session was changed after its response had ended.*req\.session\.save\(\)/,
  ],
  "a first write after the response": [
    async (options) => {
      const app = makeApp({ library: ours, options });
      await app.play((req, res) => res.end("done", () => void (req.session.late = 1)));
      await app.play((_req, res) => res.end());
    },
    /^a session was changed after its response had ended/,
  ],
  "SameSite=None without Secure": [
    (options) => made({ saveUninitialized: false, cookie: { sameSite: "none" }, ...options }),
    /^browsers will not accept this session cookie: .*"none" needs "secure"/,
  ],
  "… by a function of the request": [
    (options) => visit({ cookie: () => ({ sameSite: "none" }), ...options }),
    /^browsers will not accept this session cookie: .*"none" needs "secure"/,
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
    /^browsers will not accept this session cookie: .*"none" needs "secure"/,
  ],
  "a cookie that is too large": [
    (options) => made({ saveUninitialized: false, name: "n".repeat(4096), ...options }),
    /^browsers will not accept this session cookie: .*4096 bytes/,
  ],
  "an option that does not exist": [
    (options) => made({ saveUninitialized: false, maxAge: 1, ttl: 2, ...options }),
    /^session\(\) does nothing with the option "maxAge", "ttl"$/,
  ],
  "a timeout in seconds": [
    (options) => made({ saveUninitialized: false, absoluteTimeout: 86_400, ...options }),
    /^absoluteTimeout: 86400 are milliseconds/,
  ],
  "a lifetime in seconds": [
    (options) => made({ saveUninitialized: false, cookie: { maxAge: 3600 }, ...options }),
    /^cookie\.maxAge: 3600 are milliseconds/,
  ],
  "an id that no cookie can prove": [
    (options) => visit({ genid: () => "a/b", ...options }),
    /^genid option returned an id that no cookie can prove later/,
  ],
};

describe.each(Object.entries(CASES))("%s", (_what, [happens, sentence]) => {
  test("is told, once", async () => {
    await happens({});
    expect(await said()).toEqual([expect.stringMatching(sentence)]);
    await happens({});
    expect(await said()).toHaveLength(1);
  });

  test("… and by nobody who said `warn: false`", async () => {
    await happens({ warn: false });
    expect(await said()).toEqual([]);
  });
});

test("who listens to `blocked` hears that, and nothing is told", async () => {
  const app = makeApp({ library: ours, options: { cookie: { secure: true } } });
  const heard: string[] = [];
  app.middleware.on("blocked", ({ reason }: Any) => heard.push(reason));
  await app.play(write);
  expect([heard, await said()]).toEqual([["insecure"], []]);
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
    expect(lines).toEqual([
      expect.stringMatching(/^the session MemoryStore is not meant for prod/),
    ]);
  });

  test("… and a short secret", async () => {
    const lines = await inProduction((session) => {
      const store = Object.assign(new session.Store(), { get() {}, set() {}, destroy() {} });
      session({ secret: [long, "keyboard cat"], store, ...plain });
    });
    expect(lines).toEqual([
      expect.stringMatching(/^the session secret has fewer than 32 bytes.*openssl rand -hex 32/),
    ]);
  });
});
