/** What a handler's outcome does for its session: cookies go on its response, on no other visitor's. */
import { kindOf } from "../errors.ts";
import { after } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import type { RequestSession } from "./request_session.ts";
import type { WebAdapter } from "./web_adapter.ts";

/**
 * Stores the session and returns the response with the cookies that are due:
 * the same object unless that cannot carry it, or other visitors are given it too.
 */
export function respond<Answer extends Response | undefined>(
  opened: RequestSession,
  response: Answer,
  failed: boolean,
): MaybePromise<Answer>;
export function respond(
  opened: RequestSession,
  response: Response | undefined,
  failed: boolean,
): MaybePromise<Response | undefined> {
  // Bun upgrades a connection without a response; anything else is a mistake worth a word.
  if (response !== undefined && typeof response?.headers?.append !== "function") {
    throw new TypeError(`A handler must return a Response, not ${kindOf(response)}`);
  }
  return after(opened.finish(failed, canCarry(response)), (cookies) => {
    if (response === undefined) return undefined;
    const clean = withoutForeignCookie(response, opened.adapter);
    if (cookies.length === 0) {
      varyIfMutable(clean.headers);
      return clean;
    }
    const { events } = opened.adapter;
    const answer = isMutable(clean) && !isBodiless(clean) ? clean : new Response(clean.body, clean);
    const { headers } = answer;
    for (const cookie of cookies) headers.append("set-cookie", cookie);
    opened.adapter.carriers.set(answer, cookies);
    vary(headers);
    const caching = headers.get("cache-control");
    if (caching === null) headers.set("cache-control", "no-store");
    else if (/\b(?:public|s-maxage)\b/i.test(caching)) events.emit("cacheable", {});
    return answer;
  });
}

/**
 * Ends a request whose handler threw, and so gave no response. Nothing here may
 * hide that error: a store that fails now is an event.
 */
export async function abandon(opened: RequestSession): Promise<void> {
  if (opened.isCommitted) return;
  try {
    await opened.finish(true, false);
  } catch (error) {
    opened.adapter.events.emit("error", { error, during: "save" });
  }
}

/** A protocol switch or a network error cannot be copied. */
function canCarry(response: Response | undefined): boolean {
  return response !== undefined &&
    (response.status >= 200 || (response.status === 101 && isMutable(response)));
}

function isMutable(response: Response): boolean {
  try {
    // Deleting what is not there changes nothing, and says whether it could.
    response.headers.delete("x-websession-probe");
    return true;
  } catch {
    return false;
  }
}

/**
 * A response without a body may be a constant that every visitor is given: our
 * cookie must not stay on it. The type is asked for first, because asking a
 * runtime for the body turns text at hand into a stream.
 */
function isBodiless(response: Response): boolean {
  return !response.headers.has("content-type") && response.status >= 200 && response.body === null;
}

/** A response that is returned a second time still has the first visitor's cookie. */
function withoutForeignCookie(response: Response, { carriers }: WebAdapter): Response {
  const ours = carriers.get(response);
  if (ours === undefined) return response;
  const copy = response.clone();
  const cookies = copy.headers.getSetCookie().filter((each) => !ours.includes(each));
  copy.headers.delete("set-cookie");
  for (const cookie of cookies) copy.headers.append("set-cookie", cookie);
  return copy;
}

/** Immutable headers stay as they are: without cookies of ours no copy is worth its cost. */
function varyIfMutable(headers: Headers): void {
  try {
    vary(headers);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

/** Caches must not hand one visitor's page to another (OWASP ASVS 14.3.2). */
function vary(headers: Headers): void {
  const fields = headers.get("vary");
  if (fields === null || !/(?:^|,)\s*(?:cookie|\*)\s*(?:,|$)/i.test(fields)) {
    headers.append("vary", "Cookie");
  }
}
