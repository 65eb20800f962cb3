/** What sessions can do beyond express-session's methods: functions that take the request. */
import { goneError } from "../errors.ts";
import { clearSiteDataText, type LogoutOptions } from "../core/clear_site_data.ts";
import { textIn, timeIn } from "../core/session_metadata.ts";
import { checkNames } from "../core/known_options.ts";
import { flash as noteFlash, type LoginOptions } from "../core/session_operations.ts";
import type { MaybePromise } from "../store.ts";
import { promised } from "./callback_or_promise.ts";
import { adopt, type Session, type SessionData } from "./session.ts";
import { actionsFor, actionsOf, needActions, type SessionActions } from "./session_actions.ts";
import type { SessionRequest } from "./types.ts";

/** A request the middleware ran for: Express', node:http's, a WebSocket's. */
export interface ServedRequest {
  /** What tells it from anything else. */
  headers: object;
}

/** What `update()` changes: the data alone. */
export type SessionDraft = Partial<Omit<SessionData, "cookie">>;

/**
 * Notes who logged in and moves the session to a new id, with the data that
 * `keep` names. Logging in as another subject keeps nothing unless told to.
 * `label` is what the list of the subject's sessions calls this one.
 *
 * @throws {SessionError} `SESSION_MISSING` if no session middleware ran for the
 * request, `SESSION_GONE` if its session was destroyed.
 *
 * @example
 * ```ts ignore
 * import { login } from "websession";
 *
 * app.post("/login", async (req, res) => {
 *   await login(req, "user-7");
 *   res.redirect("/");
 * });
 * ```
 */
export function login(
  req: ServedRequest,
  subject: string,
  options: LoginOptions = {},
): Promise<void> {
  return called(req, () => {
    const { actions: { calls }, session } = opened(req);
    return calls.login(session, subject, options);
  });
}

/**
 * Notes that whoever is logged in has proven it once more, as before a payment,
 * and moves the session to a new id with all it has.
 *
 * @throws {SessionError} `SESSION_ANONYMOUS` if nobody is logged in; others as `login()` does.
 */
export function elevate(req: ServedRequest): Promise<void> {
  return called(req, () => {
    const { actions: { calls }, session } = opened(req);
    return calls.elevate(session);
  });
}

/**
 * Removes the session, for every request there is, and the cookie from the
 * browser. Where there is none any more, nothing is to do. `clearSiteData` has the
 * browser forget more than the cookie.
 *
 * @throws {SessionError} `SESSION_MISSING` if no session middleware ran for the request.
 */
export function logout(
  req: ServedRequest,
  { clearSiteData, ...others }: LogoutOptions = {},
): Promise<void> {
  return called(req, () => {
    checkNames(others, {});
    const text = clearSiteDataText(clearSiteData);
    const actions = needActions(req);
    if (text !== undefined) actions.ending?.setHeader("Clear-Site-Data", text);
    const session = adopt(req as SessionRequest);
    if (session === undefined) return actions.calls.logout(undefined);
    delete (req as SessionRequest).session;
    return (actionsFor(session) ?? actions).calls.logout(session);
  });
}

/**
 * Reads, changes and stores in one serialisable step: of parallel calls none is
 * lost. `change` may run more than once and must not do anything else.
 *
 * @returns What `change` returned.
 * @throws {SessionError} `SESSION_MISSING` if no session middleware ran for the
 * request, `SESSION_GONE` if the session was destroyed, rotated or has expired meanwhile.
 *
 * @example
 * ```ts ignore
 * import { update } from "websession";
 *
 * const clicks = await update(req, (data) => data.clicks = (data.clicks ?? 0) + 1);
 * ```
 */
export function update<T, Data extends object = SessionDraft>(
  req: ServedRequest,
  change: (data: Data) => MaybePromise<T>,
): Promise<T> {
  return called(req, () => {
    const { actions: { calls }, session } = opened(req);
    return calls.update(session, change as (data: never) => MaybePromise<T>);
  });
}

/**
 * Removes a value and returns it: of parallel calls one gets it, the others `undefined`.
 *
 * @throws {SessionError} As `update()` does.
 */
export function take<Value = unknown>(
  req: ServedRequest,
  key: string,
): Promise<Value | undefined> {
  return called(req, () => {
    const { actions: { calls }, session } = opened(req);
    return calls.take(session, key) as MaybePromise<Value | undefined>;
  });
}

/** Leaves a message for the next request; where connect-flash keeps its own, they do not meet. */
export function flash(req: ServedRequest, type: string, message: string): void;
/** Reads and removes the messages of a type. Of parallel requests each may read them: `take()` gives to one. */
export function flash(req: ServedRequest, type: string): string[];
/** Leaves or takes messages. */
export function flash(req: ServedRequest, type: string, message?: string): string[] | void {
  // Whoever only looks for messages needs no session for it.
  const actions = message === undefined ? existing(req) : opened(req).actions;
  return actions === undefined ? [] : noteFlash(actions.state, type, message);
}

/**
 * Who is logged in, if anyone: what `login()` was told, whatever the data say.
 *
 * @throws {SessionError} `SESSION_MISSING` if no session middleware ran for the request.
 */
export function subjectOf(req: ServedRequest): string | undefined {
  return existing(req)?.state.subject;
}

/** Who has a session, and since when. Times are milliseconds since the epoch. */
export interface SessionInfo {
  /** Who is logged in, if anyone. */
  readonly subject: string | undefined;
  /** When the session began, where that is noted: at a login, or with an `absoluteTimeout`. */
  readonly createdAt: number | undefined;
  /** When whoever is logged in last proved it. */
  readonly authenticatedAt: number | undefined;
  /** What `login()` called the device. */
  readonly label: string | undefined;
  /** When the session ends if nobody comes again; `null`: never by itself. */
  readonly expiresAt: number | null;
}

/**
 * Who has the request's session, and since when.
 *
 * @throws {SessionError} `SESSION_MISSING` if no session middleware ran for the request.
 *
 * @example
 * ```ts ignore
 * import { infoOf } from "websession";
 *
 * app.post("/pay", (req, res, next) => {
 *   const { authenticatedAt = 0 } = infoOf(req);
 *   if (Date.now() - authenticatedAt > 300_000) return res.redirect("/password");
 *   next();
 * });
 * ```
 */
export function infoOf(req: ServedRequest): SessionInfo {
  const actions = existing(req);
  const notes = actions?.state.notes ?? {};
  return {
    subject: actions?.state.subject,
    createdAt: timeIn(notes, "createdAt"),
    authenticatedAt: timeIn(notes, "authenticatedAt"),
    label: textIn(notes, "label"),
    expiresAt: actions?.calls.endOf((req as SessionRequest).session as Session) ?? null,
  };
}

/**
 * Aborts when the request's session is over, for connections that outlive the request: server-sent
 * events, WebSockets, socket.io. It is destroyed, revoked (`revoke()`, `revokeAll()`,
 * `maxSessions`), left behind by a login, or it ends for its silence or age, also where that
 * happens in another request; in another process, if the store tells of it (`watch`) or
 * `recheckInterval` looks for it. The signal follows a session that only takes a new id. Its
 * `reason` is a `SessionError`, `SESSION_GONE`, with `why`.
 *
 * It is kept until the response is closed (of a WebSocket its socket), and longer by whoever has
 * the request, the session or the signal.
 *
 * @throws {SessionError} `SESSION_MISSING` if no session middleware ran for the request.
 *
 * @example
 * ```ts ignore
 * import { signalOf } from "websession";
 *
 * app.get("/events", (req, res) => {
 *   res.writeHead(200, { "content-type": "text/event-stream" });
 *   signalOf(req).addEventListener("abort", () => res.end());
 * });
 * ```
 */
export function signalOf(req: ServedRequest): AbortSignal {
  const actions = existing(req) ?? needActions(req);
  return actions.calls.signal();
}

/** A call by a function of ours: also where it is refused at once, the response hears of it. */
function called<T>(req: ServedRequest, act: () => MaybePromise<T>): Promise<T> {
  return promised(act, actionsOf(req)?.calls);
}

/** The acts for a session that is there. */
function existing(req: ServedRequest): SessionActions | undefined {
  const actions = needActions(req);
  const session = actions.isLazy ? undefined : (req as SessionRequest).session;
  return session ? actionsFor(session) ?? actions : undefined;
}

/** The acts for a session that is there, or begins with this. */
export function opened(req: ServedRequest): { actions: SessionActions; session: Session } {
  const actions = needActions(req);
  const session = adopt(req as SessionRequest);
  if (session === undefined) throw goneError();
  return { actions: actionsFor(session) ?? actions, session };
}
