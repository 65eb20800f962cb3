/**
 * The Web entry for bundles that have to be small: it brings no store, and so `store` must be given.
 * Everything else is as in `createSessions()` of the Web entry.
 *
 * @example
 * ```ts
 * import { createSessions } from "@websession/websession/edge";
 * import { cookieStore } from "@websession/websession/stores/cookie";
 *
 * const store = cookieStore({ secret: "an example of a secret with 32 bytes or more" });
 * const sessions = createSessions<{ views: number }>({ store });
 * const handler = sessions.wrap((_request, session) => {
 *   session.views = (session.views ?? 0) + 1;
 *   return new Response(`${session.views} views`);
 * });
 * const response = await handler(new Request("https://example.com/"));
 * if (!response.headers.has("set-cookie")) throw new Error("no cookie");
 * ```
 *
 * @module
 */
import type { SessionStore } from "../store.ts";
import { makeSessions, type Sessions } from "./make_sessions.ts";
import type { SealedSessionOptions, SessionOptions } from "./options.ts";
import type { SessionShape } from "./session.ts";

export * from "./names.ts";

/** The options of the Web entries, with the store that is left out elsewhere. */
export interface EdgeSessionOptions extends SessionOptions {
  /** Where sessions are kept. */
  store: SessionStore;
}

/**
 * Makes sessions for a fetch handler, as `createSessions()` of the Web entry, without a store of its own.
 *
 * @param options The store and its secret; see {@linkcode EdgeSessionOptions}, or
 * {@linkcode SealedSessionOptions} where the store seals the sessions into their cookies. A function
 * is called when the first request comes, or whoever needs the store.
 * @throws {TypeError} If there is no store, or an option does not exist, has the wrong type or
 * contradicts another.
 * @throws {RangeError} If the secret is shorter than 32 bytes.
 *
 * @example
 * ```ts
 * import { createSessions } from "@websession/websession/edge";
 * import { memoryStore } from "@websession/websession/stores/memory";
 *
 * const sessions = createSessions({ secret: "x".repeat(32), store: memoryStore() });
 * const session = await sessions.open(new Request("https://example.com/"));
 * if (!session.isNew) throw new Error("whose is it?");
 * ```
 */
export function createSessions<Data extends SessionShape = Record<string, unknown>>(
  options:
    | EdgeSessionOptions
    | SealedSessionOptions
    | (() => EdgeSessionOptions | SealedSessionOptions),
): Sessions<Data> {
  return makeSessions(options);
}
