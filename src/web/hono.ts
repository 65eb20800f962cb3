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
import type { Context, MiddlewareHandler } from "hono";
import { SessionError, type SessionErrorCode } from "../errors.ts";
import { MemoryStore } from "../stores/memory/store.ts";
import { makeMiddleware } from "./hono_middleware.ts";
import type {
  HonoSealedSessionOptions,
  HonoSessionOptions,
  HonoSharedSessions,
  OptionsOrFunction,
  SessionEnv,
  SessionVariables,
} from "./hono_options.ts";
import type { SealedSessionOptions, SessionOptions } from "./options.ts";
import type { NameOfTheSession, Session, SessionShape } from "./session.ts";

export { SessionError, type SessionErrorCode };
export type * from "./option_types.ts";
export type {
  HonoSealedSessionOptions,
  HonoSessionOptions,
  HonoSharedSessions,
  OptionsOrFunction,
  SessionEnv,
  SessionVariables,
};
export type { NameOfTheSession, SealedSessionOptions, Session, SessionOptions, SessionShape };

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
  options: OptionsOrFunction<
    HonoSessionOptions<Key> | HonoSealedSessionOptions<Key> | HonoSharedSessions<Data, Key>
  >,
): MiddlewareHandler<SessionEnv<Data, Key>> {
  return makeMiddleware(options, () => new MemoryStore());
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
