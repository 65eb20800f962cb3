/** Our Set-Cookie on a response, beside those of others. */
import { serializeCookie, serializeRemoval } from "../cookie/set_cookie_header.ts";
import { blockedBy, chooseWrite, type Facts, isOrphan, shouldSetCookie } from "../core/policy.ts";
import type { BlockedReason } from "../events.ts";
import { expiryOf } from "../expiry.ts";
import type { HeaderResponse } from "./on_headers.ts";
import type { RequestContext } from "./request_context.ts";
import { dataOf, type Session } from "./session.ts";

/** A session as it is looked at: its data are written once, and used for everything. */
export interface Found {
  readonly session: Session | null | undefined;
  /** The id the response speaks for. */
  readonly id: unknown;
  readonly text: string;
  readonly facts: Facts;
}

/** What is known of a response and the cookie it may carry. */
export interface CookieCarrier {
  readonly context: RequestContext;
  readonly res: HeaderResponse;
  /** The session as `end()` found it. */
  readonly found: Found | undefined;
  /** A store that has just answered this very request need not be asked again. */
  readonly storeHasAnswered: boolean;
  /** The text that was put on the response. */
  cookieText: string | undefined;
}

/** Looks at the request's session. */
export function findSession(context: RequestContext): Found {
  const { state, endingSession: session, endingId: id } = context;
  const text = session ? state.contentOf(session) : "";
  const facts = state.facts(session && dataOf(session), id, session?.id, () => text);
  return { session, id, text, facts };
}

/** Whether a session is stored for nobody: its cookie cannot leave. */
export function wouldBeOrphan(
  { context, cookieText }: CookieCarrier,
  session: Session,
  { fromCookie }: Facts,
  headersSent: boolean,
): boolean {
  const { state, askedToSave, adapter } = context;
  const orphan = isOrphan({
    fromCookie,
    isStored: state.storedId === session.id || askedToSave === session.id,
    cookieLeaves: cookieText !== undefined ||
      whyBlocked(context, session, headersSent) === undefined,
  });
  // Where the headers are still to come, they say why.
  if (orphan && headersSent) adapter.events.emit("blocked", { reason: "headers-sent" });
  return orphan;
}

/** Why the session's cookie cannot leave, if it cannot. */
function whyBlocked(
  { adapter, req }: RequestContext,
  { cookie }: Session,
  headersSent: boolean,
): BlockedReason | undefined {
  const isSecure = Boolean(cookie.secure);
  return blockedBy({ isSecure, overSecure: isSecure && adapter.isSecure(req), headersSent });
}

/** The lifetime begins again, once for each request. */
export function touchOnce({ state }: RequestContext, session: Session): void {
  if (state.touched) return;
  session.touch();
  state.touched = true;
}

/** Sets the cookie if the response needs it. */
export function setCookie(on: CookieCarrier, failed: (error: unknown) => void): void {
  const { context } = on;
  const { session, id, facts } = on.found ?? findSession(context);
  if (!session) return removeCookie(on);
  if (!shouldSetCookie(facts, context.adapter.options) && !isDueAgain(context, facts)) return;
  // They are about to leave: whether they have is no question here.
  const reason = whyBlocked(context, session, false);
  if (reason !== undefined) return context.adapter.events.emit("blocked", { reason });
  // A cookie that ends in the past revives nothing: so applications remove it from the browser.
  const ends = expiryOf(session.cookie);
  const isOver = ends !== null && ends <= context.manager.settings.clock.now();
  if (!isOver && isGone(on, session)) return;
  touchOnce(context, session);
  try {
    putCookie(on, session, id as string);
  } catch (error) {
    failed(error);
  }
}

/**
 * The same where changes were not stored: only a session that is in the store
 * all the same, under an id the browser does not know, needs its cookie.
 */
export function setCookieAfterFailure(on: CookieCarrier): void {
  const { state, endingSession: session, endingId: id } = on.context;
  if (!session) return removeCookie(on);
  const isStored = state.storedId === session.id && id === session.id;
  if (!isStored || state.cookieId === id || isGone(on, session)) return takeBack(on);
  if (whyBlocked(on.context, session, false) !== undefined) return;
  try {
    putCookie(on, session, session.id);
  } catch {
    // A cookie that cannot be written: the page says that something is wrong already.
  }
}

/** An older secret signed the browser's: a session that is stored gets the newest one's. */
function isDueAgain({ isOutdated, adapter }: RequestContext, facts: Facts): boolean {
  if (!isOutdated || !facts.fromCookie) return false;
  return facts.modified || chooseWrite(facts, adapter.options) === "save";
}

function isGone({ context, storeHasAnswered }: CookieCarrier, { id }: Session): boolean {
  const { manager, state } = context;
  return storeHasAnswered ? state.isGone(id) : manager.isGone(state, id);
}

function putCookie(on: CookieCarrier, session: Session, id: string): void {
  const { adapter, state, signer } = on.context;
  const value = state.valueFor(id) ?? signer.sign(id);
  put(on, serializeCookie(adapter.options.name, value, session.cookie.data));
}

/** Where the session was destroyed and the options say so: the browser's copy goes too. */
function removeCookie(on: CookieCarrier): void {
  const { clearsCookie, adapter, req } = on.context;
  const { name } = adapter.options;
  takeBack(on);
  if (!clearsCookie || !req.headers.cookie?.includes(name)) return;
  put(on, serializeRemoval(name, adapter.newCookie(req).data));
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
  const set = [res.getHeader?.("Set-Cookie") as string | string[]].flat();
  const others = set.filter((cookie) => cookie !== cookieText);
  if (others.length > 0) res.setHeader?.("Set-Cookie", others);
  else res.removeHeader?.("Set-Cookie");
}
