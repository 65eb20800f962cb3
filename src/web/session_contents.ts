/** What a session object holds: emptied, or filled with what a record says. */
import type { Cookie } from "../cookie/cookie.ts";
import { attributesIn, sameAttributes } from "../cookie/cookie_attributes.ts";
import { lifetimeOf, setLifetime } from "../cookie/lifetime.ts";
import { adopt } from "../core/session_copy.ts";
import { type Data, fill } from "../core/session_data.ts";
import type { SessionState } from "../core/session_state.ts";
import { type Snapshot, snapshotOf } from "../core/snapshot.ts";
import { WebSession } from "./session.ts";

/** Attributes come from the options, the lifetime from the record: no record can weaken a cookie. */
export function fillSession(session: WebSession, state: SessionState, data: Data): void {
  fillLifetime(session, data);
  state.hide(data);
  fill(session, data, (key) => key === "cookie" || state.isHidden(key));
}

/** Says later whether the cookie was changed since. */
export function watchCookie({ cookie }: WebSession): () => boolean {
  const { originalMaxAge } = cookie;
  const attributes = attributesIn(cookie);
  return () => cookie.originalMaxAge !== originalMaxAge || !sameAttributes(cookie, attributes);
}

/**
 * Fills it anew with what a record says.
 *
 * @param cookie A new one, which is given the record's lifetime.
 * @param before What it held when that was asked for: what was written since stays.
 * @param isEdited Its old cookie stays, as it was changed since.
 */
export function refillSession(
  session: WebSession & Data,
  state: SessionState,
  { data, text }: { readonly data: Data; readonly text: string },
  cookie: Cookie,
  before: Snapshot | undefined,
  isEdited: boolean,
): void {
  fillLifetime({ cookie }, data);
  if (before === undefined) {
    emptySession(session, state, cookie);
    return fillSession(session, state, data);
  }
  if (!isEdited) WebSession.setCookie(session, cookie);
  state.snapshots.release(before);
  adopt(session, state, before.text, text);
}

function fillLifetime({ cookie }: { readonly cookie: Cookie }, data: Data): void {
  const lifetime = lifetimeOf(data["cookie"]);
  // A fresh cookie mostly has the record's lifetime already.
  if (lifetime.originalMaxAge === null || lifetime.originalMaxAge !== cookie.originalMaxAge) {
    setLifetime(cookie, lifetime);
  }
}

/** What a session holds, for calls that begin later; nothing where that cannot be written. */
export function heldBy(session: WebSession, state: SessionState): Snapshot | undefined {
  try {
    return state.snapshots.hold(snapshotOf(state, session));
  } catch {
    return undefined;
  }
}

/**
 * Leaves nothing but a new cookie.
 *
 * @param cookie Left out, the old one stays, for calls under way that store its lifetime.
 * @param before What it held when that was asked for: what was written since stays.
 */
export function emptySession(
  session: WebSession & Data,
  state: SessionState,
  cookie?: Cookie,
  before?: Snapshot,
): void {
  if (before === undefined) {
    state.forget();
    for (const key of Object.keys(session)) if (key !== "cookie") delete session[key];
  } else {
    state.snapshots.release(before);
    adopt(session, state, before.text, "{}");
  }
  if (cookie !== undefined) WebSession.setCookie(session, cookie);
}
