/** `signalOf(req)`: a connection that outlives its request ends with its session. */
import express from "express";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Server as SocketServer } from "socket.io";
import { io } from "socket.io-client";
import { afterEach, describe, expect, test } from "vitest";
import { createSessions } from "../../mod.ts";
import { liveSessionsOf } from "../../src/core/live_sessions.ts";
import session, { login, logout, SessionError, signalOf } from "../../src/express/mod.ts";
import { fromExpressStore } from "../../src/stores/express.ts";
import { memoryStore } from "../../src/stores/memory.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const SECRET = "a secret of the tests, 32 bytes+";
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** An application whose sessions end, move and are listened to. */
async function start(options: Any = {}, store: Any = memoryStore({ sweepInterval: 0 })) {
  const sessions = session({
    secret: SECRET,
    resave: false,
    saveUninitialized: false,
    store,
    ...options,
  });
  const signals: AbortSignal[] = [];
  const app = express();
  app.use(sessions as Any);
  app.get("/login", async (req, res) => {
    await login(req, "ada");
    res.end();
  });
  app.get("/logout", async (req, res) => {
    await logout(req);
    res.end();
  });
  app.get("/destroy", (req: Any, res) => req.session.destroy(() => res.end()));
  app.get("/store", (req: Any, res) => req.sessionStore.destroy(req.sessionID, () => res.end()));
  app.get("/anew", (req: Any, res) => req.session.regenerate(() => res.end()));
  app.get("/move", async (req: Any, res) => {
    await req.session.regenerate({ keep: true });
    res.end();
  });
  app.get("/ask", (req, res) => {
    signals.push(signalOf(req));
    res.end();
  });
  app.get("/late", async (req: Any, res) => {
    await req.session.destroy();
    signals.push(signalOf(req));
    res.end();
  });
  app.get("/events", (req, res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write("data: 1\n\n");
    signalOf(req).addEventListener("abort", () => res.end("data: over\n\n"));
  });
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => new Promise((done) => (server.closeAllConnections(), server.close(done))));
  const { port } = server.address() as AddressInfo;
  const get = async (path: string, cookie?: string) => {
    const headers = cookie === undefined ? {} : { cookie };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    const set = response.headers.getSetCookie()[0]?.split(";")[0];
    return { response, cookie: set ?? cookie! };
  };
  const ask = async (cookie?: string) => {
    await get("/ask", cookie);
    return signals.at(-1)!;
  };
  return { ask, get, port, server, sessions, signals, store };
}

const whyOf = ({ aborted, reason }: AbortSignal) => aborted && (reason as SessionError).why;

/** A callback store as an application brings it. */
function callbackStore() {
  const texts = new Map<string, string>();
  const later = (done: Any, value?: unknown) => void setImmediate(() => done?.(null, value));
  return {
    get: (id: string, done: Any) => later(done, JSON.parse(texts.get(id) ?? "null")),
    set: (id: string, data: unknown, done: Any) => {
      texts.set(id, JSON.stringify(data));
      later(done);
    },
    destroy: (id: string, done: Any) => (texts.delete(id), later(done)),
    on: () => {},
    createSession: session.Store.prototype.createSession,
    regenerate: session.Store.prototype.regenerate,
    load: session.Store.prototype.load,
  };
}

describe.each([
  ["a native store", () => memoryStore({ sweepInterval: 0 })],
  ["the default store", () => undefined],
  ["a callback store", callbackStore],
])("on %s a signal aborts", (_name, make) => {
  test.each([
    ["/logout", "destroyed"],
    ["/destroy", "destroyed"],
    ["/store", "destroyed"],
    ["/anew", "destroyed"],
    ["/login", "login"],
    ["/move", false],
  ])("after %s: %s", async (path, why) => {
    const { ask, get } = await start({}, make());
    const { cookie } = await get("/login");
    const signal = await ask(cookie);
    expect(signal.aborted).toBe(false);
    const { cookie: next } = await get(path, cookie);
    expect(whyOf(signal)).toBe(why);
    if (why !== false) return;
    await get("/logout", next);
    expect(signal.reason).toBeInstanceOf(SessionError);
    expect(whyOf(signal)).toBe("destroyed");
  });
});

test("revoked: by a handle, with all of its subject, to make room", async () => {
  const { ask, get, sessions } = await start({ maxSessions: 2 });
  const asked = async () => await ask((await get("/login")).cookie);
  const first = await asked();
  await sessions.revoke((await sessions.list("ada"))[0]!.handle);
  const second = await asked();
  const [third, fourth] = [await asked(), await asked()];
  expect([first, second, third].map(whyOf)).toEqual(["revoked", "revoked", false]);
  await sessions.revokeAll("ada");
  expect([third, fourth].map(whyOf)).toEqual(["revoked", "revoked"]);
});

test("asked for when the session is over, it has aborted; without a session it waits for one", async () => {
  const { ask, get, signals } = await start();
  await get("/late", (await get("/login")).cookie);
  expect(whyOf(signals.at(-1)!)).toBe("destroyed");
  expect((await ask()).aborted).toBe(false);
  expect(() => signalOf({ headers: {} })).toThrow(/No session middleware/);
});

test("a Web entry on the same callback store is heard of", async () => {
  const { get } = await start({}, callbackStore());
  const store = callbackStore();
  const web = createSessions<Any>({
    secret: SECRET,
    name: "connect.sid",
    cookie: { secure: false },
    store: fromExpressStore(store as never),
  });
  const other = await start({}, store);
  const { cookie } = await other.get("/login");
  const signal = await other.ask(cookie);
  await web.wrap(async (_request, own) => {
    await own.logout();
    return new Response();
  })(new Request("http://app.test/", { headers: { cookie } }));
  expect(whyOf(signal)).toBe("destroyed");
  await get("/login");
});

test("server-sent events end with their session, and nothing is kept for those that were left", async () => {
  const { get, store } = await start();
  const { cookie } = await get("/login");
  const { response } = await get("/events", cookie);
  await get("/logout", cookie);
  expect(await response.text()).toBe("data: 1\n\ndata: over\n\n");
  expect(liveSessionsOf(store)?.size).toBe(0);
});

/** A server with socket.io behind the same middleware. */
function withSockets(server: Server, sessions: Any) {
  const sockets = new SocketServer(server);
  sockets.engine.use(sessions);
  sockets.on("connection", (socket) => {
    const request = socket.request as IncomingMessage;
    signalOf(request).addEventListener("abort", () => socket.disconnect(true));
    socket.emit("welcome");
  });
  closing.unshift(() => sockets.close());
}

test.each([["websocket"], ["polling"]])(
  "socket.io over %s disconnects with its session",
  async (transport) => {
    const { get, port, server, sessions } = await start();
    withSockets(server, sessions);
    const { cookie } = await get("/login");
    const client = io(`http://127.0.0.1:${port}`, {
      transports: [transport!],
      extraHeaders: { cookie },
      reconnection: false,
    });
    closing.unshift(() => client.close());
    await new Promise<void>((resolve, reject) => {
      client.once("welcome", resolve);
      client.once("connect_error", reject);
    });
    const gone = new Promise<string>((resolve) => client.once("disconnect", resolve));
    await get("/logout", cookie);
    expect(await gone).toBe("io server disconnect");
  },
);
