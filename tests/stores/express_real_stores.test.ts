/** The stores people use, behind Express, with parallel visits: session-file-store reads and writes in `touch()`. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, describe, expect, test } from "vitest";
import session from "../../src/express/mod.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const require = createRequire(import.meta.url);
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const folder = mkdtempSync(join(tmpdir(), "sessions-"));
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

const STORES: Record<string, () => Any> = {
  "session-file-store": () => {
    const FileStore = require("session-file-store")(session);
    return new FileStore({ path: folder, logFn: () => {}, reapInterval: -1, retries: 0 });
  },
  memorystore: () => new (require("memorystore")(session))({ checkPeriod: 0 }),
  "express-session's MemoryStore": () => new (require("express-session").MemoryStore)(),
};

interface App {
  readonly store: Any;
  /** A request for `slow` stands there, until it is called. */
  readonly goOn: Promise<() => void>;
  visit(path: string, cookie?: string): Promise<{ body: Any; cookie: string | undefined }>;
}

async function serve(store: Any): Promise<App> {
  const middleware = session({
    secret: "a secret of more than thirty-two bytes",
    resave: false,
    saveUninitialized: false,
    cookie: { maxAge: 60_000 },
    store,
  });
  let arrive!: (goOn: () => void) => void;
  const goOn = new Promise<() => void>((resolve) => arrive = resolve);
  const listener: RequestListener = (req: Any, res: Any) =>
    middleware(req, res, async () => {
      const [, act, key] = req.url.split("/");
      if (act === "login") req.session.user = "anna";
      if (act === "write") req.session[key] = 1;
      if (act === "slow") {
        req.session.late = 1;
        await new Promise<void>(arrive);
      }
      if (act === "clear") await new Promise<void>((done) => req.sessionStore.clear(done));
      if (act === "read") void req.session.user;
      const { cookie: _, ...data } = req.session;
      if (act === "logout") await req.session.destroy();
      res.end(JSON.stringify({ id: req.sessionID, data }));
    });
  const server = createServer(listener).listen(0, "127.0.0.1");
  servers.push(server);
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address() as AddressInfo;
  return {
    store,
    goOn,
    async visit(path, cookie) {
      const headers: Record<string, string> = cookie === undefined ? {} : { cookie };
      const response = await fetch(`http://127.0.0.1:${port}/${path}`, { headers });
      const set = response.headers.getSetCookie()[0]?.split(";")[0];
      return { body: await response.json(), cookie: set };
    },
  };
}

/** What the store itself keeps; a missing file is an error to one of them. */
const kept = (store: Any, id: string) =>
  new Promise<Any>((resolve) => {
    store.get(id, (_error: unknown, found: unknown) => resolve(found ?? undefined));
  });

describe.each(Object.entries(STORES))("%s", (_name, make) => {
  test("80 logouts beside visits that only read: 0 of them log in again", async () => {
    const { store, visit } = await serve(make());
    const revived: number[] = [];
    for (let round = 0; round < 80; round++) {
      const { cookie, body: { id } } = await visit("login");
      const visits = ["read", "read", "read", "logout", "read", "read"];
      await Promise.all(visits.map((path) => visit(path, cookie)));
      if (round % 8 === 0) collectGarbage();
      const { body } = await visit("read", cookie);
      if (body.data.user !== undefined || await kept(store, id)) revived.push(round);
    }
    expect(revived).toEqual([]);
  });

  test("60 changes beside visits that only read: 0 of them are lost", async () => {
    const { store, visit } = await serve(make());
    const lost: number[] = [];
    for (let round = 0; round < 60; round++) {
      const { cookie, body: { id } } = await visit("login");
      const visits = ["read", "write/a", "read", "read", "write/b", "read"];
      await Promise.all(visits.map((path) => visit(path, cookie)));
      if (round % 8 === 0) collectGarbage();
      const expected = { user: "anna", a: 1, b: 1 };
      const { body } = await visit("read", cookie);
      const own = await kept(store, id);
      if (own?.a !== 1 || own.b !== 1) lost.push(round);
      expect.soft(body.data).toMatchObject(expected);
    }
    expect(lost).toEqual([]);
  });

  test("clear() beside a slow request: its login does not come back, and others begin", async () => {
    const app = await serve(make());
    const { cookie } = await app.visit("login");
    const slow = app.visit("slow", cookie);
    const goOn = await app.goOn;
    await app.visit("clear");
    const later = await app.visit("login");
    goOn();
    await slow;
    const users = [];
    for (const each of [cookie, later.cookie]) {
      users.push((await app.visit("read", each)).body.data.user);
    }
    expect(users).toEqual([undefined, "anna"]);
  });
});
