/** What a session object holds: emptied, or filled with what a record says. */
import type { Cookie } from "../cookie/cookie.ts";
import { lifetimeOf, setLifetime } from "../cookie/lifetime.ts";
import { type Data, fill } from "../core/session_data.ts";
import type { SessionState } from "../core/session_state.ts";
import { WebSession } from "./session.ts";

/** Attributes come from the options, the lifetime from the record: no record can weaken a cookie. */
export function fillSession(session: WebSession, state: SessionState, data: Data): void {
  const { cookie } = session;
  const lifetime = lifetimeOf(data["cookie"]);
  // A fresh cookie mostly has the record's lifetime already.
  if (lifetime.originalMaxAge === null || lifetime.originalMaxAge !== cookie.originalMaxAge) {
    setLifetime(cookie, lifetime);
  }
  state.hide(data);
  fill(session, data, (key) => key === "cookie" || state.isHidden(key));
}

/** Leaves nothing but a new cookie. */
export function emptySession(session: WebSession & Data, cookie: Cookie): void {
  for (const key of Object.keys(session)) if (key !== "cookie") delete session[key];
  WebSession.setCookie(session, cookie);
}

/** What a session holds now; where that cannot be written, the error comes with the text. */
export function textOf(state: SessionState, session: WebSession): () => string {
  try {
    const text = state.contentOf(session);
    return () => text;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
