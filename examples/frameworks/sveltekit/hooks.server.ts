/** src/hooks.server.ts: one session for all loads of a request, in `locals`. */
import type { Handle } from "@sveltejs/kit/hooks"; // SvelteKit 2: "@sveltejs/kit"
import { createSessions, type Session } from "websession/web";

const sessions = createSessions<{ views: number }>(() => ({ secret: process.env["SECRET"]! }));
export const handle: Handle = ({ event, resolve }) =>
  sessions.wrap((_request, session) => {
    event.locals.session = session;
    return resolve(event);
  })(event.request);

declare global {
  namespace App {
    interface Locals {
      session: Session<{ views: number }>;
    }
  }
}
