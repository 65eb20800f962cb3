/** Both entries as one, down to the bytes of the headers: what the checklist's own tests are asked of. */
import { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { createSessions, lock as lockWeb, type LockOptions } from "../../mod.ts";
import type { Clock } from "../../src/clock.ts";
import session, {
  elevate,
  infoOf,
  lock,
  login,
  logout,
  toExpressStore,
  update,
} from "../../src/express/mod.ts";
import { type MemorySessionStore, memoryStore } from "../../src/stores/memory.ts";
import { intercept } from "../../src/testing/intercept.ts";

// deno-lint-ignore no-explicit-any
export type Any = any;

export const SECRET = "a secret of more than thirty-two bytes";

/** What a handler is given. */
export interface Scene {
  readonly session: Any;
  readonly authenticatedAt: number | undefined;
  login(subject: string): Promise<void>;
  logout(): Promise<void>;
  elevate(): Promise<void>;
  update(change: (data: Any) => unknown): Promise<unknown>;
  lock(act: (signal: AbortSignal) => unknown, options?: LockOptions): Promise<unknown>;
}

export type Handler = (scene: Scene) => unknown;

export interface Answer {
  readonly status: number;
  readonly setCookies: readonly string[];
  /** The cookie header a browser sends next time. */
  readonly cookie: string | undefined;
  /** What the framework was told, or caught. */
  readonly error: Any;
  readonly result: Any;
}

/** How it is asked, and what the handler answers. */
export interface Given {
  /** @default {200} */
  readonly status?: number;
  /** @default {"/"} */
  readonly path?: string;
  /** Headers of the request, beside the cookie. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Cookies that the handler sets itself. */
  readonly others?: readonly string[];
}

export interface App {
  readonly store: MemorySessionStore;
  /** The verbs the store was asked, and of which ids. */
  readonly calls: string[];
  /** Does what it says before each call of the store. */
  before: (verb: string) => unknown;
  ask(cookie?: string, handler?: Handler, given?: Given): Promise<Answer>;
  on(event: string, listener: (event: Any) => void): void;
  list(subject: string): Promise<readonly unknown[]>;
  revokeAll(subject: string): Promise<number>;
}

export interface AppOptions {
  readonly [option: string]: unknown;
  readonly clock?: Clock;
  /** Whose store it has: as another process. */
  readonly beside?: App;
}

export const ENTRIES: Record<"Express" | "Web", (options?: AppOptions) => App> = {
  Express: (options = {}) => make(options, expressEntry),
  Web: (options = {}) => make(options, webEntry),
};

type Exchange = (
  cookie: string | undefined,
  handler: Handler,
  given: Given,
) => Promise<Omit<Answer, "cookie">>;

function make(
  { beside, ...given }: AppOptions,
  entry: (options: Any) => { exchange: Exchange; sessions: Any },
): App {
  const now = () => given.clock?.now() ?? Date.now();
  const store = beside?.store ?? memoryStore({ sweepInterval: 0, now });
  const calls: string[] = [];
  const watched = intercept(store, async (call, proceed) => {
    calls.push(`${call.verb} ${call.args[0]}`);
    await app.before(call.verb);
    return await proceed();
  });
  const options = { secret: SECRET, name: "sid", cookie: { secure: false }, ...given };
  const { exchange, sessions } = entry({ store: watched, ...options });
  const app: App = {
    store,
    calls,
    before: () => {},
    async ask(cookie, handler = () => {}, asked = {}) {
      const answer = await exchange(cookie, handler, asked);
      const pair = answer.setCookies.find((text) => text.startsWith("sid="))?.split(";")[0];
      return { ...answer, cookie: pair === "sid=" ? undefined : pair ?? cookie };
    },
    on: (event, listener) => void sessions.on(event, listener),
    list: (subject) => sessions.list(subject),
    revokeAll: (subject) => sessions.revokeAll(subject),
  };
  return app;
}

/** Express removes a dead cookie where it is told to; the Web always does. */
function webEntry({ clearCookie: _, ...options }: Any): { exchange: Exchange; sessions: Any } {
  const sessions = createSessions<Any>(options);
  const exchange: Exchange = async (cookie, handler, given) => {
    const { status = 200, path = "/", headers: extra = {}, others = [] } = given;
    let result: unknown;
    const headers = { ...extra, ...cookie !== undefined && { cookie } };
    const handle = sessions.wrap(async (_request, session) => {
      result = await handler({
        session,
        get authenticatedAt() {
          return session.authenticatedAt;
        },
        login: (subject) => session.login(subject),
        logout: () => session.logout(),
        elevate: () => session.elevate(),
        update: (change) => session.update(change as never),
        lock: (act, options) => lockWeb(session, act, options),
      });
      const response = new Response("done", { status });
      for (const other of others) response.headers.append("set-cookie", other);
      return response;
    });
    try {
      const response = await handle(new Request(new URL(path, "https://app.test/"), { headers }));
      const setCookies = response.headers.getSetCookie();
      return { status: response.status, setCookies, error: undefined, result };
    } catch (error) {
      return { status: 500, setCookies: [], error, result };
    }
  };
  return { exchange, sessions };
}

function expressEntry({ store, ...options }: Any): { exchange: Exchange; sessions: Any } {
  const middleware = session({
    resave: false,
    saveUninitialized: false,
    ...options,
    store: toExpressStore(store),
  });
  return { sessions: middleware, exchange: (...given) => nodeExchange(middleware, ...given) };
}

/** Node's own request and response on a socket of paper. */
function nodeExchange(
  middleware: Any,
  cookie: string | undefined,
  handler: Handler,
  { status = 200, path = "/", headers = {}, others = [] }: Given,
): Promise<Omit<Answer, "cookie">> {
  let text = "";
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  }) as unknown as Socket;
  const req: Any = new IncomingMessage(socket);
  Object.assign(req, { url: path, method: "GET" });
  Object.assign(req.headers, headers, cookie !== undefined && { cookie });
  const res = new ServerResponse(req);
  res.assignSocket(socket);
  let error: unknown;
  let result: unknown;
  const failed = (reason: unknown) => {
    error = reason;
    if (res.headersSent) return;
    res.statusCode = 500;
    res.end("error page");
  };
  return new Promise((resolve) => {
    res.once("finish", async () => {
      // What is told late is told as well.
      await new Promise(setImmediate);
      const head = text.slice(0, text.indexOf("\r\n\r\n"));
      const setCookies = [...head.matchAll(/^Set-Cookie: (.*)$/gim)].map(([, field]) => field!);
      resolve({ status: Number(head.split(" ")[1]), setCookies, error, result });
    });
    middleware(req, res, async (reason?: unknown) => {
      if (reason) return failed(reason);
      try {
        result = await handler({
          get session() {
            return req.session;
          },
          get authenticatedAt() {
            return infoOf(req).authenticatedAt;
          },
          login: (subject) => login(req, subject),
          logout: () => logout(req),
          elevate: () => elevate(req),
          update: (change) => update(req, change as never),
          lock: (act, options) => lock(req, act, options),
        });
        res.statusCode = status;
        if (others.length > 0) res.setHeader("Set-Cookie", others);
        res.end("done");
      } catch (thrown) {
        failed(thrown);
      }
    });
  });
}

/** The cookie of a new session with these data. */
export async function begin(app: App, data: object = { a: 1 }): Promise<string> {
  const { cookie, error } = await app.ask(undefined, ({ session }) => {
    Object.assign(session, data);
  });
  if (error !== undefined || cookie === undefined) throw error ?? new Error("no cookie");
  return cookie;
}

/** The data a cookie leads to, by a visit that changes nothing. */
export async function dataOf(app: App, cookie: string | undefined): Promise<Any> {
  const { result } = await app.ask(cookie, ({ session }) => {
    const { cookie: _, ...data } = { ...session };
    return { ...data };
  });
  return result;
}
