/** What a handler's response does for its session: cookies go on it, and on no other visitor's. */
import { kindOf } from "../errors.ts";
import { recordOf } from "../core/session_handle.ts";
import { after, attempt } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import { hasBody, isUpgrade, untilBodyEnds } from "./body_end.ts";
import type { RequestSession } from "./request_session.ts";

const NONE: readonly string[] = [];

/** Refuses what is no response. Bun upgrades a connection without one. */
export function checkedResponse<Answer extends Response | undefined>(response: Answer): Answer {
  if (response === undefined || isResponse(response)) return response;
  throw new TypeError(`A handler must return a Response, not ${kindOf(response)}`);
}

/** By its shape: runtimes and servers have classes of their own. */
export function isResponse(value: unknown): value is Response {
  const { status, headers } = (value ?? {}) as Partial<Response>;
  return typeof status === "number" && typeof headers?.append === "function";
}

/**
 * Stores the session and returns the response with the cookies that are due:
 * the same object unless that cannot carry them, or may be given to other visitors too.
 */
export function respond<Answer extends Response | undefined>(
  opened: RequestSession,
  response: Answer,
  failed?: boolean,
): MaybePromise<Answer>;
export function respond(
  opened: RequestSession,
  response: Response | undefined,
  failed = Number(response?.status) >= 500,
): MaybePromise<Response | undefined> {
  const { adapter, request } = opened;
  const foreign = response === undefined ? NONE : foreignCookies(response, opened);
  const carries = () => response !== undefined && canCarry(response, opened, foreign);
  const finished = opened.finish(failed, carries);
  if (!failed) adapter.diagnose((diagnosis) => diagnosis.ends(opened, response, finished));
  return after(finished, (cookies) => {
    const { sent, isDestroyed } = opened;
    if (response === undefined) return undefined;
    const stale = cookies.length > 0 || isDestroyed ? [...foreign, ...sent] : foreign;
    const isPrivate = isForOneVisitor(opened, response);
    let answer = response;
    if (foreign.length > 0) answer = response.clone();
    else if (isPrivate && !isMutable(response)) answer = copyOf(response);
    else if (cookies.length > 0 && !isOurs(response, request)) answer = copyOf(response);
    answer = untilBodyEnds(opened, answer, copyOf);
    const { headers } = answer;
    if (stale.length > 0) remove(stale, headers);
    if (cookies.length === 0) {
      // Without cookies of ours no copy is worth its cost: immutable headers stay as they are.
      attempt(() => vary(headers), () => {});
      if (isPrivate) headers.set("cache-control", "no-store");
      return answer;
    }
    for (const cookie of cookies) headers.append("set-cookie", cookie);
    opened.sent = sent.concat(cookies);
    adapter.carriers.set(answer, opened);
    vary(headers);
    keepFromSharedCaches(headers, () => {
      adapter.events.emit("cacheable", {}, recordOf(opened.state));
    });
    const { clearSiteData } = opened;
    if (clearSiteData !== undefined) headers.set("clear-site-data", clearSiteData);
    return answer;
  });
}

/**
 * Whether a page must not be shown again when its visitor has logged out and goes
 * back (OWASP ASVS 14.3.2): one of somebody who is logged in, of which the handler says nothing else.
 * Nor must one that was made without a session, when the session is there again.
 */
function isForOneVisitor(
  { adapter, state }: RequestSession,
  { status, headers }: Response,
): boolean {
  const { noStore } = adapter.options;
  const isTheirs = state.subject !== undefined || state.failure !== undefined;
  return noStore && isTheirs && status >= 200 && !headers.has("cache-control");
}

/** With a cookie of ours a response is one visitor's: caches that many share must not keep it. */
function keepFromSharedCaches(headers: Headers, invited: () => void): void {
  const caching = headers.get("cache-control");
  if (caching === null) headers.set("cache-control", "no-store");
  else if (/\b(public|s-maxage)\b/i.test(caching)) invited();
  else if (!/\b(private|no-store)\b/i.test(caching)) {
    headers.set("cache-control", `${caching}, private`);
  }
}

/**
 * A protocol switch or a network error cannot be copied. And where a handler
 * within has sent another session's cookie, because it made a Request of its
 * own, that one counts: the browser keeps the last of a name.
 */
function canCarry(
  response: Response,
  { adapter, isDestroyed, request, sent }: RequestSession,
  foreign: readonly string[],
): boolean {
  const { headers, status } = response;
  if (isUpgrade(request, response)) return status === 101 && isMutable(response);
  if (isDestroyed || !headers.has("set-cookie")) return true;
  const { name } = adapter.options;
  return !headers.getSetCookie().some((each) => {
    return each.startsWith(name) && /^(?:\.\d+)?=[^;]/.test(each.slice(name.length)) &&
      !sent.includes(each) && !foreign.includes(each);
  });
}

/**
 * Whether a response is this visitor's alone, and can be changed. Its body can be
 * read once; without one, or with one that nobody reads, it may be a constant.
 */
function isOurs(response: Response, request: Request): boolean {
  if (response.status < 200) return true;
  return request.method !== "HEAD" && isMutable(response) && hasBody(response);
}

/** Whether headers can be set on it. */
export function isMutable({ headers }: Response): boolean {
  try {
    // Deleting what is not there changes nothing, and says whether it could.
    headers.delete("-");
    return true;
  } catch {
    return false;
  }
}

function copyOf(response: Response, body: BodyInit | null = response.body): Response {
  const copy = new Response(body, response);
  // A framework knows its own responses again by what it put on them.
  for (const [key, value] of Object.entries(response)) {
    if (!(key in copy)) Object.defineProperty(copy, key, { value });
  }
  return copy;
}

/** A response that is returned a second time still has the first visitor's cookies. */
function foreignCookies(response: Response, opened: RequestSession): readonly string[] {
  const sender = opened.adapter.carriers.get(response);
  // Who began later, and has finished, was asked by this very handler.
  return sender === undefined || sender.order >= opened.order ? NONE : sender.sent;
}

function remove(cookies: readonly string[], headers: Headers): void {
  const all = headers.getSetCookie();
  const kept = all.filter((each) => !cookies.includes(each));
  if (kept.length === all.length) return;
  headers.delete("set-cookie");
  for (const cookie of kept) headers.append("set-cookie", cookie);
}

/** Caches must not hand one visitor's page to another (OWASP ASVS 14.3.2). */
function vary(headers: Headers): void {
  const fields = String(headers.get("vary"));
  if (!/(^|,)\s*(cookie|\*)\s*(,|$)/i.test(fields)) headers.append("vary", "Cookie");
}
