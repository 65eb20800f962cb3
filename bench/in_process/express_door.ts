/** The Express entry against express-session and cookie-session, on real `node:http` objects. */
import cookieSession from "cookie-session";
import express from "express";
import expressSession from "express-session";
import type { IncomingMessage, ServerResponse } from "node:http";
import websession from "../../src/express/mod.ts";
import { cookieHeader, newId, SECRET, signedValue } from "../lib/cookies.ts";
import { exchange, inspect, type NodeHandler } from "../lib/node_exchange.ts";
import { dataOf } from "../lib/payload.ts";
import type { Contestant } from "../lib/rounds.ts";
import type { Scenario } from "../scenarios.ts";

const MAX_AGE = 24 * 60 * 60 * 1000;

/** The contestant whose sessions have an `absoluteTimeout`. */
export const CLOCKED = "websession, absoluteTimeout";

const MOST_LOGINS = 30_000;

// deno-lint-ignore no-explicit-any
type Loose = any;
type Middleware = (
  req: Loose,
  res: Loose,
  next: (error?: unknown) => void,
) => void;
type Handler = (req: Loose, res: ServerResponse) => void;

/** A way to run middleware and a handler. */
type Runner = (
  middleware: Middleware | undefined,
  handler: Handler,
) => NodeHandler;

const connectStyle: Runner = (middleware, handler) => {
  if (middleware === undefined) return handler;
  return (req, res) =>
    middleware(req, res, (error) => {
      if (error) throw error;
      handler(req, res);
    });
};

const expressApp: Runner = (middleware, handler) => {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  if (middleware !== undefined) app.use(middleware);
  app.all("/", handler as Loose);
  return app as unknown as NodeHandler;
};

export const RUNNERS: Readonly<Record<string, Runner>> = {
  "connect style": connectStyle,
  "Express 5": expressApp,
};

function done(res: ServerResponse): void {
  res.setHeader("Content-Type", "text/plain");
  res.end("ok");
}

/** The same application code for every session middleware with express-session's API. */
const ACTS: Readonly<Record<Scenario["act"], Handler>> = {
  nothing: (_req, res) => done(res),
  ask: (req, res) => {
    if (req.session.user !== undefined) {
      throw new Error("Nobody should be there");
    }
    done(res);
  },
  read: (req, res) => {
    if (req.session.user === undefined) {
      throw new Error("The session was not found");
    }
    done(res);
  },
  write: (req, res) => {
    req.session.views = (req.session.views ?? 0) + 1;
    done(res);
  },
  login: (req, res) => {
    req.session.regenerate((error: unknown) => {
      if (error) throw error;
      req.session.user = { id: "u-1", name: "Ada Lovelace", roles: ["reader"] };
      done(res);
    });
  },
  logout: (req, res) => {
    req.session.destroy((error: unknown) => {
      if (error) throw error;
      done(res);
    });
  },
};

const COOKIE_ACTS: Readonly<Record<Scenario["act"], Handler>> = {
  ...ACTS,
  login: (req, res) => {
    req.session = {
      user: { id: "u-1", name: "Ada Lovelace", roles: ["reader"] },
    };
    done(res);
  },
  logout: (req, res) => {
    req.session = null;
    done(res);
  },
};

/** Puts a session of express-session's shape into a callback store. */
function seed(store: Loose, id: string, bytes: number, index: number): void {
  const expires = new Date(Date.now() + MAX_AGE);
  const cookie = {
    originalMaxAge: MAX_AGE,
    expires,
    httpOnly: true,
    path: "/",
  };
  store.set(id, { cookie, ...dataOf(bytes, index) });
}

function withStore(
  name: string,
  scenario: Scenario,
  runner: Runner,
  make: () => { store: Loose; middleware: Middleware },
): Contestant {
  const { store, middleware } = make();
  const handler = runner(middleware, ACTS[scenario.act]);
  const { method, bytes, visitors } = scenario;
  let cookies: (string | undefined)[] = [undefined];
  let seeded = false;
  let logins = 0;
  return {
    name,
    prepare(count) {
      if (scenario.act === "login") {
        // Each makes one session more: a store of some size, not one without end.
        logins += count;
        if (logins <= MOST_LOGINS) return;
        logins = 0;
      } else if (seeded && scenario.act !== "logout") return;
      seeded = true;
      store.clear();
      if (bytes === 0) return;
      cookies = Array.from({
        length: scenario.act === "logout" ? count : visitors,
      }, (_, index) => {
        const id = newId();
        seed(store, id, bytes, index);
        return `connect.sid=${signedValue(id)}`;
      });
    },
    request: (index) => exchange(handler, method, cookies[index % cookies.length]),
  };
}

const sessionOptions = (store: Loose): Loose => ({
  store,
  secret: SECRET,
  resave: false,
  saveUninitialized: false,
  cookie: { maxAge: MAX_AGE },
});

export function ours(
  scenario: Scenario,
  runner: Runner,
  name = "websession",
  more: object = {},
): Contestant {
  return withStore(name, scenario, runner, () => {
    const store = new websession.MemoryStore();
    return {
      store,
      middleware: websession({ ...sessionOptions(store), ...more }) as Middleware,
    };
  });
}

export function expressSessionPeer(
  scenario: Scenario,
  runner: Runner,
): Contestant {
  return withStore("express-session", scenario, runner, () => {
    const store = new expressSession.MemoryStore();
    return {
      store,
      middleware: expressSession(sessionOptions(store)) as Middleware,
    };
  });
}

function cookieSessionPeer(scenario: Scenario, runner: Runner): Contestant {
  const middleware = cookieSession({
    name: "session",
    keys: [SECRET],
    maxAge: MAX_AGE,
  }) as Middleware;
  const handler = runner(middleware, COOKIE_ACTS[scenario.act]);
  let cookies: (string | undefined)[] = [undefined];
  return {
    name: "cookie-session",
    async prepare() {
      if (scenario.bytes === 0 || cookies[0] !== undefined) return;
      const visitors = scenario.visitors || 200;
      cookies = [];
      for (let index = 0; index < visitors; index++) {
        const fill = connectStyle(middleware, (req, res) => {
          req.session = dataOf(scenario.bytes, index);
          done(res);
        });
        cookies.push(cookieHeader((await inspect(fill, "GET")).setCookies));
      }
    },
    request: (index) => exchange(handler, scenario.method, cookies[index % cookies.length]),
  };
}

function floor({ method }: Scenario, runner: Runner): Contestant {
  const empty = runner(undefined, ACTS.nothing);
  return { name: "floor", request: () => exchange(empty, method, FLOOR_COOKIE) };
}

/** The floor first, then ours as it is and with a limit for its sessions' age. */
export function clockedDoor(scenario: Scenario, runner: Runner): Contestant[] {
  return [
    floor(scenario, runner),
    ours(scenario, runner),
    ours(scenario, runner, CLOCKED, { absoluteTimeout: MAX_AGE }),
  ];
}

/** The floor first, then ours, then the peers that can do this work. */
export function expressDoor(scenario: Scenario, runner: Runner): Contestant[] {
  const contestants = [
    floor(scenario, runner),
    ours(scenario, runner),
    expressSessionPeer(scenario, runner),
  ];
  // Browsers drop cookies above 4096 bytes.
  if (scenario.bytes < 3000) {
    contestants.push(cookieSessionPeer(scenario, runner));
  }
  return contestants;
}

const FLOOR_COOKIE = `connect.sid=${signedValue(newId())}`;

/** Runs each act once and checks what it must have done; a contestant that does less is out. */
export async function checkExpressDoor(runner: Runner): Promise<void> {
  for (
    const make of [
      () => new websession.MemoryStore(),
      () => new expressSession.MemoryStore(),
    ]
  ) {
    const store = make() as Loose;
    const factory = store instanceof (websession.MemoryStore as Loose)
      ? websession
      : expressSession;
    const middleware = (factory as Loose)(sessionOptions(store)) as Middleware;
    const run = (act: Scenario["act"], cookie?: string) =>
      inspect(runner(middleware, ACTS[act]), "GET", cookie);
    const stored = () =>
      new Promise<Loose>((resolve) =>
        store.all((_: unknown, all: Loose) => resolve(Object.values(all)))
      );
    const must = (holds: boolean, what: string): void => {
      if (!holds) {
        throw new Error(
          `${factory === websession ? "websession" : "express-session"}: ${what}`,
        );
      }
    };
    const anonymous = await run("nothing");
    must(
      anonymous.text.includes("ok") && anonymous.setCookies.length === 0,
      "anonymous sets no cookie",
    );
    must((await stored()).length === 0, "anonymous stores nothing");
    const login = await run("login");
    must(login.setCookies.length === 1, "login sets a cookie");
    const cookie = cookieHeader(login.setCookies);
    must(
      (await run("read", cookie)).text.includes("ok"),
      "read finds the session",
    );
    await run("write", cookie);
    must((await stored())[0].views === 1, "write is stored");
    await run("logout", cookie);
    must((await stored()).length === 0, "logout removes the record");
  }
}

export type { IncomingMessage };
