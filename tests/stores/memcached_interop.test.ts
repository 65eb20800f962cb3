/** One memcached, two libraries: the real connect-memcached reads what this store writes, and back. */
import { serve } from "@hono/node-server";
import express, { type Express } from "express";
import realSession, { type SessionData, type Store } from "express-session";
import { Hono } from "hono";
import type Memcached from "memcached";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { session as ourSession } from "../../src/express/mod.ts";
import { memcachedStore } from "../../src/stores/memcached.ts";
import { session as honoSession } from "../../src/web/hono.ts";
import { type MemcachedServer, skipMemcached, startMemcached } from "../servers/memcached.ts";
import { CLIENTS, connect } from "./memcached_clients.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

/** Required, because it brings no types. */
const TheirStore = (createRequire(import.meta.url)("connect-memcached") as (
  host: typeof realSession,
) => new (options: { client: Memcached; prefix?: string; ttl?: number }) => Store)(realSession);

/** Its types say that it takes nothing. */
const RealCookie = realSession.Cookie as unknown as new (stored: object) => object;

const HOUR = 3_600_000;
const SECRET = "a secret of thirty-two bytes, or more";

function promised(store: Store) {
  const call = <T>(act: (done: (error?: unknown, value?: T) => void) => void): Promise<T> =>
    new Promise((resolve, reject) =>
      act((error, value) => error ? reject(error) : resolve(value as T))
    );
  return {
    get: (id: string) => call<SessionData | null | undefined>((done) => store.get(id, done)),
    set: (id: string, data: object) => call((done) => store.set(id, data as SessionData, done)),
    touch: (id: string, data: object) =>
      call((done) => (store.touch as Store["set"])(id, data as SessionData, done)),
    destroy: (id: string) => call((done) => store.destroy(id, done)),
  };
}

/** What express-session hands a store: the cookie counts down in `maxAge`. */
function data(more: object = {}, expires: number | null = Date.now() + HOUR): object {
  const cookie = {
    originalMaxAge: expires === null ? null : HOUR,
    expires: expires === null ? null : new Date(expires).toISOString(),
    httpOnly: true,
    path: "/",
  };
  return { cookie, ...more };
}

describe.skipIf(skipMemcached)("beside connect-memcached", () => {
  let server: MemcachedServer;
  let client: Memcached;
  let theirs: ReturnType<typeof promised>;
  let end: () => void;
  const closing: (() => unknown)[] = [];
  beforeAll(async () => {
    server = await startMemcached();
    const made = connect("memcached", server.port);
    [client, end] = [made[0] as Memcached, made[1]];
  });
  beforeEach(() => {
    theirs = promised(new TheirStore({ client, prefix: "sess:" }));
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    await server.say("flush_all");
  });
  afterAll(async () => {
    end?.();
    await server?.stop();
  });

  describe.each(CLIENTS)("by %s", (name) => {
    const ours = () => {
      const [each, close] = connect(name, server.port);
      closing.push(close);
      return memcachedStore({ client: each });
    };

    test("what it stores is read with its end, committed, touched and destroyed", async () => {
      const store = ours();
      const expires = Date.now() + HOUR;
      const theirData = data({ user: "ädä", 7: { deep: [1, "2"] } }, expires);
      await theirs.set("an-id", theirData);
      const stored = (await store.read("an-id"))!;
      expect(stored).toMatchObject({ json: JSON.stringify(theirData), expires });
      expect(await store.touch("an-id", expires + 5)).toBe(true);
      expect(await store.read("an-id")).toMatchObject({ json: stored.json, expires: expires + 5 });
      const next = data({ user: "bob" }, expires);
      const json = JSON.stringify(next);
      expect(await store.commit("an-id", { json, expires }, stored.version)).toMatchObject({
        status: "committed",
      });
      expect(await theirs.get("an-id")).toMatchObject({ user: "bob" });
      await store.destroy("an-id");
      expect(await theirs.get("an-id")).toBe(undefined);
    });

    test("what this store writes it reads as if it were its own, and what it saves then counts", async () => {
      const store = ours();
      const expires = Date.now() + HOUR;
      const json = JSON.stringify(data({ user: "ada" }, expires));
      await store.create("an-id", { json, expires });
      await store.touch("an-id", expires + HOUR);
      const found = (await theirs.get("an-id"))!;
      const { cookie, ...rest } = found as unknown as Record<string, unknown>;
      expect(rest).toEqual({ user: "ada" });
      // What their session saves of its cookie: express-session knows its fields, and no others.
      const saved = new RealCookie(cookie as object);
      expect(JSON.stringify(saved)).not.toContain("websession");
      const later = data({ user: "eve" }, expires + 1_000);
      await theirs.set("an-id", later);
      expect(await store.read("an-id")).toMatchObject({
        json: JSON.stringify(later),
        expires: expires + 1_000,
      });
    });

    test("a session whose cookie names no end has none here, and ends with its item", async () => {
      await theirs.set("an-id", data({}, null));
      expect(await ours().read("an-id")).toMatchObject({ expires: null });
    });

    test("what it stores meanwhile is a conflict, and what it removes is gone", async () => {
      const store = ours();
      await theirs.set("an-id", data({ n: 1 }));
      const { version } = (await store.read("an-id"))!;
      await theirs.set("an-id", data({ n: 2 }));
      const next = { json: JSON.stringify(data({ n: 3 })), expires: Date.now() + HOUR };
      expect((await store.commit("an-id", next, version)).status).toBe("conflict");
      expect((await store.rotate("an-id", "another", next, version)).status).toBe("conflict");
      expect(await theirs.get("another")).toBe(undefined);
      await theirs.destroy("an-id");
      expect(await store.commit("an-id", next, version)).toEqual({ status: "gone" });
    });
  });

  /** Listens on a free port, and answers its origin. */
  async function listen(app: Express): Promise<string> {
    const listening = await new Promise<Server>((resolve) => {
      const opened = app.listen(0, "127.0.0.1", () => resolve(opened));
    });
    closing.push(() => listening.close());
    return `http://127.0.0.1:${(listening.address() as { port: number }).port}`;
  }

  test("an Express application changes over and back, and nobody is logged out", async () => {
    const application = (middleware: express.RequestHandler) => {
      const app = express();
      app.use(middleware);
      app.get("/login", (req, res) => {
        const session = req.session as unknown as Record<string, unknown>;
        session["user"] = "ada";
        res.send("welcome");
      });
      app.get("/", (req, res) => {
        const session = req.session as unknown as { user?: string; views?: number };
        session.views = (session.views ?? 0) + 1;
        res.json([session.user ?? null, session.views, Object.keys(session)]);
      });
      app.get("/logout", (req, res, next) => {
        req.session.destroy((error) => error ? next(error) : res.send("bye"));
      });
      return listen(app);
    };
    const options = {
      secret: SECRET,
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: HOUR },
    };
    const before = await application(
      realSession({ ...options, store: new TheirStore({ client, prefix: "" }) }),
    );
    const after = await application(
      ourSession({ ...options, store: memcachedStore({ client, prefix: "" }) }) as never,
    );
    const login = await fetch(`${before}/login`);
    const cookie = login.headers.get("set-cookie")!.split(";")[0]!;
    const visit = async (origin: string) => {
      const answer = await fetch(origin, { headers: { cookie } });
      return await answer.json() as unknown;
    };
    const keys = ["cookie", "user", "views"];
    expect(await visit(before)).toEqual(["ada", 1, keys]);
    expect(await visit(after)).toEqual(["ada", 2, keys]);
    expect(await visit(after)).toEqual(["ada", 3, keys]);
    expect(await visit(before)).toEqual(["ada", 4, keys]);
    expect(await visit(after)).toEqual(["ada", 5, keys]);
    await fetch(`${after}/logout`, { headers: { cookie } });
    for (const origin of [before, after]) {
      expect(await visit(origin)).toEqual([null, 1, keys.toSpliced(1, 1)]);
    }
  });

  test.each(CLIENTS)(
    "a Hono application by %s: parallel visits lose nothing, and a logout is final",
    async (name) => {
      const [each, close] = connect(name, server.port);
      closing.push(close);
      const app = new Hono()
        .use(honoSession<{ views: number; cart: Record<string, boolean> }>({
          secret: SECRET,
          store: memcachedStore({ client: each }),
          cookie: { secure: false },
          name: "session",
        }))
        // A visit whose session another one has logged out meanwhile.
        .onError((error, c) => c.text((error as { code?: string }).code ?? "", 500))
        .get("/login", async (c) => {
          await c.var.session.login("ada");
          return c.text("welcome");
        })
        .get("/add", async (c) => {
          await c.var.session.update((data) => void (data.views = (data.views ?? 0) + 1));
          return c.text("added");
        })
        .get("/", (c) => c.json([c.var.session.subject ?? null, c.var.session.views ?? 0]))
        .get("/logout", async (c) => {
          await c.var.session.logout();
          return c.text("bye");
        });
      const listening = await new Promise<{ port: number }>((resolve) => {
        const opened = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, resolve);
        closing.push(() => opened.close());
      });
      const visit = (path: string, cookie = "") =>
        fetch(`http://127.0.0.1:${listening.port}${path}`, { headers: { cookie } });
      const cookieIn = (response: Response) => response.headers.get("set-cookie")!.split(";")[0]!;
      const anonymous = cookieIn(await visit("/add"));
      const cookie = cookieIn(await visit("/login", anonymous));
      const burst = await Promise.all(Array.from({ length: 50 }, () => visit("/add", cookie)));
      expect(burst.filter(({ status }) => status !== 200)).toEqual([]);
      expect(await (await visit("/", cookie)).json()).toEqual(["ada", 51]);
      expect(await (await visit("/", anonymous)).json()).toEqual([null, 0]);
      await Promise.all([
        visit("/logout", cookie),
        ...Array.from({ length: 20 }, () => visit("/add", cookie)),
      ]);
      expect(await (await visit("/", cookie)).json()).toEqual([null, 0]);
    },
  );
});
