/** The session of an Express request. */
import { nextTick } from "node:process";
import { restartLifetime } from "../cookie/lifetime.ts";
import { call } from "../stores/express/call.ts";
import { askWhetherEnded } from "../stores/express/taken.ts";
import { checkNames } from "../core/known_options.ts";
import { type Data, fill, type Keep } from "../core/session_data.ts";
import { type Callback, callbackOrPromise } from "./callback_or_promise.ts";
import { actionsFor, needActions, type SessionActions } from "./session_actions.ts";
import type { Cookie } from "./cookie.ts";
import type { Store } from "./store.ts";
import { savingTaken } from "./taken_session.ts";
import type { SessionRequest } from "./types.ts";

/** What a session holds: add your own keys by `declare module`. */
export interface SessionData {
  /** The session's cookie. */
  cookie: Cookie;
}

/**
 * A session, with express-session's names and no others: what an application
 * calls its data is its own business (`login`, `user`, `subject`, …).
 *
 * A method given a callback returns the session, one without returns a
 * promise; callbacks come first, since that is what `any` is taken for. Data
 * are own properties; `req` and `id` are not enumerable.
 */
export class Session {
  /** The session's cookie. */
  declare cookie: Cookie;
  /** The session's id. */
  declare readonly id: string;
  /** The request it belongs to. */
  declare readonly req: SessionRequest;

  /** Made by the middleware and by `store.createSession()`. */
  constructor(req: SessionRequest, data?: object | null) {
    Object.defineProperty(this, "req", { value: req });
    Object.defineProperty(this, "id", { value: req.sessionID, configurable: true });
    if (typeof data !== "object" || data === null) return;
    // First, as it stands in the stored text.
    if ("cookie" in data) this.cookie = data.cookie as Cookie;
    fill(this, data);
  }

  /** Restarts the lifetime of the cookie. */
  touch(): this {
    return this.resetMaxAge();
  }

  /** Restarts the lifetime of the cookie. */
  resetMaxAge(): this {
    restartLifetime(this.cookie);
    return this;
  }

  /**
   * Stores the session now.
   *
   * @throws {SessionError} `SESSION_GONE`, to the callback or the promise, if
   * it was destroyed, rotated or has expired meanwhile.
   */
  // deno-lint-ignore no-explicit-any
  save(callback: (error?: any) => void): this;
  /** The same, answered by a promise. */
  save(): Promise<void>;
  // One plain parameter: grant counts them.
  save(callback?: Callback): this | Promise<void> {
    const actions = actionsFor(this);
    return callbackOrPromise(
      this,
      later(actions, callback),
      () => {
        if (actions !== undefined) return actions.save(this);
        const save = savingTaken(this);
        return save?.() ?? call<void>((done) => storeOf(this).set(this.id, this as never, done));
      },
    );
  }

  /** Takes the session from the store again: `req.session` is a new object then. */
  // deno-lint-ignore no-explicit-any
  reload(callback: (error?: any) => void): this;
  /** The same, answered by a promise. */
  reload(): Promise<void>;
  reload(callback?: Callback): this | Promise<void> {
    const actions = actionsFor(this);
    return callbackOrPromise(this, later(actions, callback), async () => {
      if (actions !== undefined) return await actions.reload(this);
      const found = await call<SessionData | null>((done) => storeOf(this).get(this.id, done));
      if (!found) throw new Error("failed to load session");
      storeOf(this).createSession(this.req, found);
    });
  }

  /** Removes the session; `req.session` is gone at once. */
  // deno-lint-ignore no-explicit-any
  destroy(callback: (error?: any) => void): this;
  /** The same, answered by a promise. */
  destroy(): Promise<void>;
  destroy(callback?: Callback): this | Promise<void> {
    const actions = actionsFor(this);
    return callbackOrPromise(this, later(actions, callback), () => {
      delete this.req.session;
      return actions === undefined
        ? call<void>((done) => storeOf(this).destroy(this.id, done))
        : actions.destroy(this.id);
    });
  }

  /**
   * Makes a new session with a new id at `req.session`; the old one is gone.
   * With `keep`, the data go along and both happen in one step.
   */
  // deno-lint-ignore no-explicit-any
  regenerate(callback: (error?: any) => void): this;
  /** The same, answered by a promise. */
  regenerate(options?: { keep?: Keep }): Promise<void>;
  regenerate(given?: Callback | { keep?: Keep }): this | Promise<void> {
    const [callback, options] = typeof given === "function" ? [given] : [undefined, given];
    const { keep = false, ...unknown } = options ?? {};
    const actions = actionsFor(this);
    return callbackOrPromise(this, later(actions, callback), () => {
      checkNames(unknown, {});
      if (keep !== false) return (actions ?? needActions(this.req)).calls.rotate(this, keep);
      if (actions?.regeneratesPlainly()) return actions.regenerate(this.id);
      const act = () =>
        call<void>((done) => void storeOf(this).regenerate(this.req, (error) => done(error)));
      return actions === undefined ? act() : actions.goneDuring(this.id, act);
    }, actions?.calls);
  }
}

askWhetherEnded((session, id) => {
  // One of no request is known by what it was taken from, and no request knows other packages'.
  const actions = session instanceof Session ? actionsFor(session) : undefined;
  return actions && id === (session as Session).id && actions.isGone(id);
});

function storeOf(session: Session): Store {
  return session.req.sessionStore as Store;
}

/** Where the store answers at once, callbacks still come on a later turn, as they always did. */
function later(
  actions: SessionActions | undefined,
  callback: Callback | undefined,
): Callback | undefined {
  if (typeof callback !== "function" || !actions?.answersAtOnce) return callback;
  return (error) => error === undefined ? nextTick(callback) : nextTick(callback, error);
}

/**
 * The request's session. One that another package's store made is copied into
 * one of ours: its methods know nothing of what others store meanwhile, and its
 * id cannot change.
 */
export function adopt(req: SessionRequest): Session | undefined {
  const made: object | null | undefined = req.session;
  if (!made) return undefined;
  if (made instanceof Session) return made;
  // A copy of its data alone: what its prototype has is none of them.
  return req.session = new Session(req, { ...made });
}

/** A session as the core sees it. */
export function dataOf(session: Session): Data {
  return session as unknown as Data;
}

/** What a session holds, if that can be written. */
export function textOf(
  state: { contentOf(session: object): string },
  session: Session,
): string | undefined {
  try {
    return state.contentOf(session);
  } catch {
    return undefined;
  }
}
