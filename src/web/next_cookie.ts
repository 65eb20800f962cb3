/** The cookie of a session that begins anew, where nobody waits for that. */
import type { Cookie } from "../cookie/cookie.ts";
import { attributesIn } from "../cookie/cookie_attributes.ts";
import { setLifetime } from "../cookie/lifetime.ts";
import { attempt } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import { WebSession } from "./session.ts";

/** Runs a step that may fail. */
type Guard = <T>(act: () => MaybePromise<T>) => MaybePromise<T>;

/**
 * What is made of a session's cookie from now on is made of the one that is to take its place. Before it
 * is replaced a `touch()` looks as if its lifetime were set once more, and that it is to end with the
 * browser, as it did, looks as if nothing were: only calls that nobody awaits leave so much time.
 *
 * @returns Replaces it, and returns what runs a step that gives it back if it fails.
 */
export function nextCookie(session: WebSession): (cookie: Cookie) => Guard {
  const { cookie: own, cookie: { expires } } = session;
  const before: Readonly<Record<string, unknown>> = { ...attributesIn(own) };
  return (cookie) => {
    const now = Object.entries(attributesIn(own));
    const edits = now.filter(([name, value]) => value !== before[name]);
    Object.assign(cookie, Object.fromEntries(edits));
    // Each time it is set the end is another object.
    if (own.expires !== expires) setLifetime(cookie, own);
    const { cookie: old } = session;
    WebSession.setCookie(session, cookie);
    return (act) =>
      attempt(act, (error) => {
        WebSession.setCookie(session, old);
        throw error;
      });
  };
}
