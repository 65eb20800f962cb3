/** lib/sessions.ts: asked for its options by the first visitor, so that a build needs no secret. */
import { createSessions } from "websession/web";

export const sessions = createSessions<{ views: number }>(() => ({
  secret: process.env["SECRET"]!,
}));
