/** What could not be stored is answered by the application's error page; what could not matter is not. */
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:http";
import { inspect } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import { login } from "../../src/express/session_functions.ts";
import {
  type App,
  type Handler,
  idle,
  makeApp,
  tell,
  told,
  useDriver,
  write,
} from "./support/app.ts";
import { headerOf } from "./support/drive.ts";
import { type Any, express4, express5, ours, signed } from "./support/libraries.ts";

useDriver();

/** Lets the store's verb fail: by a callback that comes later, at once, or by throwing. */
const FAILURES = {
  "a later callback": (_id: string, ...args: Any[]) => {
    setImmediate(args.at(-1), new Error("disk full"));
  },
  "a callback at once": (_id: string, ...args: Any[]) => args.at(-1)(new Error("disk full")),
  "a throw": () => {
    throw new Error("disk full");
  },
  "a rejection": () => Promise.reject(new Error("disk full")),
};

const compression: Any = createRequire(import.meta.url)("compression");

const OPTIONS = { secret: "keyboard cat", resave: false, saveUninitialized: false };

async function answerOf(server: Server): Promise<[response: Response, body: string]> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const body = await response.text();
  server.close();
  server.closeAllConnections();
  return [response, body];
}

const save: Handler = (req, res) => {
  req.session.a = 1;
  res.statusCode = 201;
  res.setHeader("Content-Type", "application/json");
  res.setHeader("Content-Length", "5");
  res.setHeader("X-Other", "stays");
  res.end("saved");
};

describe("changed data that the store refuses", () => {
  test.each(Object.entries(FAILURES))(
    "are an error page with a status and headers of its own, and no cookie (%s)",
    async (_how, fails) => {
      for (const kind of ["async", "sync"] as const) {
        const app = makeApp({ library: ours, kind });
        app.watched.store.set = fails;
        const answer = await app.play(save);
        expect([answer.status, answer.body, answer.broken]).toEqual([500, "disk full", undefined]);
        expect(headerOf(answer, "content-type")).toEqual([]);
        expect(headerOf(answer, "content-length")).toEqual(["9"]);
        expect(headerOf(answer, "x-other")).toEqual(["stays"]);
        expect(answer.cookie).toBeUndefined();
        expect(app.errors.map(({ message }) => message)).toEqual(["disk full"]);
      }
    },
  );

  test("of a native store that answers at once, as a locked SQLite does", async () => {
    const store = memoryStore();
    const app = makeApp({ library: ours, options: { store } });
    store.create = () => {
      throw Object.assign(new Error("database is locked"), { code: "SQLITE_BUSY" });
    };
    const answer = await app.play(save);
    expect([answer.status, answer.cookie]).toEqual([500, undefined]);
    expect(answer.body).toBe("The session store (MemoryStore) failed: SQLITE_BUSY");
  });

  test("of a session that was there: the browser keeps the cookie it has", async () => {
    const app = makeApp({ library: ours, options: { cookie: { maxAge: 60_000 }, rolling: true } });
    const { cookie } = await app.play(write);
    const { set } = app.watched.store;
    app.watched.store.set = FAILURES["a later callback"];
    const answer = await app.play(write, cookie);
    expect([answer.status, answer.body, answer.cookie]).toEqual([500, "disk full", undefined]);
    app.watched.store.set = set;
    expect((await app.play(tell, cookie)).body).toContain('"n":1');
  });

  test.each<[string, Handler]>([
    ["res.writeHead()", (req, res) => {
      req.session.a = 1;
      res.writeHead(204, "Nothing", { "Content-Length": "0", "X-Given": "1" });
      res.end();
    }],
    ["a redirect by writeHead()", (req, res) => {
      req.session.a = 1;
      res.writeHead(302, { Location: "/next" });
      res.end("moved");
    }],
  ])("had %s written their headers: no byte of those has left", async (_how, handler) => {
    for (const kind of ["async", "sync"] as const) {
      const app = makeApp({ library: ours, kind });
      app.watched.store.set = FAILURES["a later callback"];
      const answer = await app.play(handler);
      expect([answer.status, answer.body, answer.broken]).toEqual([500, "disk full", undefined]);
      expect([headerOf(answer, "location"), answer.cookie]).toEqual([[], undefined]);
      expect(headerOf(answer, "content-length")).toEqual(["9"]);
    }
  });

  test("after a part of the answer has left: it ends as it began", async () => {
    for (const kind of ["async", "sync"] as const) {
      const app = makeApp({ library: ours, kind });
      app.watched.store.set = FAILURES["a later callback"];
      const answer = await app.play((req, res) => {
        req.session.a = 1;
        res.write("half, ");
        res.end("whole");
      });
      expect([answer.status, answer.body]).toEqual([200, "half, whole"]);
      expect(app.errors).toHaveLength(1);
    }
  });

  test.each(["before", "after"])(
    "and what cannot be read either, put there %s a part has left: nobody is left hanging",
    async (when) => {
      const app = makeApp({ library: ours });
      const answer = await app.play((req, res) => {
        if (when === "before") req.session.a = 10n;
        res.write("half, ");
        if (when === "after") req.session.a = 10n;
        res.end("whole");
      });
      expect([answer.status, answer.body]).toEqual([200, "half, whole"]);
      expect(app.errors.map(({ message }) => message)).toEqual([
        'Session key "a" holds a value that JSON cannot express',
      ]);
    },
  );

  test("is a page that may be sent in parts, with the status line of its own", async () => {
    const { store } = makeApp({ library: ours }).watched;
    store.set = FAILURES["a later callback"];
    const middleware = ours.session({ ...OPTIONS, store });
    const [response, body] = await answerOf(createServer((req, res) => {
      middleware(req, res, (error?: Error) => {
        if (error) {
          res.write("page in ");
          res.end("parts");
          return;
        }
        (req as Any).session.a = 1;
        res.writeHead(200, "All is well", { "Content-Length": 5 });
        res.end("saved");
      });
    }));
    expect([response.status, response.statusText, body]).toEqual([
      500,
      "Internal Server Error",
      "page in parts",
    ]);
    expect(response.headers.get("content-length")).toBeNull();
  });

  test("for a HEAD request, and beside other cookies", async () => {
    const app = makeApp({ library: ours });
    app.watched.store.set = FAILURES["a later callback"];
    const answer = await app.play(
      (req, res) => {
        req.session.a = 1;
        res.writeHead(200, { "Set-Cookie": "own=1" });
        res.end("saved");
      },
      undefined,
      { method: "HEAD" },
    );
    expect([answer.status, headerOf(answer, "set-cookie"), answer.broken]).toEqual([
      500,
      ["own=1"],
      undefined,
    ]);
  });

  test("a login that was stored before keeps its cookie on the error page", async () => {
    const app = makeApp({ library: ours });
    const { cookie } = await app.play(write);
    const { set } = app.watched.store;
    const answer = await app.play(async (req, res) => {
      await login(req, "anna");
      app.watched.store.set = FAILURES["a later callback"];
      req.session.late = 1;
      res.end("saved");
    }, cookie);
    app.watched.store.set = set;
    expect([answer.status, answer.body]).toEqual([500, "disk full"]);
    expect(answer.cookie).toBeDefined();
    expect((await app.play(tell, answer.cookie)).body).toContain('"n":1');
    expect((await app.play(tell, answer.cookie)).body).not.toContain("late");
  });

  test("the page is sent once, though its own session is not stored either", async () => {
    const app = makeApp({ library: ours });
    let sets = 0;
    app.watched.store.set = (_id: string, _session: Any, done: Any) => {
      sets++;
      setImmediate(done, new Error("disk full"));
    };
    const answer = await app.play(save);
    expect([answer.status, sets, app.errors.length]).toEqual([500, 1, 1]);
  });
});

describe("as in express-session, the answer goes out and next() hears of it", () => {
  const verbs = ["set", "touch", "destroy"] as const;
  async function play(
    verb: (typeof verbs)[number],
    options: object,
    prepare: boolean,
    handler: Handler,
  ) {
    const app = makeApp({ library: ours, options });
    const cookie = prepare ? (await app.play(write)).cookie : undefined;
    app.watched.store[verb] = FAILURES["a later callback"];
    const answer = await app.play(handler, cookie);
    expect(app.errors.map(({ message }) => message)).toEqual(["disk full"]);
    return [answer.status, answer.body];
  }
  test("where a touch fails", async () => {
    expect(await play("touch", {}, true, idle)).toEqual([200, "idle"]);
  });
  test("where an untouched new session is not stored", async () => {
    expect(await play("set", { saveUninitialized: true }, false, idle)).toEqual([200, "idle"]);
  });
  test("where an untouched session is not stored again", async () => {
    expect(await play("set", { resave: true }, true, idle)).toEqual([200, "idle"]);
  });
  test('where unset: "destroy" does not destroy', async () => {
    const unset: Handler = (req, res) => {
      req.session = null;
      res.end("unset");
    };
    expect(await play("destroy", { unset: "destroy" }, true, unset)).toEqual([200, "unset"]);
  });
});

test.each([["express 4", express4], ["express 5", express5]])(
  "%s sends its error page, with compression before or behind the sessions",
  async (_name, express) => {
    for (const order of ["none", "before", "behind"]) {
      for (const page of ["default", "own"]) {
        const app = express();
        app.set("env", "production");
        const store = new ours.MemoryStore();
        store.set = FAILURES["a later callback"];
        if (order === "before") app.use(compression());
        app.use(ours.session({ ...OPTIONS, store }));
        if (order === "behind") app.use(compression());
        app.get("/", (req: Any, res: Any) => {
          req.session.a = 1;
          res.json({ saved: true });
        });
        if (page === "own") {
          app.use((error: Error, _req: Any, res: Any, _next: Any) => {
            res.send(`<h1>${error.message}</h1>` + " ".repeat(2000));
          });
        }
        const [response, body] = await answerOf(createServer(app));
        expect([response.status, response.headers.get("set-cookie")], order).toEqual([500, null]);
        expect(response.headers.get("content-type"), order).toContain("text/html");
        expect(body, order).toContain(
          page === "own" ? "<h1>disk full</h1>" : "Internal Server Error",
        );
      }
    }
  },
);

test("over HTTP/2 as well", async () => {
  const { store } = makeApp({ library: ours }).watched;
  store.set = FAILURES["a later callback"];
  const middleware = ours.session({ ...OPTIONS, store });
  const seen: unknown[] = [];
  const server = createHttp2Server((req, res) => {
    middleware(req, res, (error?: Error) => {
      if (error) return res.end(error.message);
      (req as Any).session.a = 1;
      res.end("saved");
      seen.push(res.headersSent);
      for (const late of [() => res.setHeader("X-Late", "1"), () => res.writeHead(200)]) {
        try {
          late();
        } catch (thrown) {
          seen.push((thrown as Any).code);
        }
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
  expect([headers[":status"], headers["set-cookie"], headers["x-late"], body]).toEqual([
    500,
    undefined,
    undefined,
    "disk full",
  ]);
  expect(seen).toEqual([true, "ERR_HTTP_HEADERS_SENT", "ERR_HTTP_HEADERS_SENT"]);
});

describe("an error page that nobody sends", () => {
  /** Answers by `page`, which is given what comes when the time for it is up. */
  async function story(page: (res: Any, timeIsUp: () => void) => void) {
    const timers = new Map<() => void, number>();
    const clock = {
      now: () => Date.now(),
      after: (ms: number, act: () => void) => {
        timers.set(act, ms);
        return () => void timers.delete(act);
      },
    };
    const { store } = makeApp({ library: ours }).watched;
    store.set = FAILURES["a later callback"];
    const middleware = ours.session({ ...OPTIONS, store, clock, ioTimeout: 0 });
    const heard: Any[] = [];
    middleware.on("error", (event: Any) => heard.push(event));
    const server = createServer((req, res) => {
      middleware(req, res, (error?: Error) => {
        if (!error) return save(req, res, undefined);
        const [[act, ms]] = [...timers] as [[() => void, number]];
        expect(ms).toBe(5000);
        page(res, act);
      });
    });
    const [response, body] = await answerOf(server);
    return {
      status: response.status,
      body,
      heard,
      cookies: response.headers.getSetCookie(),
      timers,
    };
  }

  test("leaves nobody waiting for ever, and is an event", async () => {
    const { status, body, cookies, heard } = await story((_res, timeIsUp) => {
      queueMicrotask(timeIsUp);
    });
    expect([status, body, cookies]).toEqual([500, "", []]);
    expect(heard).toHaveLength(1);
    expect([heard[0].during, heard[0].error.code]).toEqual(["save", "STORE_FAILED"]);
  });

  test("because the host cannot be told is an empty one at once", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const { status, body, heard } = await story(() => {
      throw new TypeError("the request is over");
    });
    expect([status, body, heard.length]).toEqual([500, "", 1]);
    expect(String(warn.mock.calls[0])).toContain("the request is over");
    warn.mockRestore();
  });

  test("in time is sent to its end", async () => {
    const { body, heard, timers } = await story((res, timeIsUp) => {
      res.write("first, ");
      queueMicrotask(() => {
        timeIsUp();
        res.end("last");
      });
    });
    expect([body, heard, timers.size]).toEqual(["first, last", [], 0]);
  });
});

test("a record of the failure holds no id", async () => {
  const app: App = makeApp({ library: ours, kind: "failing-destroy" });
  const heard: Any[] = [];
  app.middleware.on("error", (event: Any) => heard.push(event));
  app.watched.store.destroy = (id: string, done: Any) =>
    setImmediate(done, Object.assign(new Error(`DEL ${id}`), { command: { args: [id] } }));
  const { cookie } = await app.play(write);
  const id = Object.keys(app.watched.content())[0]!;
  await app.play(async (req, res) => {
    await told((done) => req.session.destroy(done)).catch(() => {});
    res.end();
  }, cookie);
  expect(heard).toHaveLength(1);
  const { during, error } = heard[0];
  expect([during, error.code, error.cause.message]).toEqual([
    "destroy",
    "STORE_FAILED",
    "DEL [id]",
  ]);
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(id);
  expect(signed(id)).toBe(cookie);
});
