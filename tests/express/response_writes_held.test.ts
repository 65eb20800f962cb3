/** Headers wait for the calls on a session that nobody awaits, whichever way they are about to leave. */
import { once } from "node:events";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { createRequire } from "node:module";
import { type AddressInfo, connect } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, test } from "vitest";
import { elevate, login, subjectOf, update } from "../../src/express/session_functions.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { codeOf } from "./support/code_of.ts";
import { type AppOptions, type Handler, makeApp, tell, useDriver } from "./support/app.ts";
import { headerOf } from "./support/drive.ts";
import { type Any, ours } from "./support/libraries.ts";

useDriver();

const require = createRequire(import.meta.url);
const compression = require("compression");

/** A native store that answers on a later turn. */
function slowStore(): Any {
  const memory: Any = memoryStore();
  const store: Any = { atomic: true };
  for (const verb of ["create", "read", "commit", "touch", "rotate", "destroy"]) {
    store[verb] = async (...args: unknown[]) => {
      const result = memory[verb](...args);
      await new Promise(setImmediate);
      return result;
    };
  }
  return store;
}

const STORES: Record<string, () => Partial<AppOptions>> = {
  "a native store that answers later": () => ({ options: { store: slowStore() } }),
  "a callback store": () => ({ kind: "async" }),
  "a callback store that answers at once": () => ({ kind: "sync" }),
  "MemoryStore": () => ({ kind: "memory" }),
};

const DOORS: Record<string, (res: Any) => void> = {
  "end()": (res) => res.end("xyz"),
  "write()": (res) => {
    res.write("x");
    res.write(Buffer.from("y"));
    res.end("z");
  },
  "writeHead()": (res) => {
    res.writeHead(200);
    res.end("xyz");
  },
  "writeHead() with headers": (res) => {
    res.writeHead(200, "Fine", { "X-Mine": "1" }).write("xy");
    res.end("z");
  },
  "flushHeaders()": (res) => {
    res.flushHeaders();
    res.end("xyz");
  },
  "pipe()": (res) => Readable.from(["x", "y", "z"]).pipe(res),
  "pipe() of much": (res) => {
    Readable.from(["x".repeat(200_000), "y".repeat(200_000), "z"]).pipe(res);
  },
  "pipeline()": (res) => void pipeline(Readable.from(["x", "y", "z"]), res),
};

const CALLS: Record<string, (req: Any) => Promise<unknown>> = {
  "login()": (req) => login(req, "ada"),
  "elevate()": (req) => elevate(req),
  "regenerate({ keep })": (req) => req.session.regenerate({ keep: true }),
};

const enter: Handler = async (req, res) => {
  req.session.n = 1;
  await login(req, "ada");
  res.end();
};
const whoAmI: Handler = (req, res) => res.end(`${subjectOf(req)} ${req.session.n}`);

/** Puts the compression in front of the sessions, or behind them. */
const PLACES: Record<string, { before?: Handler; behind: (handler: Handler) => Handler }> = {
  "no compression": { behind: (handler) => handler },
  "compression before": { before: compression({ threshold: 0 }), behind: (handler) => handler },
  "compression behind": {
    behind: (handler) => (req, res, next) => {
      compression({ threshold: 0 })(req, res, () => handler(req, res, next));
    },
  },
};

describe.each(Object.keys(STORES))("%s", (storeName) => {
  describe.each(Object.keys(PLACES))("%s", (place) => {
    const { before, behind } = PLACES[place]!;
    test.each(Object.keys(DOORS))("%s brings the cookie of the new id", async (door) => {
      for (const [name, call] of Object.entries(CALLS)) {
        const app = makeApp({ library: ours, ...STORES[storeName]!(), ...before && { before } });
        const { cookie } = await app.play(enter);
        const headers = { "Accept-Encoding": "gzip" };
        const answer = await app.play(
          behind((req, res) => {
            res.setHeader("Content-Type", "text/plain");
            void call(req);
            DOORS[door]!(res);
          }),
          cookie,
          { headers },
        );
        expect(headerOf(answer, "set-cookie"), name).toHaveLength(1);
        expect(answer.cookie, name).not.toBe(cookie);
        const isPacked = place !== "no compression";
        expect(headerOf(answer, "content-encoding"), name).toEqual(isPacked ? ["gzip"] : []);
        if (!isPacked) expect(answer.body.replace(/(.)\1+/g, "$1"), name).toBe("xyz");
        expect((await app.play(whoAmI, answer.cookie)).body, name).toBe("ada 1");
        expect(app.errors).toEqual([]);
      }
    });
  });
});

const kinds = ["a native store that answers later", "a callback store"] as const;

/** The calls of a handler are made while a login is under way. */
async function during(storeName: string, act: Handler): Promise<Any> {
  const app = makeApp({ library: ours, ...STORES[storeName]!() });
  const { cookie } = await app.play(enter);
  const answer = await app.play((req, res, next) => {
    void login(req, "ada");
    return act(req, res, next);
  }, cookie);
  expect(answer.cookie).not.toBe(cookie);
  return { ...answer, app };
}

describe.each(kinds)("while a login is under way (%s)", (storeName) => {
  test("what is called answers as Node does: headers count as sent", async () => {
    const seen: unknown[] = [];
    const answer = await during(storeName, (_req, res) => {
      seen.push(res.writeHead(201, "Made", ["X-A", "1", "X-A", "2"]) === res, res.headersSent);
      seen.push(codeOf(() => res.setHeader("X-Late", "1")), codeOf(() => res.writeHead(500)));
      seen.push(
        res.write("x", () => seen.push("x")),
        res.write("y", "latin1", () => seen.push("y")),
      );
      res.statusCode = 404;
      res.end("z", () => seen.push("end"));
      seen.push(res.write("late"));
      res.on("error", () => {});
    });
    const sent = "ERR_HTTP_HEADERS_SENT";
    expect(seen).toEqual([true, true, sent, sent, true, true, false, "x", "y", "end"]);
    expect([answer.status, answer.body]).toEqual([201, "xyz"]);
    expect(headerOf(answer, "x-a")).toEqual(["1", "2"]);
    expect(headerOf(answer, "x-late")).toEqual([]);
  });

  test("headers, a status or a chunk that Node refuses are refused at once", async () => {
    const seen: unknown[] = [];
    const answer = await during(storeName, (_req, res) => {
      seen.push(
        codeOf(() => res.writeHead(302, { Location: "/\n" })),
        codeOf(() => res.writeHead(1000)),
        codeOf(() => res.writeHead(200, "two\nlines")),
        codeOf(() => res.write(null)),
        codeOf(() => res.write(7)),
        res.headersSent,
      );
      res.write("page");
      res.end();
    });
    expect(seen).toEqual([
      "ERR_INVALID_CHAR",
      "ERR_HTTP_INVALID_STATUS_CODE",
      "ERR_INVALID_CHAR",
      "ERR_STREAM_NULL_VALUES",
      "ERR_INVALID_ARG_TYPE",
      false,
    ]);
    expect([answer.status, answer.body]).toEqual([200, "page"]);
  });

  test('"drain" follows a write() that answered false, and what is written then is sent', async () => {
    const big = "x".repeat(100_000);
    const answer = await during(storeName, async (_req, res) => {
      expect(res.write("one ")).toBe(true);
      expect(res.write(big)).toBe(false);
      await once(res, "drain");
      res.end(" two");
    });
    expect(answer.body).toBe(`one ${big} two`);
  });

  test("calls that are made after writeHead() count as well", async () => {
    const answer = await during(storeName, (req, res) => {
      res.writeHead(200);
      void update(req, async (data: Any) => {
        await new Promise(setImmediate);
        data.late = true;
      });
      void login(req, "ada");
      res.end();
    });
    expect((await answer.app.play(tell, answer.cookie)).body).toContain('"late":true');
  });

  test("a method of Node's own that was kept from before writes no body without headers", async () => {
    const app = makeApp({
      library: ours,
      ...STORES[storeName]!(),
      before: (req, res, next) => {
        req.raw = res.write.bind(res);
        next();
      },
    });
    const { cookie } = await app.play(enter);
    const answer = await app.play((req, res) => {
      void login(req, "ada");
      req.raw("one ");
      req.raw(Buffer.from("two "));
      res.end("three");
    }, cookie);
    expect([answer.status, answer.body]).toEqual([200, "one two three"]);
    expect((await app.play(whoAmI, answer.cookie)).body).toBe("ada 1");
  });

  test("headers that cannot be written after all call for the error page", async () => {
    const app = makeApp({ library: ours, ...STORES[storeName]!() });
    const { cookie } = await app.play(enter);
    const answer = await app.play((req, res) => {
      void login(req, "ada");
      res.setHeader("Trailer", "X-T");
      res.setHeader("Content-Length", "3");
      res.write("xyz");
      res.end();
    }, cookie);
    expect([answer.status, app.errors.map((error: Any) => error.code)]).toEqual([
      500,
      ["ERR_HTTP_TRAILER_INVALID"],
    ]);
    expect((await app.play(whoAmI, answer.cookie)).body).toBe("ada 1");
  });
});

test("a response whose headers have left is not held", async () => {
  const app = makeApp({ library: ours });
  const { cookie } = await app.play(enter);
  let result: unknown;
  const answer = await app.play((req, res) => {
    res.write("one ");
    void update(req, (data: Any) => data.n++);
    result = res.write("two ");
    res.end("three");
  }, cookie);
  expect([result, answer.body]).toEqual([true, "one two three"]);
  expect((await app.play(whoAmI, cookie)).body).toBe("ada 2");
});

test("two middlewares: headers wait for the calls on the sessions of both", async () => {
  const first = ours.session({
    secret: "keyboard cat",
    name: "first",
    store: slowStore(),
    resave: false,
    saveUninitialized: false,
  });
  let inner: Any;
  const app = makeApp({
    library: ours,
    options: { store: slowStore() },
    before: (req, res, next) =>
      first(req, res, () => {
        inner = req.session;
        inner.a = 1;
        delete req.session;
        next();
      }),
  });
  const answer = await app.play(async (req, res) => {
    await inner.save();
    void inner.regenerate({ keep: true });
    req.session.b = 2;
    res.writeHead(200);
    res.write("x");
    res.end("yz");
  });
  expect(answer.body).toBe("xyz");
  expect(headerOf(answer, "set-cookie")).toHaveLength(2);
  expect(headerOf(answer, "set-cookie").join()).toContain(encodeURIComponent(`s:${inner.id}`));
});

test("HTTP/2", async () => {
  const middleware: Any = ours.session({
    secret: "keyboard cat",
    store: slowStore(),
    resave: false,
    saveUninitialized: false,
  });
  const server = createHttp2Server((req, res) => {
    middleware(req, res, async () => {
      if (req.url === "/in") {
        await login(req as Any, "ada");
        return void res.end();
      }
      if (req.url === "/me") return void res.end(String(subjectOf(req as Any)));
      void login(req as Any, "ada");
      if (req.url === "/flush") (res as Any).flushHeaders();
      if (req.url === "/head") res.writeHead(200);
      res.write("x");
      res.end("yz");
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const get = async (path: string, cookie?: string) => {
    const stream = client.request({ ":path": path, ...cookie && { cookie } }).setEncoding("utf8");
    const [headers] = await once(stream, "response");
    let body = "";
    for await (const chunk of stream) body += chunk;
    return { body, cookie: headers["set-cookie"]?.[0].split(";")[0] };
  };
  for (const path of ["/write", "/flush", "/head"]) {
    const { cookie } = await get("/in");
    const answer = await get(path, cookie);
    expect(answer.body).toBe("xyz");
    expect(answer.cookie).not.toBe(cookie);
    expect((await get("/me", answer.cookie)).body).toBe("ada");
  }
  client.close();
  server.close();
});

test("nothing is held for a visitor who leaves meanwhile", async () => {
  const app = makeApp({ library: ours, options: { store: slowStore() } });
  const { cookie } = await app.play(enter);
  let port = 0;
  await app.play((req, res) => {
    port = req.socket.localPort;
    res.end();
  });
  const socket = connect(port, "127.0.0.1");
  const closed = new Promise<void>((resolve) => {
    app.handler = (req, res) => {
      res.on("close", resolve);
      void update(req, () => new Promise((go) => res.on("close", go)));
      res.write("x");
      res.end("y");
      socket.destroy();
    };
  });
  socket.write(`GET / HTTP/1.1\r\nHost: x\r\nCookie: connect.sid=${cookie}\r\n\r\n`);
  await closed;
  expect((await app.play(whoAmI, cookie)).body).toBe("ada 1");
});
