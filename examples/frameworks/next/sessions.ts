/** lib/sessions.ts: pages, routes and the proxy are programs of their own, so they share a server's store. */
import { Redis } from "ioredis";
import { redisStore } from "websession/stores/redis";
import { createSessions } from "websession/web";

// A function is asked by the first visitor: a build needs neither secret nor server.
export const sessions = createSessions<{ views: number }>(() => ({
  secret: process.env["SECRET"]!,
  store: redisStore({ client: new Redis(process.env["REDIS_URL"]!) }),
}));
