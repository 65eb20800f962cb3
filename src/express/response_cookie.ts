/** Our Set-Cookie on a response, beside those of others. */
import { type CookieData, sameAttributes } from "../cookie/cookie_attributes.ts";
import { checkEditedCookie } from "../cookie/cookie_options.ts";
import { serializeCookie, serializeRemoval } from "../cookie/set_cookie_header.ts";
import { chooseWrite, type Facts, shouldSetCookie } from "../core/policy.ts";
import { newestId } from "../core/replaced_id.ts";
import { expiryOf } from "../expiry.ts";
import { debug } from "./debug.ts";
import { forwardedHttps } from "../cookie/secure_request.ts";
import type { ExpressAdapter } from "./express_adapter.ts";
import type { RequestContext } from "./request_context.ts";
import { type CookieCarrier, findSession, touchOnce, whyBlocked } from "./response_session.ts";
import { dataOf, type Session } from "./session.ts";

/** Sets the cookie if the response needs it. */
export function setCookie(on: CookieCarrier, failed: (error: unknown) => void): void {
  const { context } = on;
  const { session, id, facts } = on.found ?? findSession(context);
  on.announcedId = session?.id;
  if (!session) return removeCookie(on);
  // The browser keeps the one it has.
  if (context.state.failure !== undefined || context.isRefused) return;
  if (!shouldSetCookie(facts, context.adapter.options) && !isDueAgain(context, facts)) return;
  if (isLost(context, session, facts)) return;
  // They are about to leave: whether they have is no question here.
  const reason = whyBlocked(context, session, false);
  if (reason !== undefined) {
    debug("not secured");
    const { adapter, req } = context;
    const isForwarded = forwardedHttps(req.headers["x-forwarded-proto"] as string | undefined);
    adapter.warn(isForwarded ? "proxy" : "insecure");
    return context.adapter.events.emit("blocked", { reason }, context.state.storedId);
  }
  // A cookie that ends in the past revives nothing: so applications remove it from the browser.
  const ends = expiryOf(session.cookie);
  const isOver = ends !== null && ends <= context.manager.settings.clock.now();
  if (!isOver && isGone(on, session)) return;
  touchOnce(context, session);
  try {
    putCookie(on, session, id as string);
  } catch (error) {
    context.adapter.events.emit("blocked", { reason: "invalid" }, context.state.storedId);
    failed(error);
  }
}

/** A new session whose `save()` has failed, and that nothing stores any more. */
function isLost({ adapter, state }: RequestContext, session: Session, facts: Facts): boolean {
  if (facts.fromCookie || state.storedId === session.id || state.creating !== undefined) {
    return false;
  }
  return chooseWrite(facts, adapter.options) === "none";
}

/**
 * The same where changes were not stored: only a session that is in the store all the same,
 * under an id or with a lifetime the browser does not know, needs its cookie.
 */
export function setCookieAfterFailure(on: CookieCarrier): void {
  const { state, endingSession: session, endingId: id } = on.context;
  on.announcedId = session?.id;
  if (!session) return removeCookie(on);
  const isStored = state.storedId === session.id && id === session.id;
  const isKnown = state.cookieId === id && state.foundMaxAge === state.baseCookie.originalMaxAge;
  if (!isStored || isKnown || isGone(on, session)) return takeBack(on);
  if (whyBlocked(on.context, session, false) !== undefined) return;
  // A lifetime that was not stored is not the session's.
  if (state.lifetimeEdited(dataOf(session))) {
    session.cookie.maxAge = state.baseCookie.originalMaxAge ?? null;
  }
  try {
    putCookie(on, session, session.id);
  } catch {
    // A cookie that cannot be written: the page says that something is wrong already.
  }
}

/**
 * An older secret signed the browser's: a session that is stored gets the newest one's. One
 * that was found by the id it had before is told the new one, whatever came of the answer to
 * the request that replaced it.
 */
function isDueAgain(context: RequestContext, facts: Facts): boolean {
  const { isOutdated, adapter, state } = context;
  if (state.cameByAlias) return true;
  if (!isOutdated || !facts.fromCookie) return false;
  return facts.modified || chooseWrite(facts, adapter.options) === "save";
}

function isGone({ context, storeHasAnswered }: CookieCarrier, { id }: Session): boolean {
  const { manager, state } = context;
  return storeHasAnswered ? state.isGone(id) : manager.isGone(state, id);
}

function putCookie(on: CookieCarrier, session: Session, known: string): void {
  const { adapter, state, signer } = on.context;
  const id = newestId(state, known);
  const value = state.valueFor(id) ?? signer.sign(id);
  const { data } = session.cookie;
  warnIfRefused(adapter, data);
  debug("set-cookie for", id);
  adapter.onCookie?.(on.context);
  put(on, serializeCookie(adapter.options.name, value, data));
}

/** express-session sends what a handler has made of the cookie, and the browser drops it: say so, once. */
function warnIfRefused({ options: { name }, warn }: ExpressAdapter, data: CookieData): void {
  if (isSound(name, data)) return;
  try {
    checkEditedCookie(name, data);
    sound = { name, data };
  } catch (error) {
    warn("cookie", (error as Error).message);
  }
}

/** What was found in order last: the cookies of an application differ in their ends alone. */
let sound: { readonly name: string; readonly data: CookieData } | undefined;

function isSound(name: string, data: CookieData): boolean {
  if (sound?.name !== name || sound.data.originalMaxAge !== data.originalMaxAge) return false;
  const { expires } = data;
  const canEnd = !expires || expires instanceof Date && !Number.isNaN(expires.valueOf());
  return canEnd && sameAttributes(sound.data, data);
}

/** Where the session was destroyed and the options say so: the browser's copy goes too. */
function removeCookie(on: CookieCarrier): void {
  const { clearsCookie, adapter, req } = on.context;
  const { name } = adapter.options;
  takeBack(on);
  if (!clearsCookie || !req.headers.cookie?.includes(name)) return;
  put(on, removalOf(on.context));
}

/** As the record says it was sent, which a handler may have decided. */
function removalOf(
  { adapter, adapter: { options: { name } }, req, state }: RequestContext,
): string {
  const usual = adapter.newCookie(req).data;
  try {
    return serializeRemoval(name, { ...usual, ...state.baseCookie } as CookieData);
  } catch {
    // What cannot be written was never sent.
    return serializeRemoval(name, usual);
  }
}

function put(on: CookieCarrier, text: string): void {
  takeBack(on);
  const before = on.res.getHeader?.("Set-Cookie") as string | string[] | undefined;
  on.res.setHeader?.("Set-Cookie", before == null ? [text] : [before, text].flat());
  on.cookieText = text;
}

/** A response whose headers were refused, or that did not leave, may carry one already. */
function takeBack(on: CookieCarrier): void {
  const { res, cookieText } = on;
  if (cookieText === undefined) return;
  on.cookieText = undefined;
  // Some hosts take all headers away before they send an error page.
  const set = [(res.getHeader?.("Set-Cookie") ?? []) as string | string[]].flat();
  const others = set.filter((cookie) => cookie !== cookieText);
  if (others.length > 0) res.setHeader!("Set-Cookie", others);
  else res.removeHeader?.("Set-Cookie");
}
