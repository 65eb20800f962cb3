/** Where ours differs from express-session on purpose: what it does, and what ours does instead. */
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { describe, expect, test } from "vitest";
import { type Handler, idle, makeApp, tell, told, useDriver, write } from "./support/app.ts";
import { cookieOf } from "./support/drive.ts";
import { type Any, type Library, ours, signed, theirs } from "./support/libraries.ts";
import { makeStore } from "./support/stores.ts";

useDriver();

const both = async (
  run: (library: Library) => Promise<unknown>,
) => [await run(theirs), await run(ours)];

/** Two requests of one browser, the second inside the first. */
async function crossed(
  library: Library,
  slow: Handler,
  fast: Handler,
  options = {},
): Promise<unknown> {
  const store = makeStore("async", library).store;
  const make = () =>
    library.session({
      secret: "keyboard cat",
      resave: false,
      saveUninitialized: false,
      store,
      ...options,
    });
  const middleware = make();
  const run = (cookie: string | undefined, handler: Handler) =>
    new Promise<string | undefined>((resolve, reject) => {
      const server = createServer((req, res) => {
        middleware(
          req,
          res,
          (error: unknown) => error ? reject(error) : void handler(req, res, reject),
        );
      }).listen(0, "127.0.0.1", async () => {
        const { port } = server.address() as AddressInfo;
        const headers: Record<string, string> = cookie === undefined
          ? {}
          : { cookie: `connect.sid=${cookie}` };
        const response = await fetch(`http://127.0.0.1:${port}/`, { headers });
        await response.text();
        server.close();
        server.closeAllConnections();
        resolve(/connect\.sid=([^;]*)/.exec(response.headers.get("set-cookie") ?? "")?.[1]);
      });
    });
  const cookie = await run(undefined, (req, res) => {
    req.session.user = "anna";
    res.end();
  });
  await run(cookie, async (req, res) => {
    await run(cookie, fast);
    await slow(req, res, undefined);
  });
  let found: unknown;
  await run(cookie, (req, res) => {
    found = { ...req.session, cookie: undefined };
    res.end();
  });
  return found;
}

const logout: Handler = async (req, res) => {
  await told((done) => req.session.destroy(done));
  res.end();
};

test("S43 a logout stays, though a slower request wrote", async () => {
  const slow: Handler = (req, res) => {
    req.session.late = 1;
    res.end();
  };
  const [bug, better] = await both((library) => crossed(library, slow, logout));
  expect(bug).toMatchObject({ user: "anna", late: 1 });
  expect(better).toEqual({ cookie: undefined });
});

test("S44 a logout stays, though a slower request is resaved", async () => {
  const [bug, better] = await both((library) => crossed(library, idle, logout, { resave: true }));
  expect(bug).toMatchObject({ user: "anna" });
  expect(better).toEqual({ cookie: undefined });
});

test("S65 writers of different keys keep each other's", async () => {
  const writes = (key: string): Handler => (req, res) => {
    req.session[key] = 1;
    res.end();
  };
  const [bug, better] = await both((library) => crossed(library, writes("a"), writes("b")));
  expect(bug).not.toHaveProperty("b");
  expect(better).toMatchObject({ user: "anna", a: 1, b: 1 });
});

describe("without a callback", () => {
  test.each(["regenerate", "reload", "save", "destroy"])(
    "%s() returns a promise",
    async (method) => {
      const app = makeApp({ library: ours });
      const { cookie } = await app.play(write);
      const answer = await app.play(async (req, res) => {
        const returned = req.session[method]();
        const isPromise = returned instanceof Promise;
        await returned;
        res.end(String(isPromise));
      }, cookie);
      expect(answer.body).toBe("true");
      expect(app.errors).toEqual([]);
    },
  );

  test("a rejection nobody awaits crashes nothing", async () => {
    const unhandled: unknown[] = [];
    const listener = (error: unknown) => unhandled.push(error);
    process.on("unhandledRejection", listener);
    for (const kind of ["failing-set", "failing-destroy", "failing-get"] as const) {
      const app = makeApp({ library: ours, kind });
      await app.play((req, res) => {
        req.session.a = 1;
        for (let time = 0; time < 3; time++) {
          void req.session.save();
          void req.session.reload();
        }
        const { session } = req;
        void session.regenerate();
        void session.destroy();
        void session.destroy();
        res.end();
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off("unhandledRejection", listener);
    expect(unhandled).toEqual([]);
  });
});

describe("res.end()", () => {
  const ends: Record<string, (res: Any, done: () => void) => void> = {
    "end(callback)": (res, done) => res.end(done),
    "end(chunk, callback)": (res, done) => res.end("text", done),
    "end(chunk, encoding, callback)": (res, done) => res.end("text", "utf8", done),
  };
  test.each(Object.entries(ends))("%s calls its callback", async (_form, end) => {
    const app = makeApp({ library: ours });
    let called = 0;
    const answer = await app.play((req, res) => {
      req.session.a = 1;
      end(res, () => called++);
    });
    expect(answer).toMatchObject({ status: 200, broken: undefined });
    expect(called).toBe(1);
    expect(app.verbs()).toEqual(["set"]);
  });

  test("express-session drops the callback", async () => {
    const app = makeApp({ library: theirs });
    let called = 0;
    await app.play((req, res) => {
      req.session.a = 1;
      res.end("text", "utf8", () => called++);
    });
    expect(called).toBe(0);
  });

  test("not a byte leaves before the store has answered", async () => {
    const firstBytes = async (library: Library) => {
      let answer!: () => void;
      const isSaving = new Promise<void>((begun) => {
        const store = makeStore("async", library).store;
        store.set = (_id: string, _session: Any, done: () => void) => {
          answer = done;
          begun();
        };
        const middleware = library.session({
          secret: "keyboard cat",
          resave: false,
          saveUninitialized: false,
          store,
        });
        server.on("request", (req: Any, res: Any) => {
          middleware(req, res, () => {
            req.session.a = 1;
            res.writeHead(302, { Location: "/next" });
            res.end("moved");
          });
        });
      });
      let received = "";
      const { port } = server.address() as AddressInfo;
      const socket = connect(port, "127.0.0.1");
      socket.on("data", (chunk) => received += chunk);
      socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      await isSaving;
      // What is on its way arrives: another request on the same machine has gone round twice.
      for (let round = 0; round < 2; round++) {
        await fetch(`http://127.0.0.1:${(probe.address() as AddressInfo).port}/`).then((r) =>
          r.text()
        );
      }
      const early = received;
      answer();
      await new Promise((closed) => socket.once("close", closed));
      server.removeAllListeners("request");
      return { early, received };
    };
    const listen = (server: Any) =>
      new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const server = createServer();
    const probe = createServer((_req, res) => res.end("probe"));
    await Promise.all([listen(server), listen(probe)]);
    const bug = await firstBytes(theirs);
    expect(bug.early).toContain("302 Found");
    const better = await firstBytes(ours);
    expect(better.early).toBe("");
    expect(better.received).toContain("302 Found");
    expect(better.received).toContain("connect.sid=");
    for (const each of [server, probe]) {
      each.close();
      each.closeAllConnections();
    }
  });
});

test("an HTTP/2 server works", async () => {
  const run = async (library: Library) => {
    const { store, log } = makeStore("async", library);
    const middleware = library.session({
      secret: "keyboard cat",
      resave: false,
      saveUninitialized: false,
      store,
    });
    const server = createHttp2Server((req, res) => {
      middleware(req, res, () => {
        (req as Any).session.a = 1;
        try {
          res.end("body");
        } catch (error) {
          res.stream.respond({ ":status": 500 });
          res.stream.end((error as Error).message);
        }
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const stream = client.request({ ":path": "/" });
    const headers = await new Promise<Any>((done) => stream.once("response", done));
    let body = "";
    for await (const chunk of stream) body += chunk;
    client.close();
    server.close();
    return {
      status: headers[":status"],
      cookies: headers["set-cookie"]?.length,
      body,
      sets: log.length,
    };
  };
  expect((await run(theirs)).body).toContain("_implicitHeader is not a function");
  expect(await run(ours)).toEqual({ status: 200, cookies: 1, body: "body", sets: 1 });
});

describe('"auto"', () => {
  const https = { headers: { "X-Forwarded-Proto": "https" } };
  const http = { headers: { "X-Forwarded-Proto": "http" } };
  const auto = { secure: "auto", sameSite: "auto", maxAge: 60_000 };
  const attributes = (answer: Any) =>
    answer.headers.filter(([name]: [string]) => name === "Set-Cookie").map((
      [, text]: [string, string],
    ) => text.replace(/connect.sid=[^;]*; /, "").replace(/Expires=[^;]*; /, ""));

  test("S19 S30 works with a function cookie option", async () => {
    const bug = makeApp({ library: theirs, options: { proxy: true, cookie: () => auto } });
    await bug.play(write, undefined, https);
    expect(bug.errors.map(({ message }) => message)).toEqual(["option sameSite is invalid"]);
    const app = makeApp({ library: ours, options: { proxy: true, cookie: () => auto } });
    expect(attributes(await app.play(write, undefined, https))).toEqual([
      "Path=/; HttpOnly; Secure; SameSite=None",
    ]);
    expect(attributes(await app.play(write, undefined, http))).toEqual([
      "Path=/; HttpOnly; SameSite=Lax",
    ]);
    expect(app.errors).toEqual([]);
  });

  test("S19 follows the scheme of each request, not of the first", async () => {
    const run = async (library: Library) => {
      const app = makeApp({ library, options: { proxy: true, cookie: auto } });
      const { cookie } = await app.play(write, undefined, http);
      return attributes(await app.play(write, cookie, https));
    };
    expect(await run(theirs)).toEqual(["Path=/; HttpOnly; SameSite=Lax"]);
    expect(await run(ours)).toEqual(["Path=/; HttpOnly; Secure; SameSite=None"]);
  });
});

test("two middlewares that share a store keep their own ids and cookies", async () => {
  const run = async (library: Library) => {
    const { store } = makeStore("async", library);
    const one = (name: string) => ({
      name,
      genid: () => `${name}-1`,
      cookie: { path: "/", priority: name === "a" ? "low" : "high" },
    });
    const app = makeApp({ library, options: { store, ...one("a") } });
    library.session({
      secret: "keyboard cat",
      resave: false,
      saveUninitialized: false,
      store,
      ...one("b"),
    });
    const answer = await app.play(write);
    return decodeURIComponent(answer.headers.find(([name]) => name === "Set-Cookie")![1]);
  };
  expect(await run(theirs)).toMatch(/s:b-1.*Priority=High/);
  expect(await run(ours)).toMatch(/s:a-1.*Priority=Low/);
});

test("regenerate and save write once", async () => {
  const login: Handler = async (req, res) => {
    await told((done) => req.session.regenerate(done));
    req.session.user = "anna";
    await told((done) => req.session.save(done));
    res.end();
  };
  const run = async (library: Library) => {
    const app = makeApp({ library });
    const { cookie } = await app.play(write);
    app.verbs();
    await app.play(login, cookie);
    return app.verbs();
  };
  expect(await run(theirs)).toEqual(["get", "destroy", "set", "set"]);
  expect(await run(ours)).toEqual(["get", "destroy", "set"]);
});

test('… and a cookie edited after that save is stored: "remember me" after a login', async () => {
  const app = makeApp({ library: ours });
  const answer = await app.play(async (req, res) => {
    await told((done) => req.session.regenerate(done));
    req.session.user = "anna";
    await told((done) => req.session.save(done));
    req.session.cookie.maxAge = 1_000_000;
    res.end();
  });
  const [text] = Object.values(app.watched.content());
  expect(JSON.parse(text!).cookie.originalMaxAge).toBe(1_000_000);
  expect(answer.headers.find(([name]) => name === "Set-Cookie")![1]).toContain("Expires=");
});

describe("S31 duplicates", () => {
  test.each([
    ["unsigned", "nonsense"],
    ["of another key", signed("other", "dog")],
    ["empty", ""],
    ["that cannot be decoded", "%zz"],
  ])("a bad first cookie, %s, does not hide the good one", async (_kind, bad) => {
    const run = async (library: Library) => {
      const app = makeApp({ library });
      const { cookie } = await app.play(write);
      return (await app.play(tell, `${bad}; connect.sid=${cookie}`)).body;
    };
    expect(await run(theirs)).not.toContain('"n":1');
    expect(await run(ours)).toContain('"n":1');
  });

  test("of two good ones the first counts, as always", async () => {
    await both(async (library) => {
      const app = makeApp({ library });
      const first = (await app.play(write)).cookie;
      const { cookie } = await app.play((req, res) => {
        req.session.second = true;
        res.end();
      });
      const { body } = await app.play(tell, `${first}; connect.sid=${cookie}`);
      expect(body).toContain('"n":1');
    });
  });
});

test.each([
  ["/foo", true, true],
  ["/foo/", true, true],
  ["/foo/bar?x=/", true, true],
  ["/foo?x", true, true],
  ["/foobar", true, false],
  ["/foo.html", true, false],
  ["/FOO", false, false],
  ["/fo", false, false],
  ["/x/foo", false, false],
])("cookie path /foo and %s: theirs %s, ours %s", async (path, bug, better) => {
  const has = async (library: Library) => {
    const app = makeApp({ library, options: { cookie: { path: "/foo" } } });
    const { body } = await app.play(
      (req, res) => res.end(String(req.session !== undefined)),
      undefined,
      { path },
    );
    return body === "true";
  };
  expect(await both(has)).toEqual([bug, better]);
});

describe("S29 a session whose cookie cannot be sent is not stored", () => {
  const story = async (library: Library, handler: Handler, options: object) => {
    const app = makeApp({ library, options: { cookie: { secure: true }, ...options } });
    const blocked: string[] = [];
    app.middleware.on?.("blocked", ({ reason }: { reason: string }) => blocked.push(reason));
    const answer = await app.play(handler);
    expect(answer).toMatchObject({ status: 200, cookie: undefined });
    return { sets: app.verbs().length, blocked };
  };

  test("secure over http", async () => {
    expect((await story(theirs, write, {})).sets).toBe(1);
    expect(await story(ours, write, {})).toEqual({ sets: 0, blocked: ["insecure"] });
    expect((await story(ours, idle, { saveUninitialized: true })).sets).toBe(0);
  });

  test("headers that left before the session was written to", async () => {
    const late: Handler = (req, res) => {
      res.write("early");
      req.session.a = 1;
      res.end();
    };
    expect((await story(theirs, late, { cookie: {} })).sets).toBe(1);
    expect(await story(ours, late, { cookie: {} })).toEqual({ sets: 0, blocked: ["headers-sent"] });
  });

  test("but what the application saves itself is stored", async () => {
    const saving: Handler = async (req, res) => {
      req.session.a = 1;
      await told((done) => req.session.save(done));
      res.end();
    };
    expect((await story(ours, saving, {})).sets).toBe(1);
  });

  test("and a known session is stored, whatever the connection", async () => {
    const app = makeApp({ library: ours, options: { proxy: true, cookie: { secure: true } } });
    const { cookie } = await app.play(write, undefined, {
      headers: { "X-Forwarded-Proto": "https" },
    });
    expect(cookie).toBeDefined();
    app.verbs();
    expect((await app.play(write, cookie)).body).toBe("2");
    expect(app.verbs()).toEqual(["get", "set"]);
  });
});

test("S47 writing to a destroyed session and saving it brings nothing back", async () => {
  const zombie: Handler = async (req, res) => {
    const { session } = req;
    await told((done) => session.destroy(done));
    session.late = 1;
    const outcome = await told((done) => session.save(done)).then(
      () => "stored",
      ({ code }) => code,
    );
    res.end(outcome);
  };
  const run = async (library: Library) => {
    const app = makeApp({ library });
    const { cookie } = await app.play(write);
    const { body } = await app.play(zombie, cookie);
    return { body, stored: Object.keys(app.watched.content()).length };
  };
  expect(await run(theirs)).toEqual({ body: "stored", stored: 1 });
  expect(await run(ours)).toEqual({ body: "SESSION_GONE", stored: 0 });
});

test("S14 a session signed with an old key goes on, and the new key signs", async () => {
  const secret = ["old"];
  const app = makeApp({ library: ours, options: { secret, cookie: { maxAge: 60_000 } } });
  const { cookie } = await app.play(write);
  secret.unshift("new");
  const again = await app.play(write, cookie);
  expect(again.body).toBe("2");
  expect(again.cookie).not.toBe(cookie);
  secret.pop();
  expect((await app.play(write, cookie)).body).toBe("1");
  expect((await app.play(write, cookieOf(again))).body).toBe("3");
});
