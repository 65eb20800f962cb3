/** While the store is asked, a response has ended for whoever looks; no call made before is lost. */
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import {
  elevate,
  flash,
  login,
  logout,
  take,
  update,
} from "../../src/express/session_functions.ts";
import { codeOf } from "./support/code_of.ts";
import { type App, type Handler, makeApp, tell, told, useDriver, write } from "./support/app.ts";
import { headerOf } from "./support/drive.ts";
import { type Any, ours, signed } from "./support/libraries.ts";
import type { StoreKind } from "./support/stores.ts";

useDriver();

/** Makes the store's verb wait for the function that is returned. */
function holdBack(app: App, verb: string): () => void {
  const { store } = app.watched;
  const act = store[verb];
  let release!: () => void;
  const released = new Promise<void>((resolve) => release = resolve);
  store[verb] = (...args: Any[]) => void released.then(() => act.apply(store, args));
  return release;
}

describe.each<[string, string, Handler]>([
  ["is written", "set", (req, res) => {
    req.session.a = 1;
    res.statusCode = 201;
    res.end("one");
  }],
  ["is touched", "touch", (_req, res) => {
    res.statusCode = 201;
    res.end("one");
  }],
])("while a session %s", (_how, verb, end) => {
  test("headers cannot be set any more, and what is written comes too late", async () => {
    const app = makeApp({ library: ours });
    const { cookie } = await app.play(write);
    const release = holdBack(app, verb);
    const seen: unknown[] = [];
    const errors: unknown[] = [];
    const answer = await app.play((req, res) => {
      seen.push(res.headersSent);
      end(req, res, undefined);
      res.on("error", (error: Any) => errors.push(error.code));
      seen.push(
        res.headersSent,
        codeOf(() => res.setHeader("X-Late", "1")),
        codeOf(() => res.appendHeader("X-Late", "1")),
        codeOf(() => res.removeHeader("X-Late")),
        codeOf(() => res.writeHead(500)),
        codeOf(() => res.flushHeaders()),
        res.write("two", (error: Any) => errors.push(error.code)),
        res.end("three"),
      );
      res.statusCode = 404;
      res.statusMessage = "Lost";
      res.on("finish", () => seen.push(res.statusMessage));
      setImmediate(release);
    }, cookie);
    const sent = "ERR_HTTP_HEADERS_SENT";
    expect(seen).toEqual([false, true, sent, sent, sent, sent, "done", false, false, "Created"]);
    expect(errors).toEqual(["ERR_STREAM_WRITE_AFTER_END", "ERR_STREAM_WRITE_AFTER_END"]);
    expect([answer.status, answer.body, headerOf(answer, "x-late")]).toEqual([201, "one", []]);
  });

  test.each<StoreKind | "native">(["async", "sync", "native"])(
    "a write that nobody listens to ends no process (%s store)",
    async (kind) => {
      const app = kind === "native"
        ? makeApp({ library: ours, options: { store: memoryStore() } })
        : makeApp({ library: ours, kind });
      const { cookie } = await app.play(write);
      const told: unknown[] = [];
      const answer = await app.play((req, res) => {
        const { emit } = res;
        // With nobody to hear an error, Node would end the process.
        res.emit = (event: string, ...args: unknown[]) =>
          event === "error" ? told.push(event, ...args) : emit.call(res, event, ...args);
        end(req, res, undefined);
        res.write("two");
      }, cookie);
      expect([answer.body, told]).toEqual(["one", []]);
    },
  );

  test("nothing has left, and once the store has answered all is whole", async () => {
    const app = makeApp({ library: ours });
    const { cookie } = await app.play(write);
    const release = holdBack(app, verb);
    let bytes = -1;
    const answer = await app.play((req, res) => {
      const { socket } = req;
      const before = socket.bytesWritten;
      end(req, res, undefined);
      setImmediate(() => {
        bytes = socket.bytesWritten - before;
        release();
      });
    }, cookie);
    expect([bytes, answer.status, answer.body]).toEqual([0, 201, "one"]);
  });
});

test("writeHead() that comes too late does nothing to the cookie of a new session", async () => {
  const app = makeApp({ library: ours });
  let code: unknown;
  const answer = await app.play((req, res) => {
    req.session.a = 1;
    res.end("one");
    code = codeOf(() => res.writeHead(404));
  });
  expect([code, answer.status, answer.body]).toEqual(["ERR_HTTP_HEADERS_SENT", 200, "one"]);
  expect([headerOf(answer, "set-cookie").length, app.errors]).toEqual([1, []]);
});

test("requests that come in one packet are answered in their order", async () => {
  const app = makeApp({ library: ours });
  let port = 0;
  await app.play((req, res) => {
    port = req.socket.localPort;
    res.end();
  });
  const ended: string[] = [];
  let fastDone!: () => void;
  const isFastDone = new Promise<void>((resolve) => fastDone = resolve);
  // The last call decides who answers: from here on it is this handler.
  await app.play((_req, res) => res.end());
  app.handler = (req, res) => {
    req.session.a = 1;
    const end = () => {
      ended.push(req.url);
      res.end(`<${req.url}>`);
    };
    if (req.url === "/slow") void isFastDone.then(end);
    else {
      end();
      fastDone();
    }
  };
  const socket = connect(port, "127.0.0.1");
  let received = "";
  socket.on("data", (chunk) => received += chunk);
  socket.write(
    ["/slow", "/fast"].map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n`).join("\r\n") +
      "Connection: close\r\n\r\n",
  );
  await new Promise((closed) => socket.once("close", closed));
  expect(ended).toEqual(["/fast", "/slow"]);
  expect(received.match(/<.*>/g)).toEqual(["</slow>", "</fast>"]);
  expect(received.match(/Set-Cookie/g)).toHaveLength(2);
});

describe("headers that Node refuses, after a login", () => {
  test.each<[string, (res: Any) => void]>([
    ["a header", (res) => res.writeHead(302, { Location: "/\n" })],
    ["a status", (res) => res.writeHead(1000)],
    ["a reason", (res) => res.writeHead(200, "two\nlines")],
  ])("%s: the error page carries the session's cookie, once", async (_what, refused) => {
    for (const kind of ["async", "sync", "memory"] as const) {
      const app = makeApp({ library: ours, kind });
      const { cookie } = await app.play(write);
      const answer = await app.play(async (req, res) => {
        await told((done) => req.session.regenerate(done));
        req.session.user = "anna";
        refused(res);
        res.end("never");
      }, cookie);
      expect(answer.status, kind).toBe(500);
      expect(headerOf(answer, "set-cookie"), kind).toHaveLength(1);
      expect(answer.cookie).not.toBe(cookie);
      expect((await app.play(tell, answer.cookie)).body, kind).toContain("anna");
    }
  });
});

describe("after headers that Node refused", () => {
  test("the cookie is that of the session there is by then", async () => {
    const app = makeApp({ library: ours });
    const answer = await app.play(async (req, res) => {
      req.session.first = 1;
      expect(() => res.writeHead(1000)).toThrow();
      await told((done) => req.session.regenerate(done));
      req.session.second = 1;
      res.end(req.sessionID);
    });
    expect(headerOf(answer, "set-cookie")).toHaveLength(1);
    expect(answer.cookie).toBe(signed(answer.body));
  });

  test("the status is what it was before", async () => {
    const app = makeApp({ library: ours });
    const answer = await app.play((req, res) => {
      req.session.a = 1;
      res.statusCode = 418;
      expect(() => res.writeHead(1000)).toThrow();
      expect(() => res.writeHead(200, "two\nlines")).toThrow();
      res.end("page");
    });
    expect([answer.status, answer.body]).toEqual([418, "page"]);
  });
});

describe("a call that nobody awaits counts when it is made", () => {
  const kinds = ["async", "sync", "memory"] as const;

  test.each(kinds)("login() (%s)", async (kind) => {
    const app = makeApp({ library: ours, kind });
    const { cookie } = await app.play(write);
    const answer = await app.play((req, res) => {
      void login(req, "anna");
      res.redirect ? res.redirect("/") : res.end("moved");
    }, cookie);
    expect(answer.cookie).not.toBe(cookie);
    expect(answer.cookie).toBeDefined();
    expect((await app.play(tell, answer.cookie)).body).toContain('"n":1');
    expect((await app.play(tell, cookie)).body).not.toContain('"n":1');
  });

  test.each(kinds)("regenerate({ keep }), update(), take(), in their order (%s)", async (kind) => {
    const app = makeApp({ library: ours, kind });
    const { cookie } = await app.play(write);
    let taken: Promise<unknown> | undefined;
    const answer = await app.play((req, res) => {
      void req.session.regenerate({ keep: true });
      void update(req, (data: Any) => {
        data.n += 10;
        data.gone = "soon";
      });
      taken = take(req, "gone");
      res.end("done");
    }, cookie);
    expect(await taken).toBe("soon");
    expect(answer.cookie).not.toBe(cookie);
    const { body } = await app.play(tell, answer.cookie);
    expect(JSON.parse(body)).toMatchObject({ n: 11 });
    expect(body).not.toContain("gone");
  });

  test.each(kinds)("update() of a new visitor's session (%s)", async (kind) => {
    const app = makeApp({ library: ours, kind });
    const answer = await app.play((req, res) => {
      void update(req, async (data: Any) => {
        await new Promise(setImmediate);
        data.slow = true;
      });
      flash(req, "info", "hello");
      res.end("done");
    });
    expect((await app.play(tell, answer.cookie)).body).toContain('"slow":true');
    const read = await app.play((req, res) => res.end(String(flash(req, "info"))), answer.cookie);
    expect(read.body).toBe("hello");
  });

  test.each(kinds)(
    "a message that save() stored is kept by no regenerate() that does not name it (%s)",
    async (kind) => {
      const app = makeApp({ library: ours, kind });
      const { cookie } = await app.play(write);
      const answer = await app.play((req, res) => {
        flash(req, "info", "hello");
        void req.session.save();
        void req.session.regenerate({ keep: ["n"] });
        res.end("done");
      }, cookie);
      const read = await app.play((req, res) => res.end(String(flash(req, "info"))), answer.cookie);
      expect(read.body).toBe("");
    },
  );

  test.each(kinds)(
    "regenerate({ keep }) after a login() drops nothing that is written after it (%s)",
    async (kind) => {
      const app = makeApp({ library: ours, kind });
      const { cookie } = await app.play(write);
      for (const saves of [false, true]) {
        const answer = await app.play((req, res) => {
          req.session.mine = 2;
          void login(req, "anna");
          void req.session.regenerate({ keep: ["n"] });
          (req.session as Any).later = 3;
          if (saves) void req.session.save();
          (req.session as Any).last = 4;
          res.end("done");
        }, (await app.play(write)).cookie);
        const { cookie: _, ...data } = JSON.parse((await app.play(tell, answer.cookie)).body);
        expect(data).toEqual({ n: 1, later: 3, last: 4 });
      }
      expect(cookie).toBeDefined();
    },
  );

  test.each(kinds)("elevate(), and a reload() that follows it (%s)", async (kind) => {
    const app = makeApp({ library: ours, kind });
    const { cookie } = await app.play((req, res) => {
      req.session.n = 1;
      void login(req, "anna");
      res.end("in");
    });
    const answer = await app.play(async (req, res) => {
      void elevate(req);
      await req.session.reload();
      res.end(String(req.session.n));
    }, cookie);
    expect(answer.body).toBe("1");
    expect((await app.play(tell, answer.cookie)).body).toContain('"n":1');
  });

  test.each(kinds)("logout() (%s)", async (kind) => {
    const app = makeApp({ library: ours, kind });
    const { cookie } = await app.play(write);
    let held: unknown;
    const answer = await app.play((req, res) => {
      void logout(req);
      res.end("bye");
      held = res.headersSent;
    }, cookie);
    expect(held).toBe(true);
    expect([answer.body, answer.cookie]).toEqual(["bye", ""]);
    expect(app.watched.content()).toEqual({});
  });

  test("an update() that takes time holds up no other call, and the response waits for both", async () => {
    const app = makeApp({ library: ours });
    const { cookie } = await app.play(write);
    await app.play((req, res) => {
      let open!: () => void;
      const isOpen = new Promise<void>((resolve) => open = resolve);
      void update(req, async (data: Any) => {
        await isOpen;
        data.slow = true;
      });
      void update(req, (data: Any) => data.fast = true).then(open);
      res.end();
    }, cookie);
    const { body } = await app.play(tell, cookie);
    expect(JSON.parse(body)).toMatchObject({ n: 1, slow: true, fast: true });
  });

  test("one that fails is the response's failure, and changes nothing", async () => {
    const app = makeApp({ library: ours });
    const { cookie } = await app.play(write);
    const answer = await app.play((req, res) => {
      void update(req, () => {
        throw new Error("no");
      });
      res.end("done");
    }, cookie);
    expect([answer.status, answer.body]).toEqual([500, "no"]);
    expect((await app.play(tell, cookie)).body).toContain('"n":1');
  });
});

describe("changes after the session was destroyed", () => {
  test.each<[string, (req: Any) => unknown]>([
    ["destroy()", (req) => told((done) => req.session.destroy(done))],
    ["logout()", (req) => logout(req)],
  ])("%s: they are an event", async (_how, end) => {
    for (const isLate of [true, false]) {
      const app = makeApp({ library: ours });
      const { cookie } = await app.play(write);
      const heard: unknown[] = [];
      app.middleware.on("discarded", (event: Any) => heard.push(event));
      await app.play(async (req, res) => {
        const { session } = req;
        await end(req);
        if (isLate) session.late = 1;
        res.end();
      }, cookie);
      expect(heard).toEqual(isLate ? [{ reason: "destroyed" }] : []);
      expect(app.watched.content()).toEqual({});
    }
  });

  test("save() is told, and is an event though nobody awaits it", async () => {
    const app = makeApp({ library: ours });
    const { cookie } = await app.play(write);
    const heard: unknown[] = [];
    app.middleware.on("discarded", (event: Any) => heard.push(event));
    let code: unknown;
    await app.play(async (req, res) => {
      const { session } = req;
      await told((done) => session.destroy(done));
      session.late = 1;
      code = await session.save().catch((error: Any) => error.code);
      res.end();
    }, cookie);
    expect(code).toBe("SESSION_GONE");
    expect(heard).toContainEqual({ reason: "destroyed" });
  });
});
