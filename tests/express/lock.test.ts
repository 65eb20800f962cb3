/** `lock(req, …)` on a callback store, and where there is no session. */
import express from "express";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import session, { lock } from "../../src/express/mod.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

let server: Server | undefined;
afterEach(() => void server?.close());

/** A store that answers later, as one on a network does. */
class LateStore extends session.Store {
  readonly records = new Map<string, string>();
  override get(id: string, done: Any): void {
    const text = this.records.get(id);
    setImmediate(() => done(null, text === undefined ? null : JSON.parse(text)));
  }
  override set(id: string, data: Any, done?: Any): void {
    const text = JSON.stringify(data);
    setImmediate(() => (this.records.set(id, text), done?.()));
  }
  override destroy(id: string, done?: Any): void {
    setImmediate(() => (this.records.delete(id), done?.()));
  }
}

async function start(store: Any, routes: (app: Any) => void) {
  const app = express();
  app.use(
    session({ secret: "x".repeat(32), resave: false, saveUninitialized: false, store }) as Any,
  );
  routes(app);
  server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return async (path: string, cookie = "") => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { cookie } });
    const [set] = response.headers.getSetCookie();
    return { text: await response.text(), cookie: set?.split(";")[0] ?? cookie };
  };
}

test("on a callback store one request at a time of this process has the lock, and none is lost", async () => {
  let inside = 0;
  let most = 0;
  const store = new LateStore();
  const get = await start(store, (app) => {
    app.get("/begin", (req: Any, res: Any) => {
      req.session.count = 0;
      res.end();
    });
    app.get("/count", async (req: Any, res: Any) => {
      const count = await lock(req, async () => {
        most = Math.max(most, ++inside);
        const { count } = req.session;
        await new Promise(setImmediate);
        req.session.count = count + 1;
        inside--;
        return count + 1;
      });
      res.end(`${count}`);
    });
  });
  const { cookie } = await get("/begin");
  const answers = await Promise.all(Array.from({ length: 12 }, () => get("/count", cookie)));
  const counts = answers.map(({ text }) => Number(text)).sort((one, other) => one - other);
  expect(counts).toEqual(Array.from({ length: 12 }, (_, place) => place + 1));
  expect(most).toBe(1);
  const [text] = store.records.values();
  expect(JSON.parse(text!)).toEqual({ cookie: expect.any(Object), count: 12 });
});

test("a response that ends while the lock is held takes nothing from who waits for it", async () => {
  const get = await start(new LateStore(), (app) => {
    app.get("/begin", (req: Any, res: Any) => {
      req.session.count = 0;
      res.end();
    });
    app.get("/inside", (req: Any, res: Any) =>
      void lock(req, async () => {
        req.session.count++;
        res.end(`${req.session.count}`);
        await once(res, "finish");
        req.session.late = true;
      }));
    app.get(
      "/look",
      (req: Any, res: Any) =>
        void lock(req, () => res.end(JSON.stringify([req.session.count, req.session.late]))),
    );
  });
  const { cookie } = await get("/begin");
  expect((await get("/inside", cookie)).text).toBe("1");
  expect((await get("/look", cookie)).text).toBe("[1,true]");
});

test("a request that no session middleware serves has no lock", async () => {
  const req = { headers: {} };
  await expect(lock(req, () => {})).rejects.toMatchObject({ code: "SESSION_MISSING" });
});
