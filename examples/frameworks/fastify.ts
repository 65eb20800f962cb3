/** A plugin for Fastify 5: `await app.register(cookie)`, then `await app.register(session)`. */
/// <reference types="@fastify/cookie" />
import plugin from "fastify-plugin";
import { type CookieJar, createSessions, type Session } from "websession/web";

const sessions = createSessions<{ views: number }>(() => ({ secret: process.env["SECRET"]! }));
declare module "fastify" {
  interface FastifyRequest {
    visit: Session<{ views: number }>;
  }
}

// deno-lint-ignore require-await
export default plugin(async (app) => {
  app.addHook("onRequest", async (request, reply) => {
    // A jar sees cookies alone: what caches may keep is said here, and a handler may say otherwise.
    const set: CookieJar["set"] = (...cookie) => reply.setCookie(...cookie);
    reply.header("cache-control", "no-store");
    request.visit = await sessions.open({ get: (name) => request.cookies[name], set });
  }).addHook("onSend", ({ visit }) => sessions.commit(visit));
});
