/** The session of an Express request. */
import { nextTick } from "node:process";
import { restartLifetime } from "../cookie/lifetime.ts";
import { SessionError } from "../errors.ts";
import { call } from "../stores/express/call.ts";
import { fill, type Keep } from "../core/session_data.ts";
import { type Callback, callbackOrPromise } from "./callback_or_promise.ts";
import { actionsOf, type SessionActions } from "./session_actions.ts";
import type { Cookie } from "./cookie.ts";
import type { Store } from "./store.ts";
import type { SessionRequest } from "./types.ts";

/** What a session holds: add your own keys by `declare module`. */
export interface SessionData {
  /** The session's cookie. */
  cookie: Cookie;
}

/**
 * A session, with express-session's methods and ours.
 *
 * A method given a callback returns the session, one without returns a
 * promise. Data are own properties; `req` and `id` are not enumerable.
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
  save(): Promise<void>;
  /** The same, with a callback; returns the session. */
  // deno-lint-ignore no-explicit-any
  save(callback: (error?: any) => void): this;
  // One plain parameter: grant counts them.
  save(callback?: Callback): this | Promise<void> {
    const actions = actionsOf(this.req);
    return callbackOrPromise(
      this,
      later(actions, callback),
      () =>
        actions === undefined
          ? call<void>((done) => storeOf(this).set(this.id, this as never, done))
          : actions.save(this),
    );
  }

  /** Takes the session from the store again: `req.session` is a new object then. */
  reload(): Promise<void>;
  /** The same, with a callback; returns the session. */
  // deno-lint-ignore no-explicit-any
  reload(callback: (error?: any) => void): this;
  reload(callback?: Callback): this | Promise<void> {
    const actions = actionsOf(this.req);
    return callbackOrPromise(this, later(actions, callback), async () => {
      if (actions !== undefined) return await actions.reload(this);
      const found = await call<SessionData | null>((done) => storeOf(this).get(this.id, done));
      if (!found) throw new Error("failed to load session");
      storeOf(this).createSession(this.req, found);
    });
  }

  /** Removes the session; `req.session` is gone at once. */
  destroy(): Promise<void>;
  /** The same, with a callback; returns the session. */
  // deno-lint-ignore no-explicit-any
  destroy(callback: (error?: any) => void): this;
  destroy(callback?: Callback): this | Promise<void> {
    const actions = actionsOf(this.req);
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
  regenerate(options?: { keep?: Keep }): Promise<void>;
  /** The same, with a callback; returns the session. */
  // deno-lint-ignore no-explicit-any
  regenerate(callback: (error?: any) => void): this;
  regenerate(given?: Callback | { keep?: Keep }): this | Promise<void> {
    const callback = typeof given === "function" ? given : undefined;
    const keep = typeof given === "object" ? given.keep ?? false : false;
    const actions = actionsOf(this.req);
    return callbackOrPromise(this, later(actions, callback), () => {
      if (keep !== false) return needActions(actions).rotate(this, keep);
      if (actions?.regeneratesPlainly()) return actions.regenerate(this.id);
      const act = () =>
        call<void>((done) => void storeOf(this).regenerate(this.req, (error) => done(error)));
      return actions === undefined ? act() : actions.goneDuring(this.id, act);
    });
  }

  /**
   * Reads, changes and stores in one serialisable step. `change` may run more
   * than once and must not do anything else.
   */
  async update<T>(change: (data: this) => T): Promise<T> {
    return await needActions(actionsOf(this.req)).update(this, change as (data: never) => T);
  }

  /** Removes a value and returns it: of parallel calls one gets it, the others `undefined`. */
  async take<Key extends keyof this & string>(key: Key): Promise<this[Key] | undefined> {
    return await needActions(actionsOf(this.req)).take(this, key) as this[Key] | undefined;
  }

  /** Notes who logged in and moves the session, with the data `keep` names, to a new id. */
  async login(subject: string, { keep }: { keep?: Keep } = {}): Promise<void> {
    await needActions(actionsOf(this.req)).login(this, subject, keep);
  }

  /** Removes the session, and the cookie from the browser. */
  async logout(): Promise<void> {
    const actions = needActions(actionsOf(this.req));
    actions.clearsCookie = true;
    delete this.req.session;
    await actions.destroy(this.id);
  }
}

function storeOf(session: Session): Store {
  return session.req.sessionStore as Store;
}

function needActions(actions: SessionActions | undefined): SessionActions {
  if (actions !== undefined) return actions;
  throw new SessionError("SESSION_MISSING", "No session middleware ran for this request");
}

/** Where the store answers at once, callbacks still come on a later turn, as they always did. */
function later(
  actions: SessionActions | undefined,
  callback: Callback | undefined,
): Callback | undefined {
  if (typeof callback !== "function" || !actions?.answersAtOnce) return callback;
  return (error) => error === undefined ? nextTick(callback) : nextTick(callback, error);
}

const METHODS = Object.getOwnPropertyNames(Session.prototype)
  .filter((name) => name !== "constructor");

/** Gives a session that another package's store made the methods of ours. */
export function adopt(session: object): void {
  if (session instanceof Session) return;
  for (const name of METHODS) {
    Object.defineProperty(session, name, {
      value: Session.prototype[name as keyof Session],
      writable: true,
      configurable: true,
      enumerable: false,
    });
  }
}
