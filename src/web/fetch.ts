/**
 * Sessions for every handler of a `Request`.
 *
 * @module
 */
import { MemoryStore } from "../stores/memory/store.ts";
import { makeSessions, type Sessions } from "./make_sessions.ts";
import type { SealedSessionOptions, SessionOptions } from "./options.ts";
import type { SessionShape } from "./session.ts";

/**
 * Makes sessions for a fetch handler.
 *
 * Parallel requests never lose each other's changes, and a session that was
 * logged out never comes back (on stores whose `atomic` is `true`; see each
 * store for what it promises).
 *
 * @param options The secret is required; see {@linkcode SessionOptions}. With a
 * store that seals the sessions into their cookies, it is the store's; see
 * {@linkcode SealedSessionOptions}. A function is called when the first request comes, or
 * whoever needs the store: a build that has no secret yet does not fail. What is wrong with
 * its options is thrown then.
 * @throws {TypeError} If an option does not exist, has the wrong type or contradicts another.
 * @throws {RangeError} If the secret is shorter than 32 bytes.
 *
 * @example
 * ```ts
 * import { createSessions } from "@websession/websession";
 *
 * const sessions = createSessions<{ views: number }>({ secret: "x".repeat(32) });
 * const handler = sessions.wrap((_request, session) => {
 *   session.views = (session.views ?? 0) + 1;
 *   return new Response(`${session.views} views`);
 * });
 * const response = await handler(new Request("https://example.com/"));
 * if (!response.headers.has("set-cookie")) throw new Error("no cookie");
 * ```
 */
export function createSessions<Data extends SessionShape = Record<string, unknown>>(
  options:
    | SessionOptions
    | SealedSessionOptions
    | (() => SessionOptions | SealedSessionOptions),
): Sessions<Data> {
  return makeSessions(options, () => new MemoryStore());
}
