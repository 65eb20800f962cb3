/** The servers and frameworks that take Express' middleware: sessions live there as they do on Express. */
import { createServer, type Server } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { connect as connectHttp2 } from "node:http2";
import { afterAll, describe, expect, test } from "vitest";
import { login } from "../../src/express/session_functions.ts";
import { makeStore, type WatchedStore } from "./support/stores.ts";
import { type Any, express4, express5, ours } from "./support/libraries.ts";

const require = createRequire(import.meta.url);

/** What every host is asked to do, with its own request and its own way to answer. */
type Act = (req: Any) => unknown;
const ACTS: Record<string, Act> = {
  "/write": (req) => String(req.session.n = (req.session.n ?? 0) + 1),
  "/read": (req) => JSON.stringify({ ...req.session, cookie: undefined }),
  "/login": async (req) => {
    await login(req, "anna");
    return "welcome";
  },
  "/logout": async (req) => {
    await new Promise<void>((done, failed) => {
      req.session.destroy((error: unknown) => error ? failed(error) : done());
    });
    return "bye";
  },
};

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly cookie: string | undefined;
}
type Ask = (path: string, cookie?: string) => Promise<Answer>;
type Middleware = (req: Any, res: Any, next: (error?: unknown) => void) => void;

const closings: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closings) await close();
});

const cookieIn = (field: string | string[] | null | undefined) =>
  /connect\.sid=([^;]*)/.exec(String(field ?? ""))?.[1];

async function listening(server: Server): Promise<Ask> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  closings.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return asking((server.address() as AddressInfo).port);
}

function asking(port: number): Ask {
  return async (path, cookie) => {
    const headers: Record<string, string> = cookie ? { cookie: `connect.sid=${cookie}` } : {};
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    const body = await response.text();
    return { status: response.status, body, cookie: cookieIn(response.headers.get("set-cookie")) };
  };
}

const EXPRESS = (express: Any) => (middleware: Middleware): Promise<Ask> => {
  const app = express();
  app.set("env", "test");
  app.use(middleware);
  app.use(async (req: Any, res: Any, next: Any) => {
    try {
      res.send(await ACTS[req.path]!(req));
    } catch (error) {
      next(error);
    }
  });
  app.use((error: Error, _req: Any, res: Any, _next: Any) => res.send(error.message));
  return listening(createServer(app));
};

async function fastify(plugin: string, middleware: Middleware, sends: boolean): Promise<Ask> {
  const app = require("fastify")();
  await app.register(require(plugin));
  app.use(middleware);
  // Only @fastify/express gives it a `send()`, after which `headersSent` is true at once.
  app.use("/express", async (req: Any, res: Any) => res.send(await ACTS[req.url]!(req)));
  app.get("/*", async (request: Any, reply: Any) => {
    const body = await ACTS[request.url]!(request.raw);
    if (!sends) return body;
    reply.send(body);
    return reply;
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  closings.push(() => app.close());
  return asking(app.server.address().port);
}

/** As koa-connect bridges: it resolves with what comes downstream, and hears one answer. */
function koa(middleware: Middleware): Promise<Ask> {
  const Koa = require("koa");
  const app = new Koa();
  app.silent = true;
  app.use((ctx: Any, next: Any) =>
    new Promise((resolve, reject) => {
      middleware(ctx.req, ctx.res, (error) => error ? reject(error) : resolve(next()));
    })
  );
  app.use(async (ctx: Any) => {
    ctx.body = await ACTS[ctx.path]!(ctx.req);
  });
  return listening(createServer(app.callback()));
}

function connect(middleware: Middleware): Promise<Ask> {
  const app = require("connect")();
  app.use(middleware);
  app.use((req: Any, res: Any, next: Any) => {
    Promise.resolve(ACTS[req.url]!(req)).then((body) => res.end(body), next);
  });
  app.use((error: Error, _req: Any, res: Any, _next: Any) => res.end(error.message));
  return listening(createServer(app));
}

async function nest(middleware: Middleware): Promise<Ask> {
  require("reflect-metadata");
  const { Controller, Get, Module, Req } = require("@nestjs/common");
  const { NestFactory } = require("@nestjs/core");
  class Visits {
    all(req: Any) {
      return ACTS[req.path]!(req);
    }
  }
  Req()(Visits.prototype, "all", 0);
  Get("*path")(Visits.prototype, "all", Object.getOwnPropertyDescriptor(Visits.prototype, "all"));
  Controller()(Visits);
  class Root {}
  Module({ controllers: [Visits] })(Root);
  const app = await NestFactory.create(Root, { logger: false });
  app.use(middleware);
  await app.listen(0, "127.0.0.1");
  closings.push(() => app.close());
  return asking(app.getHttpServer().address().port);
}

function serverless(middleware: Middleware): Ask {
  const app = express5();
  app.set("env", "test");
  app.use(middleware);
  app.use(async (req: Any, res: Any) => res.send(await ACTS[req.path]!(req)));
  app.use((error: Error, _req: Any, res: Any, _next: Any) => res.send(error.message));
  const handler = require("serverless-http")(app);
  return async (path, cookie) => {
    const event = {
      httpMethod: "GET",
      path,
      headers: cookie ? { cookie: `connect.sid=${cookie}` } : {},
      requestContext: {},
    };
    const { statusCode, body, headers, multiValueHeaders } = await handler(event, {});
    const field = multiValueHeaders?.["set-cookie"] ?? headers["set-cookie"];
    return { status: statusCode, body, cookie: cookieIn(field) };
  };
}

async function http2(middleware: Middleware): Promise<Ask> {
  const server = createHttp2Server((req, res) => {
    middleware(req, res, (error) => {
      if (error) return res.end((error as Error).message);
      Promise.resolve(ACTS[req.url]!(req)).then((body) => res.end(body as string));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  closings.push(() => {
    client.close();
    server.close();
  });
  return async (path, cookie) => {
    const stream = client.request({
      ":path": path,
      ...(cookie ? { cookie: `connect.sid=${cookie}` } : {}),
    });
    const headers = await new Promise<Any>((done) => stream.once("response", done));
    let body = "";
    for await (const chunk of stream) body += chunk;
    return { status: headers[":status"], body, cookie: cookieIn(headers["set-cookie"]) };
  };
}

async function expressOnFastify(middleware: Middleware): Promise<Ask> {
  const ask = await fastify("@fastify/express", middleware, false);
  return (path, cookie) => ask(`/express${path}`, cookie);
}

const HOSTS: Record<string, (middleware: Middleware) => Promise<Ask> | Ask> = {
  "Express 4": EXPRESS(express4),
  "Express 5": EXPRESS(express5),
  "connect": connect,
  "@fastify/express": (middleware) => fastify("@fastify/express", middleware, false),
  "@fastify/express with reply.send()": (middleware) =>
    fastify("@fastify/express", middleware, true),
  "@fastify/express with a handler of Express": expressOnFastify,
  "@fastify/middie": (middleware) => fastify("@fastify/middie", middleware, false),
  "Koa": koa,
  "Nest": nest,
  "serverless-http": serverless,
  "HTTP/2": http2,
};
/** Those that hear no second `next()`: the visitor waits for the error page until its time is up. */
const DEAF = ["Koa"];

describe.each(Object.entries(HOSTS))("%s", (name, host) => {
  async function hosted(kind: "async" | "memory") {
    const watched: WatchedStore = makeStore(kind, ours);
    const timers: (() => void)[] = [];
    const clock = {
      now: () => Date.now(),
      after: (ms: number, act: () => void) => {
        if (ms === 5000) timers.push(act);
        return () => {};
      },
    };
    const ask = await host(ours.session({
      secret: "keyboard cat",
      resave: false,
      saveUninitialized: false,
      store: watched.store,
      clock,
    }));
    return { ask, watched, timers };
  }

  test.each(["async", "memory"] as const)("a session, a login, a logout (%s)", async (kind) => {
    const { ask, watched } = await hosted(kind);
    const first = await ask("/write");
    expect([first.status, first.body]).toEqual([200, "1"]);
    expect(first.cookie).toBeDefined();
    const second = await ask("/write", first.cookie);
    expect([second.status, second.body, second.cookie]).toEqual([200, "2", undefined]);
    expect((await ask("/read", first.cookie)).body).toBe('{"n":2}');
    const welcome = await ask("/login", first.cookie);
    expect([welcome.status, welcome.body]).toEqual([200, "welcome"]);
    expect(welcome.cookie).not.toBe(first.cookie);
    expect((await ask("/read", first.cookie)).body).toBe("{}");
    expect((await ask("/read", welcome.cookie)).body).toBe('{"n":2}');
    expect((await ask("/logout", welcome.cookie)).body).toBe("bye");
    expect((await ask("/read", welcome.cookie)).body).toBe("{}");
    expect(watched.content()).toEqual({});
  });

  test("what could not be stored is no success, and has no cookie", async () => {
    const { ask, watched, timers } = await hosted("async");
    watched.store.set = (_id: string, _session: Any, done: Any) => {
      setImmediate(done, new Error("disk full"));
      if (!DEAF.includes(name)) return;
      // The turn after the error was told, its time is up.
      setImmediate(() => setImmediate(() => setImmediate(() => timers.forEach((act) => act()))));
    };
    const answer = await ask("/write");
    expect([answer.status, answer.cookie]).toEqual([500, undefined]);
    expect(answer.body).not.toBe("1");
  });
});
