/**
 * Sessions for the Web platform: `createSessions()` gives any fetch handler
 * typed sessions whose parallel requests lose nothing and whose logouts last.
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
 *
 * @module
 */
export { createSessions } from "./src/web/fetch.ts";
export * from "./src/web/names.ts";
