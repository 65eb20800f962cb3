/** An Express app and a fetch handler continue each other's sessions. */
import type { AddressInfo } from "node:net";
import type { Server } from "node:http";
import express from "express";
import { afterAll, describe, expect, test } from "vitest";
import { createSessions, type SessionStore } from "../../mod.ts";
import expressSession, { fromExpressStore, Store } from "../../src/express/mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type Any, cookieOf, request, SECRET, visit } from "./support.ts";

const servers: Server[] = [];
afterAll(() => servers.forEach((server) => server.close()));

async function serveExpress(store: unknown, name: string): Promise<string> {
  const app = express();
  app.use(expressSession({
    ...{ secret: SECRET, name, store: store as never, resave: false, saveUninitialized: false },
  }));
  app.get("/set", (req, res) => {
    Object.assign(req.session as Any, req.query);
    res.send("set");
  });
  app.get("/login", async (req, res) => {
    await expressSession.login(req, "ada");
    res.send("in");
  });
  app.get("/logout", async (req, res) => {
    await expressSession.logout(req);
    res.send("out");
  });
  app.get("/get", (req, res) => {
    const { cookie: _, ...data } = req.session as Any;
    res.json(data);
  });
  const server = app.listen(0, "127.0.0.1");
  servers.push(server);
  await new Promise((done) => server.once("listening", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const native = memoryStore();

/** A store as third parties write them: nothing but callbacks. */
class ForeignStore extends Store {
  readonly texts = new Map<string, string>();
  override get(id: string, done: (error: unknown, session?: never) => void): void {
    setImmediate(() => done(null, JSON.parse(this.texts.get(id) ?? "null") as never));
  }
  override set(id: string, session: unknown, done?: () => void): void {
    this.texts.set(id, JSON.stringify(session));
    setImmediate(() => done?.());
  }
  override destroy(id: string, done?: () => void): void {
    this.texts.delete(id);
    setImmediate(() => done?.());
  }
}

const callback = new ForeignStore();
const pairs: [string, { web: SessionStore; express: unknown }][] = [
  ["a native store", { web: native, express: native }],
  ["a callback store", { web: fromExpressStore(callback), express: callback }],
];
for (const [what, stores] of pairs) {
  describe(`on ${what}`, () => {
    const name = "connect.sid";
    const sessions = createSessions<Any>({ secret: SECRET, name, store: stores.web });
    const ask = async (path: string, cookie?: string) => {
      base ??= await serveExpress(stores.express, name);
      return await fetch(base + path, cookie === undefined ? {} : { headers: { cookie } });
    };
    let base: string | undefined;
    const web = async (cookie: string | undefined, act: (session: Any) => unknown) => {
      let result: unknown;
      const response = await sessions.wrap(async (_request, session) => {
        result = await act(session);
        return new Response("ok");
      })(request(cookie));
      return { response, result };
    };

    test("what Express began, the fetch entry continues, and back", async () => {
      const cookie = cookieOf(await ask("/set?user=ada"), name);
      const { result } = await web(cookie, (session) => {
        const { user } = session;
        session.seen = true;
        return user;
      });
      expect(result).toBe("ada");
      expect(await (await ask("/get", cookie)).json()).toEqual({ user: "ada", seen: true });
    });

    test("what the fetch entry began, Express continues", async () => {
      const { response } = await web(undefined, (session) => void (session.user = "eve"));
      const cookie = cookieOf(response, name);
      await ask("/set?more=1", cookie);
      expect((await web(cookie, (session) => [session.user, session.more])).result)
        .toEqual(["eve", "1"]);
    });

    test("a login or logout at one door counts at the other", async () => {
      const first = cookieOf(await ask("/set?n=1"), name);
      const second = cookieOf(await ask("/login", first), name);
      expect((await web(second, (session) => session.subject)).result).toBe("ada");
      expect((await web(first, (session) => session.n)).result).toBeUndefined();
      const { response } = await web(second, (session) => session.login("bob", { keep: true }));
      const third = cookieOf(response, name);
      expect(await (await ask("/get", second)).json()).toEqual({});
      expect((await (await ask("/get", third)).json())["n"]).toBe("1");
      await ask("/logout", third);
      expect((await web(third, (session) => session.n)).result).toBeUndefined();
    });

    test("a slow request at one door revives nothing that ended at the other", async () => {
      const cookie = cookieOf(await ask("/set?n=1"), name);
      await web(cookie, async (session) => {
        await ask("/logout", cookie);
        session.n = 2;
      });
      expect((await web(cookie, (session) => session.n)).result).toBeUndefined();
      expect(await (await ask("/get", cookie)).json()).toEqual({});
    });
  });
}

test("the text they store is the same, cookie and all, but for what the Web notes of its beginning", async () => {
  const store = memoryStore();
  const base = await serveExpress(store, "sid");
  await fetch(`${base}/set?user=ada`);
  const sessions = createSessions<Any>({
    ...{ secret: SECRET, name: "sid", store, cookie: { secure: false, sameSite: undefined } },
  });
  await visit(sessions, undefined, (session) => void (session.user = "ada"));
  const [first, second] = store.ids().map((id) => store.peek(id)!.json);
  const { $websession, ...others } = JSON.parse(second!);
  expect($websession).toEqual({ createdAt: expect.any(Number), name: "sid" });
  expect(others).toEqual({
    ...JSON.parse(first!),
    cookie: JSON.parse(second!).cookie,
  });
  expect(Object.keys(JSON.parse(second!).cookie)).toEqual(
    expect.arrayContaining(Object.keys(JSON.parse(first!).cookie)),
  );
});
