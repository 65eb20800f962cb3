/**
 * Sessions for Hono, on every runtime Hono runs on.
 *
 * @example
 * ```ts
 * import { Hono } from "hono";
 * import { session } from "@websession/websession/hono";
 *
 * const app = new Hono()
 *   .use(session<{ views: number }>({ secret: "x".repeat(32) }))
 *   .get("/", (c) => {
 *     const { session } = c.var;
 *     session.views = (session.views ?? 0) + 1;
 *     return c.text(`${session.views} views`);
 *   });
 * const response = await app.request("/");
 * if (!response.headers.has("set-cookie")) throw new Error("no cookie");
 * ```
 *
 * @module
 */
import type { Context, Env, MiddlewareHandler } from "hono";
import { kindOf, SessionError, type SessionErrorCode } from "../errors.ts";
import type { SealedSessionOptions, SessionOptions } from "./options.ts";
import type { NameOfTheSession, Session, SessionShape } from "./session.ts";
import { answerOf, openSession } from "./open_session.ts";
import type { RequestSession } from "./request_session.ts";
import type { Sessions } from "./fetch.ts";
import { after, isPromise } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import { type LazyAdapter, lazyAdapterOf, webAdapter } from "./web_adapter.ts";
import { respond } from "./response.ts";
import { respondThrown, wasAborted } from "./thrown.ts";

export { SessionError, type SessionErrorCode };
export type * from "./option_types.ts";
export type { NameOfTheSession, SealedSessionOptions, Session, SessionOptions, SessionShape };

/** Options of the middleware: those of every Web entry, and the variable's name. */
export interface HonoSessionOptions<Key extends string = "session"> extends SessionOptions {
  /** The context variable that holds the session: `c.var.session`. @default {"session"} */
  key?: Key | undefined;
}

/** The same where the browser has the whole session, sealed. */
export interface HonoSealedSessionOptions<Key extends string = "session">
  extends SealedSessionOptions {
  /** The context variable that holds the session: `c.var.session`. @default {"session"} */
  key?: Key | undefined;
}

/**
 * In place of options: sessions made by `createSessions()`, for an app that
 * also listens to their events, or logs a subject out everywhere.
 */
export interface HonoSharedSessions<
  Data extends SessionShape = Record<string, unknown>,
  Key extends string = "session",
> {
  /** What `createSessions()` made. */
  sessions: Sessions<Data>;
  /** The context variable that holds the session: `c.var.session`. @default {"session"} */
  key?: Key | undefined;
}

/** The context variables the middleware sets, for Hono's `Variables`. */
export type SessionVariables<
  Data extends SessionShape = Record<string, unknown>,
  Key extends string = "session",
> = { [Name in Key]: Session<Data> };

/** The environment the middleware brings: `new Hono<SessionEnv<{ views: number }>>()`. */
export interface SessionEnv<
  Data extends SessionShape = Record<string, unknown>,
  Key extends string = "session",
> extends Env {
  /** The session's variable. */
  Variables: SessionVariables<Data, Key>;
}

/** What one middleware does with requests, made from its options. */
interface Installed {
  readonly adapter: LazyAdapter;
  readonly key: string;
}

/** Where a context notes the middlewares that serve its request. */
const SERVING = Symbol("websession.serving");
type Marked = { [SERVING]?: Installed[] };

/**
 * Makes the middleware: the session is found before the handlers run, and
 * stored before the response leaves.
 *
 * Several may serve one app, each with its own `name` (of the cookie) and
 * `key` (of the variable). An error thrown by a handler drops its changes,
 * unless `saveOnError` is set or the visitor has left; an `HTTPException` with a
 * status under 500 is an answer like any other. What a streaming callback changes after the
 * response has begun is stored by `await session.save()`.
 *
 * @param options The secret is required, unless the store is sealed. A function is called once, at the
 * first request: where the secret or the store is only known then, as a
 * Worker's bindings are (`(c) => ({ secret: c.env.SECRET })`).
 * @throws {TypeError} If an option has the wrong type or contradicts another; at
 * the request, if another middleware already uses the `name` or `key`.
 * @throws {RangeError} If the secret is shorter than 32 bytes.
 *
 * @example
 * ```ts
 * import { Hono } from "hono";
 * import { session } from "@websession/websession/hono";
 *
 * const secret = "x".repeat(32);
 * const app = new Hono()
 *   .use(session<{ user: string }>({ secret }))
 *   .use(session<{ items: string[] }, "cart">({ secret, name: "__Host-cart", key: "cart" }))
 *   .get("/", (c) => {
 *     c.var.cart.items = ["book"];
 *     return c.text(c.var.session.user ?? "nobody");
 *   });
 * const response = await app.request("/");
 * if (response.headers.getSetCookie().length !== 1) throw new Error("the cart's cookie is due");
 * ```
 */
export function session<
  Data extends SessionShape = Record<string, unknown>,
  Key extends string = "session",
>(
  options:
    | HonoSessionOptions<Key>
    | HonoSealedSessionOptions<Key>
    | HonoSharedSessions<Data, Key>
    // A Worker's bindings have a type of their own.
    // deno-lint-ignore no-explicit-any
    | ((c: Context<any>) =>
      | HonoSessionOptions<Key>
      | HonoSealedSessionOptions<Key>
      | HonoSharedSessions<Data, Key>),
): MiddlewareHandler<SessionEnv<Data, Key>> {
  let installed = typeof options === "function" ? undefined : install(options);

  return async function session(c, next): Promise<Response | void> {
    const { adapter, key } = installed ??= install(
      typeof options === "function" ? options(c) : options,
    );
    if (serves(c as Marked, installed)) return next();
    let opened;
    try {
      const opening = openSession(adapter.get(), c.req?.raw);
      // Without cookies there is nothing to wait for.
      opened = isPromise(opening) ? await opening : opening;
    } catch (thrown) {
      return answerOf(thrown);
    }
    c.set(key as Key, opened.session as never);
    try {
      await next();
    } catch (thrown) {
      // Hono answers every Error itself; what arrives here was thrown as something else.
      throw await respondThrown(opened, thrown);
    }
    const isAborted = c.error && wasAborted(c.req.raw, c.error);
    const ended = isAborted ? respondThrown(opened, c.error) : conclude(c, opened);
    if (isPromise(ended)) await ended;
  };
}

/**
 * The session of a request, where its type does not reach: in helpers, and in
 * handlers of apps whose `Env` does not name it.
 *
 * @param key The variable's name, if the middleware was given one.
 * @throws {SessionError} `SESSION_MISSING` if no middleware set it.
 *
 * @example
 * ```ts
 * import { type Context, Hono } from "hono";
 * import { getSession, session } from "@websession/websession/hono";
 *
 * const userOf = (c: Context) => getSession<{ user: string }>(c).user ?? "nobody";
 *
 * const app = new Hono()
 *   .use(session({ secret: "x".repeat(32) }))
 *   .get("/", (c) => c.text(userOf(c)));
 * const response = await app.request("/");
 * if (await response.text() !== "nobody") throw new Error("who is it?");
 * ```
 */
export function getSession<Data extends SessionShape = Record<string, unknown>>(
  // deno-lint-ignore no-explicit-any
  c: Context<any>,
  key = "session",
): Session<Data> {
  const found: unknown = c.get(key);
  if (found !== undefined) return found as Session<Data>;
  throw new SessionError(
    "SESSION_MISSING",
    `No session middleware ran for this request: c.var holds no "${key}". app.use(session({ … })) must come before the route`,
  );
}

function install<Data extends SessionShape>(
  options:
    | HonoSessionOptions<string>
    | HonoSealedSessionOptions<string>
    | HonoSharedSessions<Data, string>,
): Installed {
  const { key = "session" } = options ?? {};
  const adapter = options && "sessions" in options
    ? lazyAdapterOf(options.sessions)
    : webAdapter(options, { key });
  if (typeof key !== "string" || key === "") {
    throw new TypeError(`Option "key" must be a non-empty string, not ${kindOf(key)}`);
  }
  return { adapter, key };
}

/** Whether this very middleware serves the request already; another of its kind is refused. */
function serves(c: Marked, installed: Installed): boolean {
  const serving = c[SERVING] ??= [];
  if (serving.includes(installed)) return true;
  const { key, adapter } = installed;
  for (const other of serving) {
    const { name } = adapter.get().options;
    if (other.adapter.get().options.name === name) refuse("name", name);
    if (other.key === key) refuse("key", key);
  }
  serving.push(installed);
  return false;
}

function refuse(option: string, value: string): never {
  throw new TypeError(
    `Option "${option}" must differ between the session middlewares of an app, not "${value}" twice`,
  );
}

function conclude(c: Context, opened: RequestSession): MaybePromise<void> {
  const response = c.res;
  return after(respond(opened, response, hasFailed(c)), (answer) => {
    if (answer === response) return;
    // Hono lays the headers of the response before over the new one: here they are in it.
    c.res = undefined;
    c.res = answer;
  });
}

function hasFailed(c: Context): boolean {
  if (c.res.status >= 500) return true;
  // An HTTPException is how Hono's handlers answer; any other error is none.
  return c.error !== undefined && !("getResponse" in c.error);
}
