/** src/middleware.ts: one session for a page and all its components, in `locals`. */
import type { MiddlewareHandler } from "astro";
import { createSessions, type Session } from "websession/web";

const sessions = createSessions<{ views: number }>(() => ({ secret: process.env["SECRET"]! }));
export const onRequest: MiddlewareHandler = (context, next) =>
  sessions.wrap((_request, session) => {
    context.locals.visit = session;
    return next();
  })(context.request);

declare global {
  namespace App {
    interface Locals {
      visit: Session<{ views: number }>;
    }
  }
}
