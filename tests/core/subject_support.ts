/** Sessions of subjects, put into a store as logins leave them. */
import type { Notes } from "../../src/core/session_metadata.ts";
import type { SessionRecord } from "../../src/store.ts";

export interface Login {
  readonly subject?: string;
  readonly notes?: Notes;
  readonly expires?: number | null;
  readonly cookie?: object;
}

/** The record of a session somebody is logged in to. */
export function loggedIn(
  { subject = "ada", notes = {}, expires = null, cookie = {} }: Login = {},
): SessionRecord {
  const json = JSON.stringify({ cookie, $websession: { subject, ...notes } });
  return { json, expires, subject };
}
