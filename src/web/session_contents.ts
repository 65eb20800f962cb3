/** What a session object holds: emptied, or filled with what a record says. */
import type { Cookie } from "../cookie/cookie.ts";
import { type Data, define, fill } from "../core/session_data.ts";
import type { WebSession } from "./session.ts";

/** Attributes come from the options, the lifetime from the record: no record can weaken a cookie. */
export function fillSession(session: WebSession, data: Data): void {
  const stored = data["cookie"] as Partial<Cookie>;
  const { cookie } = session;
  const { originalMaxAge } = stored;
  const lifetime = typeof originalMaxAge === "number" ? originalMaxAge : null;
  // A fresh cookie mostly has the record's lifetime already.
  if (lifetime !== null && cookie.originalMaxAge !== lifetime) cookie.maxAge = lifetime;
  else if (lifetime === null && !stored.expires) cookie.expires = null;
  fill(session, data);
}

/** Leaves nothing but a new cookie. */
export function emptySession(session: Data, cookie: Cookie): void {
  for (const key of Object.keys(session)) if (key !== "cookie") delete session[key];
  define(session, "cookie", cookie);
}
