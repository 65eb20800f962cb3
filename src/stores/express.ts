/**
 * Stores written for express-session (connect-redis, connect-pg-simple, …)
 * behind the contract of this library.
 *
 * @module
 */
import type { SessionStore } from "../store.ts";
import { wrapperOf } from "./express/callback_store.ts";
import type { ExpressStoreLike } from "./express/express_store_like.ts";
import { watchCalls } from "./express/watch_calls.ts";
import { checkNow } from "./shared/option_checks.ts";
import { checkKnown } from "./shared/known_options.ts";

export type { ExpressStoreLike } from "./express/express_store_like.ts";

/** Where a store that is a face of a native one keeps it. */
const NATIVE = Symbol.for("websession.native");

/** How {@linkcode fromExpressStore} behaves. */
export interface FromExpressStoreOptions {
  /**
   * The clock: milliseconds since the epoch.
   *
   * @default {Date.now}
   */
  now?: () => number;
}

/**
 * Lets a callback store run the core.
 *
 * Such a store cannot compare and swap, so `atomic` is `false`: two processes
 * may still overwrite each other. Within this process the promises hold,
 * whatever the store does at once or in several steps: calls that change a
 * session are noted for as long as they are under way. Where two of them
 * crossed, the store is told the newest again (or to destroy it again), and
 * until it has been told, reads answer that newest.
 *
 * Calls of the store's own `set()`, `touch()`, `destroy()` and `clear()` are noted as
 * well; for that, these methods of `store` are replaced by ones that call them.
 *
 * @param store Any express-session store.
 * @param options Its clock; see {@linkcode FromExpressStoreOptions}.
 * @returns A store for `createSessions()`; the same one for the same `store`.
 * @throws {TypeError} If it lacks `get`, `set` or `destroy`, or an option does not exist.
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
export function fromExpressStore(
  store: ExpressStoreLike,
  options: FromExpressStoreOptions = {},
): SessionStore {
  checkKnown(options, ["now"]);
  const { now = () => Date.now() } = options;
  checkNow(now);
  const wrapper = wrapperOf(store);
  wrapper.now = now;
  // A face of a native store is known by its methods: there the calls go to that store.
  if (!(NATIVE in store) && Object.isExtensible(store)) watchCalls(store);
  return wrapper;
}
