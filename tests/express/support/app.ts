/** A small application on a driver, for tests that tell one story. */
import { afterAll, beforeAll } from "vitest";
import { type Answer, type Call, cookieOf, Driver } from "./drive.ts";
import type { Any, Library } from "./libraries.ts";
import { makeStore, type StoreKind, type WatchedStore } from "./stores.ts";

let driver: Driver;

/** Starts the server the tests of this file talk to. */
export function useDriver(): void {
  beforeAll(async () => {
    driver = await Driver.start();
  });
  afterAll(() => driver.stop());
}

export type Handler = (req: Any, res: Any, next: Any) => unknown;

export interface AppOptions {
  readonly library: Library;
  readonly options?: Record<string, Any>;
  readonly kind?: StoreKind;
  /** Runs before the session middleware. */
  readonly before?: Handler;
}

export interface App {
  readonly watched: WatchedStore;
  readonly middleware: Any;
  readonly errors: Error[];
  /** Handles the next requests. */
  handler: Handler;
  /** Sends a request, with the cookie value if one is given. */
  get(cookie?: string, call?: Call): Promise<Answer>;
  /** Runs a handler and says which cookie value came back. */
  play(
    handler: Handler,
    cookie?: string,
    call?: Call,
  ): Promise<Answer & { cookie: string | undefined }>;
  /** The verbs asked of the store since the last look. */
  verbs(): string[];
}

export function makeApp({ library, options = {}, kind = "async", before }: AppOptions): App {
  const watched = makeStore(kind, library);
  const name = options["name"] ?? "connect.sid";
  const middleware = library.session({
    secret: "keyboard cat",
    resave: false,
    saveUninitialized: false,
    store: watched.store,
    ...options,
  });
  const errors: Error[] = [];
  let seen = 0;
  const app: App = {
    watched,
    middleware,
    errors,
    handler: (_req, res) => res.end(),
    async get(cookie, call = {}) {
      driver.handler = (req, res) => {
        const next = (error?: Error) => {
          if (error) {
            errors.push(error);
            if (res.headersSent) return;
            res.statusCode = 500;
            res.end(error.message);
            return;
          }
          void (async () => {
            try {
              await app.handler(req, res, next);
            } catch (thrown) {
              next(thrown as Error);
            }
          })();
        };
        if (before) before(req, res, () => middleware(req, res, next));
        else middleware(req, res, next);
      };
      const headers: Record<string, string | string[]> = { ...call.headers };
      if (cookie !== undefined) headers["Cookie"] = `${name}=${cookie}`;
      const answer = await driver.call({ ...call, headers });
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
      return answer;
    },
    async play(handler, cookie, call) {
      app.handler = handler;
      const answer = await app.get(cookie, call);
      return { ...answer, cookie: cookieOf(answer, name) };
    },
    verbs() {
      const verbs = watched.log.slice(seen).map(({ verb }) => verb);
      seen = watched.log.length;
      return verbs;
    },
  };
  return app;
}

/** A handler that writes to the session. */
export const write: Handler = (req, res) => {
  req.session.n = (req.session.n ?? 0) + 1;
  res.end(`${req.session.n}`);
};
/** A handler that does nothing. */
export const idle: Handler = (_req, res) => void res.end("idle");
/** A handler that tells the session's data. */
export const tell: Handler = (req, res) => void res.end(JSON.stringify(req.session ?? null));

/** A promise of what a callback will be told. */
export function told(act: (done: (error?: Any, value?: Any) => void) => unknown): Promise<Any> {
  return new Promise((resolve, reject) => {
    act((error, value) => error ? reject(error) : resolve(value));
  });
}
