/** Finds the session a request's cookie leads to, or begins one. */
import type { CookieOptions } from "../cookie/cookie.ts";
import { setClock } from "../cookie/cookie.ts";
import { noteBeginning } from "../core/beginning.ts";
import { lifetimeOf } from "../cookie/lifetime.ts";
import { resolveAuto } from "../cookie/cookie_options.ts";
import type { Unsigned } from "../cookie/signer.ts";
import type { Data } from "../core/session_data.ts";
import type { Loaded } from "../core/session_loader.ts";
import { goOnWithout, reportFailedLoad } from "../core/on_store_error.ts";
import type { SessionManager } from "../core/session_manager.ts";
import { META } from "../core/session_metadata.ts";
import type { SessionState } from "../core/session_state.ts";
import { SessionError } from "../errors.ts";
import { setExpiry } from "../expiry.ts";
import { after, attempt, isPromise } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import { settle } from "./callback_or_promise.ts";
import { debug } from "./debug.ts";
import { type LazySession, makeLazy } from "./lazy_session.ts";
import type { ExpressAdapter } from "./express_adapter.ts";
import { adopt, dataOf, type Session } from "./session.ts";
import type { Next, SessionRequest } from "./types.ts";

/** A request that is to have a session. */
export interface OpeningRequest extends LazySession {
  readonly adapter: ExpressAdapter;
  readonly manager: SessionManager;
  readonly state: SessionState;
  readonly req: SessionRequest;
  readonly cookieOptions: CookieOptions;
  /** The native store answers at once. */
  readonly answersAtOnce: boolean;
  /** Nobody has asked for the session yet. */
  isLazy: boolean;
  /** An older secret signed the cookie the browser sent. */
  isOutdated: boolean;
  /** Notes the session it was given. */
  give(session: Session): Session;
}

/** Gives the request its session, and hands on. */
export function openSession(
  request: OpeningRequest,
  proven: Unsigned | undefined,
  next: Next,
): void {
  const { adapter, req, state } = request;
  const cookieId = proven?.id;
  if (!cookieId && adapter.canBeLazy()) {
    request.isLazy = true;
    makeLazy(req, request);
    next();
    return;
  }
  req.sessionID = state.cookieId = cookieId;
  if (proven?.current) state.cookieValue = proven.value;
  // What cookie-parser verified says nothing of its secret.
  request.isOutdated = proven !== undefined && !proven.current && proven.value !== "";
  if (!cookieId) {
    debug("no SID sent, generating session");
    try {
      beginSession(request);
    } catch (error) {
      // As where the store was asked first; a plain server has nobody else to catch it.
      return next(error);
    }
    next();
    return;
  }
  debug("fetching", cookieId);
  let loaded: MaybePromise<Loaded | undefined | null>;
  try {
    loaded = load(request, cookieId);
    if (!isPromise(loaded)) found(request, cookieId, loaded);
  } catch (error) {
    return next(error);
  }
  if (!isPromise(loaded)) return next();
  const opened = loaded.then((session) => found(request, cookieId, session));
  settle(() => opened, (error) => error === undefined ? next() : next(error));
}

/** Asks the store; `null`: it failed, and the request has gone on without its session. */
function load(request: OpeningRequest, id: string): MaybePromise<Loaded | undefined | null> {
  const { adapter: { isReady, options: { onStoreError } }, manager } = request;
  if (onStoreError === undefined) return manager.load(id, slidingAge(request));
  const asked = () => {
    if (!isReady) throw new SessionError("STORE_FAILED", "The session store is disconnected");
    return manager.load(id, slidingAge(request));
  };
  return attempt<Loaded | undefined | null>(asked, (error) => {
    if (request.adapter.isRefusal(error)) throw error;
    return after(onStoreError(error, request.req), (outcome) => {
      if (outcome !== "anonymous") throw error;
      goOn(request, id, error);
      return null;
    });
  });
}

/** Goes on with a session that reads as empty, under the id of the one the store did not hand over. */
function goOn(request: OpeningRequest, id: string, error: unknown): void {
  const { adapter, req, state } = request;
  debug("going on without the session", id);
  adapter.generate(req, id);
  const session = request.give(adopt(req)!);
  goOnWithout(state, dataOf(session), id, error);
  reportFailedLoad(adapter.events, error, id);
}

export function beginSession(request: OpeningRequest): void {
  const { req, state } = request;
  request.adapter.options.store.generate(req);
  const session = request.give(adopt(req)!);
  state.began(req.sessionID as string, state.contentOf(session));
}

/** Lets the store make the session, as express-session does: it may be of another package. */
export function createSession(request: OpeningRequest, { data, stored }: Loaded): Session {
  const { adapter, cookieOptions, req } = request;
  // A native store keeps the end apart from the text.
  if (stored.session === undefined) {
    setExpiry(data["cookie"] as { expires?: unknown }, stored.expires, (end) => end);
  }
  // A cookie without a lifetime has no end of its own: this one is the session's.
  const isEndless = hasLimits(request) && hasNoLifetime(data["cookie"]);
  adapter.options.store.createSession(req, visible(request, data) as never);
  const session = request.give(adopt(req)!);
  setClock(session.cookie, adapter.options.clock);
  resolveAuto(session.cookie, cookieOptions, adapter.isSecure(req));
  if (isEndless) forgetEnd(session.cookie);
  return session;
}

/**
 * What a store that can read and extend in one step extends by. The memory
 * store need not: there, touching at the end costs nothing.
 */
function slidingAge({ answersAtOnce, adapter, cookieOptions }: OpeningRequest): number | undefined {
  const { maxAge } = cookieOptions;
  const slides = !answersAtOnce && !adapter.options.resave;
  return slides && typeof maxAge === "number" ? maxAge : undefined;
}

/** The lifetime stays as it was written, be it `null` or left out. */
function forgetEnd(cookie: Session["cookie"]): void {
  const { originalMaxAge } = cookie;
  cookie.expires = null;
  cookie.originalMaxAge = originalMaxAge;
}

function hasNoLifetime(cookie: unknown): boolean {
  const { originalMaxAge, expires } = lifetimeOf(cookie);
  return originalMaxAge === null && expires !== null;
}

function hasLimits({ adapter: { options: { rules } } }: OpeningRequest): boolean {
  return rules.idleTimeout !== undefined || rules.absoluteTimeout !== undefined;
}

function found(request: OpeningRequest, id: string, loaded: Loaded | undefined | null): void {
  if (loaded === null) return;
  debug(loaded === undefined ? "no session found" : "session found", id);
  if (loaded === undefined) return beginSession(request);
  request.req.sessionID = loaded.id;
  const session = createSession(request, loaded);
  request.state.loaded(loaded.id, dataOf(session), loaded, request.adapter.options.resave);
  noteBeginning(request.state, dataOf(session), request.manager.settings);
}

/** What the application is to see of a record: the object may be the store's own. */
function visible({ state }: OpeningRequest, data: Data): Data {
  state.hide(data);
  if (state.isWhole(data)) return data;
  const { [META]: _, ...visible } = data;
  return visible;
}
