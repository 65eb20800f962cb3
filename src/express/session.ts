/** The session of an Express request. */
import { nextTick } from "node:process";
import { SessionError } from "../errors.ts";
import { call } from "../stores/express/call.ts";
import { fill, type Keep } from "../core/session_data.ts";
import { answer, type Callback } from "./callback_or_promise.ts";
import { contextOf } from "./session_actions.ts";
import type { RequestContext } from "./request_context.ts";
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
    this.cookie.maxAge = this.cookie.originalMaxAge;
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
    const context = contextOf(this.req);
    return answer(
      this,
      later(context, callback),
      () =>
        context === undefined
          ? call<void>((done) => storeOf(this).set(this.id, this as never, done))
          : context.save(this),
    );
  }

  /** Takes the session from the store again: `req.session` is a new object then. */
  reload(): Promise<void>;
  /** The same, with a callback; returns the session. */
  // deno-lint-ignore no-explicit-any
  reload(callback: (error?: any) => void): this;
  reload(callback?: Callback): this | Promise<void> {
    const context = contextOf(this.req);
    return answer(this, later(context, callback), async () => {
      if (context !== undefined) return await context.reload(this);
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
    const context = contextOf(this.req);
    return answer(this, later(context, callback), () => {
      delete this.req.session;
      return context === undefined
        ? call<void>((done) => storeOf(this).destroy(this.id, done))
        : context.destroy(this.id);
    });
  }

  /**
   * Makes a new session with a new id at `req.session`; the old one is dead.
   * With `keep`, the data go along and both happen in one step.
   */
  regenerate(options?: { keep?: Keep }): Promise<void>;
  /** The same, with a callback; returns the session. */
  // deno-lint-ignore no-explicit-any
  regenerate(callback: (error?: any) => void): this;
  regenerate(given?: Callback | { keep?: Keep }): this | Promise<void> {
    const callback = typeof given === "function" ? given : undefined;
    const keep = typeof given === "object" ? given.keep ?? false : false;
    const context = contextOf(this.req);
    return answer(this, later(context, callback), () => {
      if (keep !== false) return needContext(context).rotate(this, keep);
      if (context?.regeneratesPlainly()) return context.regenerate(this.id);
      const act = () =>
        call<void>((done) => void storeOf(this).regenerate(this.req, (error) => done(error)));
      return context === undefined ? act() : context.burying(this.id, act);
    });
  }

  /**
   * Reads, changes and stores in one serialisable step. `change` may run more
   * than once and must not do anything else.
   */
  async update<T>(change: (data: this) => T): Promise<T> {
    return await needContext(contextOf(this.req)).update(this, change as (data: never) => T);
  }

  /** Removes a value and returns it: of parallel calls one gets it, the others `undefined`. */
  async take<Key extends keyof this & string>(key: Key): Promise<this[Key] | undefined> {
    return await needContext(contextOf(this.req)).take(this, key) as this[Key] | undefined;
  }

  /** Notes who logged in and moves the session, with the data `keep` names, to a new id. */
  async login(subject: string, { keep = true }: { keep?: Keep } = {}): Promise<void> {
    await needContext(contextOf(this.req)).login(this, subject, keep);
  }

  /** Removes the session, and the cookie from the browser. */
  async logout(): Promise<void> {
    const context = needContext(contextOf(this.req));
    context.clearsCookie = true;
    delete this.req.session;
    await context.destroy(this.id);
  }
}

function storeOf(session: Session): Store {
  return session.req.sessionStore as Store;
}

function needContext(context: RequestContext | undefined): RequestContext {
  if (context !== undefined) return context;
  throw new SessionError("SESSION_MISSING", "No session middleware ran for this request");
}

/** Where the store answers at once, callbacks still come on a later turn, as they always did. */
function later(
  context: RequestContext | undefined,
  callback: Callback | undefined,
): Callback | undefined {
  if (typeof callback !== "function" || !context?.answersAtOnce) return callback;
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
