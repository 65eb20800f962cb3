/**
 * Stores written for express-session (connect-redis, connect-pg-simple, …)
 * behind the contract of this library.
 *
 * @module
 */
import type { SessionStore } from "../store.ts";
import { type ExpressStoreLike, wrapperOf } from "./express/callback_store.ts";

export type { ExpressStoreLike } from "./express/callback_store.ts";

/**
 * Lets a callback store run the core.
 *
 * Such a store cannot compare and swap, so `atomic` is `false`: two processes
 * may still overwrite each other. Within this process the promises hold: what
 * the requests in flight have stored and destroyed is remembered for as long
 * as they run, so none of them loses another's change or revives a session.
 *
 * @param store Any express-session store.
 * @throws {TypeError} If it lacks `get`, `set` or `destroy`.
 *
 * @example
 * ```ts
 * import { fromExpressStore } from "@websession/websession/stores/express";
 *
 * const sessions = new Map<string, string>();
 * const store = fromExpressStore({
 *   get: (id, done) => done(null, JSON.parse(sessions.get(id) ?? "null")),
 *   set: (id, session, done) => (sessions.set(id, JSON.stringify(session)), done?.()),
 *   destroy: (id, done) => (sessions.delete(id), done?.()),
 * });
 * if (store.atomic) throw new Error("a callback store cannot compare and swap");
 * ```
 */
export function fromExpressStore(store: ExpressStoreLike): SessionStore {
  return wrapperOf(store);
}
