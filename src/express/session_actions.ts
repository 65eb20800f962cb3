/** What a session asks of the middleware that serves its request. */
import { SessionError } from "../errors.ts";
import type { Keep } from "../core/session_data.ts";
import type { LockedFunction, LockOptions } from "../core/lock_options.ts";
import type { LoginOptions } from "../core/session_operations.ts";
import type { SessionState } from "../core/session_state.ts";
import type { MaybePromise } from "../store.ts";

/** Calls that wait for one another, as the end of the response does for them. */
export interface OwnCalls {
  /** Changes the newest data, in one step. */
  update<T>(session: object, change: (data: never) => MaybePromise<T>): MaybePromise<T>;
  /** Removes a value, in one step. */
  take(session: object, key: string): MaybePromise<unknown>;
  /** Moves the session to a new id. */
  rotate(session: object, keep: Keep): MaybePromise<void>;
  /** Notes who logged in while the session moves to a new id. */
  login(session: object, subject: string, options: LoginOptions): MaybePromise<void>;
  /** Notes that whoever is logged in has proven it once more, likewise. */
  elevate(session: object): MaybePromise<void>;
  /** Runs a function while nobody else has the session's lock. */
  lock<T>(session: object, act: LockedFunction<T>, options: LockOptions): Promise<T>;
  /** When a session that is visited now ends, or `null`. */
  endOf(session: object): number | null;
  /** Aborts when the session is over. */
  signal(): AbortSignal;
  /** Runs what is done when the calls before it are done. */
  inLine<T>(act: () => MaybePromise<T>): Promise<T>;
  /** Removes the session, if there is one, and the cookie from the browser. */
  logout(session: object | undefined): MaybePromise<void>;
}

/**
 * The acts behind a session's methods.
 *
 * Sessions and requests are plain objects here: whoever implements this knows
 * their types, and needs not be known to them.
 */
export interface SessionActions {
  /** The native store answers at once; callers are used to an answer on a later turn. */
  readonly answersAtOnce: boolean;
  /** Nobody has asked for the session yet. */
  readonly isLazy: boolean;
  /** The response, as far as a call on the session may change it. */
  readonly ending: { setHeader(name: string, text: string): void } | undefined;
  /** What sessions can do beyond express-session. */
  readonly calls: OwnCalls;
  /** Stores the session now. */
  save(session: object): MaybePromise<void>;
  /** Takes the session from the store again. */
  reload(session: object): Promise<void>;
  /** Removes the session of that id. */
  destroy(id: string): MaybePromise<void>;
  /** Whether the store need not be asked for what `store.regenerate()` does. */
  regeneratesPlainly(): boolean;
  /** Does what `store.regenerate()` does. */
  regenerate(id: string): MaybePromise<void>;
  /** Runs what ends a session by way of the store's own methods. */
  goneDuring(id: string, act: () => MaybePromise<void>): MaybePromise<void>;
  /** Throws where a session that is loaded again is not for this request. */
  readonly admit: unknown;
  /** Whether a session is known to have ended, as far as can be told at once. */
  isGone(id: string): boolean;
  /** What is known of the session: our notes among it. */
  readonly state: SessionState;
  /** Begins a session, if the request is served from this store; says whether it is. */
  generateIn(store: object, req: object): boolean;
}

const ACTIONS = Symbol("websession.actions");
/** A function: who logs a request sees no secret in it. */
type Marked = { [ACTIONS]?: () => SessionActions };

/** The acts for a request's session, if the middleware ran for it. */
export function actionsOf(req: object | undefined): SessionActions | undefined {
  return (req as Marked | undefined)?.[ACTIONS]?.();
}

/** The same, where nothing can be done without. */
export function needActions(req: object | undefined): SessionActions {
  const actions = actionsOf(req);
  if (actions !== undefined) return actions;
  throw new SessionError(
    "SESSION_MISSING",
    "No session middleware ran for this request: app.use(session({ … })) must come before the route",
  );
}

export function setActions(req: object, actions: SessionActions): void {
  const value = () => actions;
  Object.defineProperty(req, ACTIONS, { value, configurable: true });
}

/** Sessions whose request another middleware serves by now, with the acts of their own one. */
const aside = new WeakMap<object, SessionActions>();

export function setActionsAside(session: object, actions: SessionActions): void {
  aside.set(session, actions);
}

/** Whether it belongs to a middleware that ran before the one that serves its request. */
export function isAside(session: object): boolean {
  return aside.has(session);
}

/** The acts for a session, whoever serves its request. */
export function actionsFor(session: { readonly req: object }): SessionActions | undefined {
  return aside.get(session) ?? actionsOf(session.req);
}
