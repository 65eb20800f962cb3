/**
 * The Hono middleware for bundles that have to be small: it brings no store, and so `store` must be
 * given. Everything else is as in `session()` of the Hono entry.
 *
 * @example
 * ```ts
 * import { Hono } from "hono";
 * import { session } from "@websession/websession/edge/hono";
 * import { cookieStore } from "@websession/websession/stores/cookie";
 *
 * const store = cookieStore({ secret: "an example of a secret with 32 bytes or more" });
 * const app = new Hono()
 *   .use(session<{ views: number }>({ store }))
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
import type { MiddlewareHandler } from "hono";
import type { SessionStore } from "../store.ts";
import { makeMiddleware } from "./hono_middleware.ts";
import type {
  HonoSealedSessionOptions,
  HonoSessionOptions,
  HonoSharedSessions,
  OptionsOrFunction,
  SessionEnv,
} from "./hono_options.ts";
import type { SessionShape } from "./session.ts";

// What is of the same name there is another: this one is without a store.
export * from "./hono.ts";

/** The options of the Hono middleware, with the store that is left out elsewhere. */
export interface EdgeHonoSessionOptions<Key extends string = "session">
  extends HonoSessionOptions<Key> {
  /** Where sessions are kept. */
  store: SessionStore;
}

/**
 * Makes the middleware, as `session()` of the Hono entry, without a store of its own.
 *
 * @param options The store and its secret, the store alone where it seals the sessions into their
 * cookies, or sessions that `createSessions()` made. A function is called once, at the first request.
 * @throws {TypeError} If there is no store, or an option has the wrong type or contradicts another; at
 * the request, if another middleware already uses the `name` or `key`.
 * @throws {RangeError} If the secret is shorter than 32 bytes.
 *
 * @example
 * ```ts
 * import { Hono } from "hono";
 * import { session } from "@websession/websession/edge/hono";
 * import { memoryStore } from "@websession/websession/stores/memory";
 *
 * const secret = "x".repeat(32);
 * const app = new Hono()
 *   .use(session(() => ({ secret, store: memoryStore() })))
 *   .get("/", (c) => c.text(String(c.var.session.isNew)));
 * const response = await app.request("/");
 * if (await response.text() !== "true") throw new Error("whose is it?");
 * ```
 */
export function session<
  Data extends SessionShape = Record<string, unknown>,
  Key extends string = "session",
>(
  options: OptionsOrFunction<
    EdgeHonoSessionOptions<Key> | HonoSealedSessionOptions<Key> | HonoSharedSessions<Data, Key>
  >,
): MiddlewareHandler<SessionEnv<Data, Key>> {
  return makeMiddleware(options);
}
