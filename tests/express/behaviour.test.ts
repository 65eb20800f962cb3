/** What applications rely on, told as stories, on both libraries. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { type Handler, idle, makeApp, tell, told, useDriver, write } from "./support/app.ts";
import { headerOf } from "./support/drive.ts";
import { type Any, express4, express5, ours, signed, theirs } from "./support/libraries.ts";

useDriver();

describe.each([["express-session", theirs], ["websession", ours]])("%s", (_name, library) => {
  test("does nothing where there is a session already", async () => {
    const session = { mine: true };
    const app = makeApp({
      library,
      before: (req, _res, next) => ((req.session = session), next()),
    });
    const answer = await app.play((req, res) =>
      res.end(String([req.session === session, req.sessionStore]))
    );
    expect(answer.body).toBe("true,");
    expect(answer.cookie).toBeUndefined();
  });

  test("a session lives on from request to request, under one id", async () => {
    const app = makeApp({ library });
    const first = await app.play(write);
    expect(first.body).toBe("1");
    expect((await app.play(write, first.cookie)).body).toBe("2");
    expect((await app.play(write)).body).toBe("1");
    expect(Object.keys(app.watched.content())).toHaveLength(2);
  });

  test("an expired session is a new one, with a new id", async () => {
    const app = makeApp({ library, kind: "memory", options: { cookie: { maxAge: 5 } } });
    const { cookie } = await app.play(write);
    await new Promise((resolve) => setTimeout(resolve, 10));
    const answer = await app.play(write, cookie);
    expect(answer.body).toBe("1");
    expect(answer.cookie).not.toBe(cookie);
  });

  test("names: name, key, and the default", async () => {
    for (
      const [options, name] of [[{}, "connect.sid"], [{ name: "a" }, "a"], [{ key: "b" }, "b"], [{
        name: "a",
        key: "b",
      }, "a"]] as const
    ) {
      const app = makeApp({ library, options: { ...options } });
      expect(headerOf(await app.play(write), "set-cookie")[0]).toMatch(new RegExp(`^${name}=`));
    }
  });

  test("genid gets the request", async () => {
    const app = makeApp({ library, options: { genid: (req: Any) => `at-${req.url.slice(1)}` } });
    expect((await app.play(write, undefined, { path: "/here" })).cookie).toBe(signed("at-here"));
  });

  test("default ids are 32 url-safe characters", async () => {
    const app = makeApp({ library });
    const answer = await app.play((req, res) => ((req.session.a = 1), res.end(req.sessionID)));
    expect(answer.body).toMatch(/^[\w-]{32}$/);
  });

  test("an empty url is the root", async () => {
    const app = makeApp({ library, before: (req, _res, next) => ((req.url = ""), next()) });
    expect((await app.play(write)).cookie).toBeDefined();
  });

  test("originalUrl decides about the path, where a router cut the url", async () => {
    const app = makeApp({
      library,
      options: { cookie: { path: "/admin" } },
      before: (req, _res, next) => ((req.originalUrl = req.url), (req.url = "/"), next()),
    });
    expect((await app.play(write, undefined, { path: "/admin/x" })).cookie).toBeDefined();
    expect((await app.play(tell, undefined, { path: "/other" })).body).toBe("null");
  });

  test("a function cookie option is given the request, for each new session", async () => {
    const app = makeApp({
      library,
      options: {
        cookie: (req: Any) => ({ path: "/", maxAge: req.url === "/long" ? 9_000_000 : 1000 }),
      },
    });
    const expiry = (answer: Any) =>
      Date.parse(/Expires=([^;]*)/.exec(headerOf(answer, "set-cookie")[0]!)![1]!);
    expect(expiry(await app.play(write))).toBeLessThan(Date.now() + 3000);
    expect(expiry(await app.play(write, undefined, { path: "/long" }))).toBeGreaterThan(
      Date.now() + 8_000_000,
    );
  });

  describe("secrets", () => {
    test("of several, the first signs and each verifies", async () => {
      const app = makeApp({ library, options: { secret: ["new", "old"], genid: () => "an-id" } });
      expect((await app.play(write)).cookie).toBe(signed("an-id", "new"));
      expect((await app.play(write, signed("an-id", "old"))).body).toBe("2");
      expect((await app.play(write, signed("an-id", "older"))).body).toBe("1");
    });

    test("an array is read at each request: keys come and go at run time", async () => {
      const secret = ["one"];
      const app = makeApp({ library, options: { secret, genid: () => "an-id" } });
      await app.play(write);
      secret.unshift("two");
      expect((await app.play(write, signed("an-id", "one"))).body).toBe("2");
      secret.pop();
      expect((await app.play(tell, signed("an-id", "one"))).body).not.toContain('"n"');
      expect((await app.play(write, signed("an-id", "two"))).body).toBe("3");
    });

    test("req.secret serves where no secret is given", async () => {
      const app = makeApp({
        library,
        options: { secret: undefined, genid: () => "an-id" },
        before: (req, _res, next) => ((req.secret = "from before"), next()),
      });
      expect((await app.play(write)).cookie).toBe(signed("an-id", "from before"));
      expect((await app.play(write, signed("an-id", "from before"))).body).toBe("2");
    });
  });

  describe("S30 proxies", () => {
    const secure: [proxy: boolean | undefined, header: string | undefined, isSecure: boolean][] = [
      [true, "https", true],
      [true, "HTTPS , http", true],
      [true, "http, https", false],
      [true, undefined, false],
      [false, "https", false],
      [undefined, "https", false],
    ];
    test.each(secure)("proxy %s, header %s: secure %s", async (proxy, header, isSecure) => {
      const headers: Record<string, string> = header === undefined
        ? {}
        : { "X-Forwarded-Proto": header };
      const app = makeApp({ library, options: { proxy, cookie: { secure: true } } });
      expect((await app.play(write, undefined, { headers })).cookie !== undefined).toBe(isSecure);
      const auto = makeApp({
        library,
        options: { proxy, cookie: { secure: "auto", sameSite: "auto" } },
      });
      const [field] = headerOf(await auto.play(write, undefined, { headers }), "set-cookie");
      expect(field!.includes("; Secure")).toBe(isSecure);
      expect(field).toContain(isSecure ? "SameSite=None" : "SameSite=Lax");
    });

    test.each([["express 4", express4], ["express 5", express5]])(
      "%s: its trust proxy decides where proxy is left out",
      async (_v, express) => {
        for (
          const [trust, proxy, expected] of [[true, undefined, true], [false, undefined, false], [
            true,
            false,
            false,
          ]]
        ) {
          const app = express();
          app.set("trust proxy", trust);
          app.use(
            library.session({
              secret: "s",
              resave: false,
              saveUninitialized: true,
              proxy,
              cookie: { secure: true },
              store: new library.MemoryStore(),
            }),
          );
          app.get("/", (_req: Any, res: Any) => res.end());
          await listening(createServer(app), async (port) => {
            const response = await fetch(`http://127.0.0.1:${port}/`, {
              headers: { "X-Forwarded-Proto": "https" },
            });
            expect(response.headers.has("set-cookie")).toBe(expected);
          });
        }
      },
    );

    test("an encrypted connection is secure, whatever the headers say", async () => {
      const app = makeApp({
        library,
        options: { proxy: false, cookie: { secure: true } },
        before: (
          req,
          _res,
          next,
        ) => (Object.defineProperty(req, "connection", { value: { encrypted: true } }), next()),
      });
      expect((await app.play(write)).cookie).toBeDefined();
    });

    test("a request without a connection is not secure, and no error", async () => {
      const app = makeApp({
        library,
        options: { proxy: false, cookie: { secure: "auto" } },
        before: (
          req,
          _res,
          next,
        ) => (Object.defineProperty(req, "connection", { value: undefined }), next()),
      });
      expect(headerOf(await app.play(write), "set-cookie")[0]).not.toContain("Secure");
    });
  });

  describe("the response", () => {
    const endings: Record<string, [Handler, string]> = {
      "end()": [(_req, res) => res.end(), ""],
      "end(null)": [(_req, res) => res.end(null), ""],
      "end(text)": [(_req, res) => res.end("héllo"), "héllo"],
      "end(text, encoding)": [(_req, res) => res.end("aGk=", "base64"), "hi"],
      "end(bytes)": [(_req, res) => res.end(Buffer.from([0xff, 0, 0x41])), "\xff\0A"],
      "write() and end()": [(_req, res) => (res.write("a"), res.write("b"), res.end()), "ab"],
      "write() and end(text)": [(_req, res) => (res.write("a"), res.end("b")), "ab"],
      "a right Content-Length": [
        (_req, res) => (res.setHeader("Content-Length", 6), res.end("héllo")),
        "héllo",
      ],
      "a Content-Length and one byte": [
        (_req, res) => (res.setHeader("Content-Length", "1"), res.end("x")),
        "x",
      ],
      "a Content-Length and nothing": [
        (_req, res) => (res.setHeader("Content-Length", "0"), res.end()),
        "",
      ],
      "writeHead(status, headers)": [
        (_req, res) => (res.writeHead(201, { "X-A": "1" }), res.end("b")),
        "b",
      ],
    };
    test.each(Object.entries(endings))(
      "%s arrives whole, with the session stored",
      async (_form, [end, body]) => {
        for (const kind of ["async", "sync", "memory"] as const) {
          const app = makeApp({ library, kind });
          const answer = await app.play((req, res, next) => {
            req.session.a = 1;
            end(req, res, next);
          });
          const expected = body === "héllo" ? Buffer.from(body).toString("latin1") : body;
          expect([answer.body, answer.broken, answer.cookie !== undefined], kind).toEqual([
            expected,
            undefined,
            true,
          ]);
          expect((await app.play(tell, answer.cookie)).body).toContain('"a":1');
        }
      },
    );

    test("a second end() is false and does nothing", async () => {
      const app = makeApp({ library });
      let second: unknown;
      const answer = await app.play((req, res) => {
        req.session.a = 1;
        res.end("first");
        second = res.end("second");
      });
      expect([answer.body, second]).toEqual(["first", false]);
      expect(app.verbs()).toEqual(["set"]);
    });

    test("other cookies stay: one, several, given to writeHead, and set after us", async () => {
      const forms: Handler[] = [
        (_req, res) => res.setHeader("Set-Cookie", "own=1"),
        (_req, res) => res.setHeader("Set-Cookie", ["own=1", "two=2"]),
        (_req, res) => res.writeHead(200, { "Set-Cookie": "own=1" }),
        (_req, res) => res.writeHead(200, "OK", { "set-cookie": ["own=1", "two=2"] }),
        (_req, res) => res.writeHead(200, [["Set-Cookie", "own=1"], ["Set-Cookie", "two=2"]]),
      ];
      for (const [index, form] of forms.entries()) {
        const app = makeApp({ library });
        const answer = await app.play((req, res, next) => {
          req.session.a = 1;
          form(req, res, next);
          res.end();
        });
        const fields = headerOf(answer, "set-cookie");
        // A list of pairs: the later of two equal names wins in theirs, both stay in ours.
        const own = fields.filter((text) => /^(own|two)=/.test(text)).length;
        expect(own, `form ${index}`).toBe(
          index % 2 === 0 && (index !== 4 || library === theirs) ? 1 : 2,
        );
        expect(fields.filter((text) => text.startsWith("connect.sid=")), `form ${index}`)
          .toHaveLength(1);
      }
    });

    test("write() and end() patched before and after it are called as by hand", async () => {
      const patch = (log: string[], name: string) => (res: Any) => {
        const { write, end } = res;
        res.write = function (...args: Any[]) {
          log.push(`${name} write`);
          return write.apply(this, args);
        };
        res.end = function (...args: Any[]) {
          log.push(`${name} end`);
          return end.apply(this, args);
        };
      };
      const log: string[] = [];
      const app = makeApp({
        library,
        before: (_req, res, next) => (patch(log, "outer")(res), next()),
      });
      const answer = await app.play((req, res) => {
        patch(log, "inner")(res);
        req.session.a = 1;
        res.end("body");
      });
      expect(answer.body).toBe("body");
      expect(log.filter((text) => text === "inner end")).toHaveLength(1);
      expect(log.filter((text) => text === "outer end")).toHaveLength(1);
    });

    test("an invalid cookie is told to next(), and the page is sent", async () => {
      const app = makeApp({ library });
      const answer = await app.play((req, res) => {
        req.session.a = 1;
        req.session.cookie.expires = new Date(NaN);
        res.end("page");
      });
      expect([answer.status, answer.body, answer.cookie]).toEqual([200, "page", undefined]);
      expect(app.errors[0]!.message).toMatch(/^option expires is invalid/);
    });

    test("a visitor who left early: the session is stored when the handler ends", async () => {
      const app = makeApp({ library });
      let finish!: () => void;
      const finished = new Promise<void>((resolve) => finish = resolve);
      const answer = await app.play(async (req, res) => {
        req.socket.destroy();
        await new Promise(setImmediate);
        req.session.a = 1;
        res.end("for nobody");
        finish();
      });
      await finished;
      expect(answer.broken).toBeDefined();
      expect(app.verbs()).toEqual(["set"]);
    });
  });

  describe("a response of a socket wrapper", () => {
    const run = (res: Any) => {
      const store = new library.MemoryStore();
      const middleware = library.session({
        secret: "s",
        resave: false,
        saveUninitialized: false,
        store,
      });
      const req = { headers: {}, url: "/" } as Any;
      return new Promise<Any>((resolve, reject) =>
        middleware(req, res, (error: unknown) => error ? reject(error) : resolve(req))
      );
    };
    test("that is {}", async () => {
      expect((await run({})).session).toBeDefined();
    });
    test("that has end() alone", async () => {
      let ended = 0;
      const res = { end: () => ended++ } as Any;
      await run(res);
      res.end();
      expect(ended).toBe(1);
    });
    test("that is engine.io's: the cookie is there when writeHead is called", async () => {
      const fields: Record<string, Any> = {};
      let atHead: unknown;
      const res = {
        setHeader: (name: string, value: Any) => fields[name.toLowerCase()] = value,
        getHeader: (name: string) => fields[name.toLowerCase()],
        removeHeader: (name: string) => delete fields[name.toLowerCase()],
        write() {},
        writeHead() {
          atHead = fields["set-cookie"];
        },
        end() {},
      } as Any;
      const req = await run(res);
      req.session.a = 1;
      res.writeHead(200);
      expect(String(atHead)).toContain("connect.sid=");
    });
  });

  describe("the session object", () => {
    test("only data are enumerable, and for..in sees no method", async () => {
      const app = makeApp({ library });
      const answer = await app.play((req, res) => {
        req.session.a = 1;
        const seen = [];
        for (const key in req.session) seen.push(key);
        res.end(seen.sort().join());
      });
      expect(answer.body).toBe("a,cookie");
    });

    test("regenerate: a new id, no data, the old session gone", async () => {
      const app = makeApp({ library });
      const { cookie } = await app.play(write);
      const answer = await app.play(async (req, res) => {
        const old = req.sessionID;
        await told((done) => req.session.regenerate(done));
        res.end(String([old !== req.sessionID, req.session.id === req.sessionID, req.session.n]));
      }, cookie);
      expect(answer.body).toBe("true,true,");
      expect(answer.cookie).not.toBe(cookie);
      expect(Object.keys(app.watched.content())).toHaveLength(1);
      expect((await app.play(tell, cookie)).body).not.toContain('"n"');
    });

    test("reload: what the store has, and what was changed since is dropped", async () => {
      const app = makeApp({ library });
      const { cookie } = await app.play(write);
      const answer = await app.play(async (req, res) => {
        req.session.n = 99;
        await told((done) => req.session.reload(done));
        res.end(String(req.session.n));
      }, cookie);
      expect(answer.body).toBe("1");
      app.verbs();
      await app.play(idle, cookie);
      expect(app.verbs()).toEqual(["get", "touch"]);
    });

    test("destroy: no session, no cookie, nothing stored", async () => {
      const app = makeApp({ library });
      const { cookie } = await app.play(write);
      const answer = await app.play(async (req, res) => {
        await told((done) => req.session.destroy(done));
        res.end(String(req.session));
      }, cookie);
      expect([answer.body, answer.cookie]).toEqual(["undefined", undefined]);
      expect(app.watched.content()).toEqual({});
    });

    test("a nested change counts, and so does a removal; the same value again does not", async () => {
      const app = makeApp({ library });
      const { cookie } = await app.play((req, res) => ((req.session.nest = { a: 1 }), res.end()));
      const changes: [Handler, string][] = [
        [(req) => req.session.nest.a = 1, "touch"],
        [(req) => req.session.nest.a = 2, "set"],
        [(req) => req.session.nest.cookie = 1, "set"],
        [(req) => delete req.session.nest, "set"],
        [(req) => req.session.hidden = undefined, "touch"],
        [(req) => req.session.cookie.own = 1, "touch"],
      ];
      for (const [change, verb] of changes) {
        app.verbs();
        await app.play((req, res, next) => (change(req, res, next), res.end()), cookie);
        expect(app.verbs(), String(change)).toEqual(["get", verb]);
      }
    });

    test("a bogus req.sessionID stores nothing and sends nothing", async () => {
      for (const bogus of [undefined, 42, () => {}, {}]) {
        const app = makeApp({ library });
        const answer = await app.play((req, res) => {
          req.session.a = 1;
          req.sessionID = bogus;
          res.end("page");
        });
        expect([answer.body, answer.cookie, app.verbs()]).toEqual(["page", undefined, []]);
      }
    });

    test("a longer life by cookie.maxAge is sent and stored", async () => {
      const app = makeApp({ library, options: { rolling: true, cookie: { maxAge: 1000 } } });
      const { cookie } = await app.play(write);
      const answer = await app.play(
        (req, res) => ((req.session.cookie.maxAge = 9_000_000), res.end()),
        cookie,
      );
      const [field] = headerOf(answer, "set-cookie");
      expect(Date.parse(/Expires=([^;]*)/.exec(field!)![1]!)).toBeGreaterThan(
        Date.now() + 8_000_000,
      );
      const [text] = Object.values(app.watched.content());
      expect(JSON.parse(text!).cookie.originalMaxAge).toBeGreaterThan(8_999_000);
    });

    test("cookie.expires = false makes a cookie that ends with the browser", async () => {
      for (const kind of ["async", "memory"] as const) {
        const app = makeApp({ library, kind, options: { cookie: { maxAge: 1000 } } });
        const { cookie } = await app.play(write);
        const answer = await app.play((req, res) => {
          req.session.n = 5;
          req.session.cookie.expires = false;
          res.end();
        }, cookie);
        expect(headerOf(answer, "set-cookie")[0], kind).not.toContain("Expires");
        expect((await app.play(write, cookie)).body).toBe("6");
      }
    });

    test("a life that is over removes the cookie from the browser", async () => {
      for (const kind of ["async", "memory"] as const) {
        const app = makeApp({ library, kind, options: { cookie: { maxAge: 60_000 } } });
        const { cookie } = await app.play(write);
        const answer = await app.play((req, res) => {
          req.session.n = 0;
          req.session.cookie.maxAge = -1000;
          res.end();
        }, cookie);
        expect(
          Date.parse(/Expires=([^;]*)/.exec(headerOf(answer, "set-cookie")[0] ?? "")![1]!),
          kind,
        ).toBeLessThan(Date.now());
      }
    });
  });

  test("several middlewares with stores of their own do not disturb each other", async () => {
    const first = makeApp({ library });
    const other = library.session({
      secret: "s",
      name: "other",
      resave: false,
      saveUninitialized: true,
      store: new library.MemoryStore(),
    });
    const answer = await first.play((req, res, next) => {
      const { session } = req;
      other(req, res, (error: unknown) => {
        if (error) return next(error);
        req.session.a = 1;
        res.end(String(req.session === session));
      });
    });
    expect(answer.body).toBe("true");
    expect(headerOf(answer, "set-cookie")).toHaveLength(1);
  });

  test.each([["express 4", express4], ["express 5", express5]])(
    "%s: passport's login and logout",
    async (_version, express) => {
      const app = express();
      app.use(
        library.session({
          secret: "s",
          resave: false,
          saveUninitialized: false,
          store: new library.MemoryStore(),
        }),
      );
      app.get("/login", (req: Any, res: Any, next: Any) => {
        const before = req.session;
        req.session.regenerate((error: unknown) => {
          if (error) return next(error);
          for (const key in before) if (key !== "cookie") req.session[key] ??= before[key];
          req.session.user = "anna";
          req.session.save((failed: unknown) => failed ? next(failed) : res.redirect("/me"));
        });
      });
      app.get("/me", (req: Any, res: Any) => res.json(req.session.user ?? null));
      app.get("/logout", (req: Any, res: Any, next: Any) => {
        req.session.user = null;
        req.session.save(() =>
          req.session.regenerate((error: unknown) => error ? next(error) : res.json("out"))
        );
      });
      await listening(createServer(app), async (port) => {
        const ask = (path: string, cookie = "") =>
          fetch(`http://127.0.0.1:${port}${path}`, { headers: { cookie }, redirect: "manual" });
        const login = await ask("/login");
        expect(login.status).toBe(302);
        const cookie = login.headers.get("set-cookie")!.split(";")[0]!;
        expect(await (await ask("/me", cookie)).json()).toBe("anna");
        await ask("/logout", cookie);
        expect(await (await ask("/me", cookie)).json()).toBeNull();
      });
    },
  );
});

async function listening(server: Server, use: (port: number) => Promise<void>): Promise<void> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  try {
    await use((server.address() as AddressInfo).port);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

test("interop: a session of one library goes on under the other, and back", async () => {
  const their = makeApp({ library: theirs, options: { cookie: { maxAge: 60_000 } } });
  const our = makeApp({
    library: ours,
    options: { cookie: { maxAge: 60_000 }, store: their.watched.store },
  });
  let { cookie } = await their.play(write);
  for (const [turn, app] of [our, their, our, our, their].entries()) {
    const answer = await app.play(write, cookie);
    expect(answer.body).toBe(String(turn + 2));
    expect(answer.cookie).toBe(cookie);
    cookie = answer.cookie;
  }
});
