// The types of the npm entry, written by hand: JSR takes neither `declare global`
// nor a callable namespace. One file for `import` and `require`, so that one
// `declare module` reaches both, under this package's name and under the alias
// "express-session". Whatever compiles against @types/express-session compiles
// here; tests/package checks both that and that nothing of the entry is missing.

import { EventEmitter } from "events";
// @ts-ignore Express' own types where they are installed; without them requests are `any`.
import type * as express from "express";
import type { Clock } from "../clock.js";
import type { BeforeCreate } from "../core/before_create.js";
import type { DataOptions } from "../core/data_schema.js";
import type { OnStoreError } from "../core/on_store_error.js";
import type { SessionErrorCode as Code } from "../errors.js";
import type { SessionEvents as Events, SessionListener } from "../events.js";
import type { SessionStore as NativeStore } from "../store.js";
import type { FromExpressStoreOptions as FromOptions } from "../stores/express.js";
import type { MemoryStoreOptions as MemoryOptions } from "../stores/memory.js";

declare global {
  namespace Express {
    type SessionStore = session.Store & { generate: (req: Request) => void };

    interface Request {
      /** This visitor's session; add your own keys to `SessionData` by `declare module`. */
      session: session.Session & Partial<session.SessionData>;
      /** The session's id. */
      sessionID: string;
      /** The store of the middleware that made the session. */
      sessionStore: SessionStore;
    }
  }
}

// Beside express-session's own types (stores bring them along) `req.session` is declared
// twice, and the first declaration counts. So theirs learn what ours know: the application's
// keys, and the promises.
// @ts-ignore Where they are not installed there is nothing to add to; under the alias it is this file.
declare module "express-session" {
  // @ts-ignore As above.
  interface SessionData extends session.SessionData {}
  interface Session {
    regenerate(callback: (err: any) => void): this;
    regenerate(options?: { keep?: session.Keep | undefined }): Promise<void>;
    regenerate(callback: (err: any) => void): this;
    destroy(callback: (err: any) => void): this;
    destroy(): Promise<void>;
    destroy(callback: (err: any) => void): this;
    reload(callback: (err: any) => void): this;
    reload(): Promise<void>;
    reload(callback: (err: any) => void): this;
    save(callback: (err: any) => void): this;
    save(): Promise<void>;
    save(callback?: (err: any) => void): this;
  }
}

export = session;

/**
 * Makes the middleware: express-session's, with its options, its order of
 * store calls and its bytes, and without its lost updates and revived logins.
 *
 * @param options See {@link session.SessionOptions}.
 * @returns Middleware for Express, connect, plain `node:http` and `node:http2`.
 * @throws {TypeError} If an option has the wrong type.
 *
 * @example
 * ```ts
 * import session from "websession";
 *
 * app.use(session({ secret: process.env.SECRET, resave: false, saveUninitialized: false }));
 * ```
 */
declare function session(
  options?: session.ExtendedSessionOptions | null,
): session.SessionMiddleware;
// Last, for whoever asks what the parameters are.
declare function session(options?: session.SessionOptions): session.SessionMiddleware;

declare namespace session {
  /** Middleware with the administration of its sessions. */
  export interface SessionMiddleware extends SessionAdministration {
    (req: any, res: any, next: (error?: any) => void): void;
  }

  /** What the middleware can do beside serving requests. */
  export interface SessionAdministration {
    /** Adds a listener and returns the function that removes it. */
    on<Name extends keyof SessionEvents>(name: Name, listener: SessionListener<Name>): () => void;
    /**
     * The sessions of whoever logged in as `subject`, the one seen last first;
     * `current` is the request whose session is the visitor's own.
     *
     * @throws {SessionError} `STORE_UNSUPPORTED` if the store keeps no subjects, as callback stores do.
     * @throws {TypeError} If the middleware was made without the option `secret`.
     */
    list(subject: string, options?: { current?: ServedRequest | undefined }): Promise<Device[]>;
    /** Ends a session: by the handle that `list()` gave, or by its id. */
    revoke(handle: string): Promise<void>;
    /**
     * Logs a subject out everywhere, except in the session `except`: that of a
     * request, a handle that `list()` gave, or an id.
     *
     * @returns How many sessions ended.
     * @throws {SessionError} `STORE_UNSUPPORTED` if the store keeps no subjects, as callback stores do.
     */
    revokeAll(
      subject: string,
      options?: { except?: ServedRequest | string | undefined },
    ): Promise<number>;
  }

  /** One session of a subject. Times are milliseconds since the epoch. */
  export type Device = import("../core/devices.js").Device;

  /** Limits of a session's life. Times are milliseconds. */
  export type Lifetimes = import("../lifetimes.js").Lifetimes;

  /** The events and what each carries: never an id, a cookie or data. */
  export type SessionEvents = Events;

  /** What the subscribers of a channel get that `publishTo()` publishes on. */
  export type PublishedEvent = import("../publish_events.js").PublishedEvent;

  /** What signs and verifies: text, bytes or a secret KeyObject. */
  export type Secret = import("crypto").CipherKey;

  /** Options of `session()`, as express-session has them. Times are milliseconds. */
  export interface SessionOptions {
    /**
     * Signs the cookie. Of an array the first signs and all verify; the array is
     * read at each request, so keys can be added and removed at run time.
     */
    secret: Secret | Secret[];
    /** Draws the id of a new session. @default 192 random bits, as 32 base64url characters */
    genid?(req: express.Request): string;
    /** The cookie's name. @default "connect.sid" */
    name?: string | undefined;
    /** Where sessions are kept. @default a MemoryStore */
    store?: Store | undefined;
    /** The cookie's attributes, or a function of the request that gives them. */
    cookie?: CookieOptions | ((req: express.Request) => CookieOptions) | undefined;
    /** Sends the cookie with every response. @default false */
    rolling?: boolean | undefined;
    /** Stores a session that did not change. @default true, deprecated; false with `compat: "v2"` */
    resave?: boolean | undefined;
    /** Whether to believe `X-Forwarded-Proto`; left out: Express' "trust proxy". */
    proxy?: boolean | undefined;
    /** Stores a new session nobody wrote to. @default true, deprecated; false with `compat: "v2"` */
    saveUninitialized?: boolean | undefined;
    /** What `req.session = null` does to the stored session. @default "keep" */
    unset?: "destroy" | "keep" | undefined;
  }

  /** The same with what `session()` takes beyond express-session's. */
  export interface ExtendedSessionOptions
    extends Omit<SessionOptions, "store" | "cookie">, DataOptions {
    /** Where sessions are kept: a callback store of any package, or a native one. @default a MemoryStore */
    store?: Store | StoreLike | SessionStore | undefined;
    /** The cookie's attributes, or a function of the request that gives them. */
    cookie?:
      | ExtendedCookieOptions
      | ((req: express.Request) => ExtendedCookieOptions)
      | undefined;
    /** The same as `name`. */
    key?: string | undefined;
    /** Whose rules are followed: express-session 1.x, or its unreleased 2.x. @default "v1" */
    compat?: "v1" | "v2" | undefined;
    /** Removes the browser's cookie when a session is destroyed. @default false */
    clearCookie?: boolean | undefined;
    /**
     * The longest silence between two visits. A store is told of it in small steps: a
     * session may end 5 % of it, at most a minute, earlier. @default Infinity
     */
    idleTimeout?: number | undefined;
    /**
     * The longest life of a session since its last login, or where there was none,
     * since it began: no visit and no change extends it. @default Infinity
     */
    absoluteTimeout?: number | undefined;
    /**
     * How old an id becomes: the next visit replaces it, and its response brings the new one.
     * Requests with the old one reach the session for 30 seconds more, and not beyond a
     * login. At least 60,000. @default Infinity
     */
    rotateAfter?: number | undefined;
    /**
     * How often a session whose signal was asked for is looked for in the store, in milliseconds:
     * how late this process learns of its end in another one. Needs no store with `watch`, which
     * tells of it at once. @default Infinity, never but at its own end
     */
    recheckInterval?: number | undefined;
    /**
     * The most sessions of one subject: a login ends the oldest beyond them; of logins in one
     * millisecond any, and the same one in every process. Needs a store that keeps subjects,
     * and asks it for them at each login. @default any number
     */
    maxSessions?: number | undefined;
    /**
     * Is asked once for each request that is about to store a new session, before the store
     * is: never for one that is there already, and not where it takes a new id. `false`, or a
     * throw, refuses: `save()` is `SESSION_REFUSED`, and so is what `next()` hears in place of
     * the response, where the handler has left data in the session.
     */
    beforeCreate?: BeforeCreate<any> | undefined;
    /** How long the store may take to answer; `0`: for ever. @default 30_000 */
    ioTimeout?: number | undefined;
    /**
     * What becomes of a request whose session could not be loaded because the store
     * failed, or has said `disconnect`: `"fail"`, `next(error)`, or `"anonymous"`, an empty
     * session to which nothing can be written. A function decides for each request; what
     * it throws is for `next()`.
     * @default as express-session: `"fail"`, but no `req.session` while the store is disconnected
     */
    onStoreError?: OnStoreError<any> | undefined;
    /** The most bytes of data in one session. @default Infinity */
    maxBytes?: number | undefined;
    /**
     * Says on the console what keeps sessions from working, once for each reason and process.
     * Who listens to the event of it, if there is one, hears that instead. @default {true}
     */
    warn?: boolean | undefined;
    /** The clock, for tests. */
    clock?: Clock | undefined;
  }

  /** What happens to the data when the id changes: all kept, none, or the named keys. */
  export type Keep = boolean | readonly string[];

  /**
   * A session. A method given a callback returns the session, one without
   * returns a promise.
   */
  export class Session {
    private constructor(request: Express.Request, data: SessionData);

    /** The session's id. */
    id: string;
    /** The session's cookie. */
    cookie: Cookie;
    // Callbacks first, since that is what `any` is taken for; and last, for whoever asks what
    // the parameters are.
    /** Makes a new, empty session with a new id at `req.session`; `keep` carries data over. */
    regenerate(callback: (err: any) => void): this;
    regenerate(options?: { keep?: Keep | undefined }): Promise<void>;
    regenerate(callback: (err: any) => void): this;
    /** Removes the session; `req.session` is gone at once. */
    destroy(callback: (err: any) => void): this;
    destroy(): Promise<void>;
    destroy(callback: (err: any) => void): this;
    /** Takes the session from the store again: `req.session` is a new object then. */
    reload(callback: (err: any) => void): this;
    reload(): Promise<void>;
    reload(callback: (err: any) => void): this;
    /** Restarts the lifetime of the cookie; the middleware does so by itself. */
    resetMaxAge(): this;
    /**
     * Stores the session now.
     *
     * @throws {SessionError} `SESSION_GONE`, to the callback or the promise, if it
     * was destroyed, rotated or has expired meanwhile.
     */
    save(callback: (err: any) => void): this;
    save(): Promise<void>;
    save(callback?: (err: any) => void): this;
    /** Restarts the lifetime of the cookie; the middleware does so by itself. */
    touch(): this;
  }

  /**
   * What a session holds. Add your own keys:
   *
   * ```ts
   * declare module "websession" { // or "express-session", the alias
   *   interface SessionData {
   *     user?: string;
   *   }
   * }
   * ```
   */
  export interface SessionData {
    cookie: Cookie;
  }

  /** The attributes of the session cookie. */
  export interface CookieOptions {
    /** Lifetime in milliseconds; left out: until the browser closes. */
    maxAge?: number | undefined;
    /** Kept per top-level site (CHIPS). */
    partitioned?: boolean | undefined;
    /** What a full jar drops last. */
    priority?: "low" | "medium" | "high" | undefined;
    /** Accepted and without effect, as in express-session: session cookies are always signed. */
    signed?: boolean | undefined;
    /** A fixed end; `maxAge` is the better choice. Whichever is set last wins. */
    expires?: Date | null | undefined;
    /** Hidden from scripts. @default true */
    httpOnly?: boolean | undefined;
    /** The path below which the browser sends it. @default "/" */
    path?: string | undefined;
    /** The domain that also receives it; left out: this host only. */
    domain?: string | undefined;
    /** Only sent over https. `"auto"`: as the request came. */
    secure?: boolean | "auto" | undefined;
    /** Accepted and without effect, as in express-session. */
    encode?: ((val: string) => string) | undefined;
    /** Whether other sites' requests carry it. */
    sameSite?: boolean | "lax" | "strict" | "none" | undefined;
  }

  /** The same with what `session()` takes beyond express-session's types. */
  export interface ExtendedCookieOptions extends Omit<CookieOptions, "sameSite"> {
    /** Whether other sites' requests carry it. `"auto"`: `none` over https, else `lax`. */
    sameSite?: CookieOptions["sameSite"] | "auto";
  }

  /** A session's cookie. */
  export class Cookie implements CookieOptions {
    constructor(options?: CookieOptions | null);

    /** The lifetime each request starts again with: milliseconds, or `null`. */
    originalMaxAge: number | null;
    /** Milliseconds left; setting it moves `expires`. */
    maxAge?: number | undefined;
    signed?: boolean | undefined;
    /** When the browser drops it; `null`: when it closes. */
    expires?: Date | null | undefined;
    httpOnly?: boolean | undefined;
    path?: string | undefined;
    domain?: string | undefined;
    secure?: boolean | "auto" | undefined;
    sameSite?: boolean | "lax" | "strict" | "none" | undefined;
    partitioned?: boolean | undefined;
    priority?: "low" | "medium" | "high" | undefined;
    // Optional, so that plain data still pass for the cookie of a stored session.
    /** The attributes alone, in the order they are stored. */
    readonly data?: CookieData;
    /** The `Set-Cookie` text for this cookie. */
    serialize?(name: string, value: string): string;
    /** What `JSON.stringify()` writes. */
    toJSON?(): CookieData;
  }

  /** What is stored of a cookie. */
  export type CookieData = import("../cookie/cookie.js").CookieData;

  /** The base class of callback stores. */
  export abstract class Store extends EventEmitter {
    /** Destroys the request's session and makes a new one. */
    regenerate(req: express.Request, callback: (err?: any) => any): void;
    /** Finds a session outside any request. */
    load(sid: string, callback: (err: any, session?: SessionData) => any): void;
    /** Gives the request a session made of stored data. */
    createSession(req: express.Request, session: SessionData): Session & SessionData;
    /** Finds a session; no session is no error. */
    abstract get(
      sid: string,
      callback: (err: any, session?: SessionData | null) => void,
    ): void;
    /** Stores a session, new or not. */
    abstract set(sid: string, session: SessionData, callback?: (err?: any) => void): void;
    /** Removes a session. */
    abstract destroy(sid: string, callback?: (err?: any) => void): void;
    /** Every session. */
    all?(
      callback: (err: any, obj?: SessionData[] | { [sid: string]: SessionData } | null) => void,
    ): void;
    /** How many sessions there are. */
    length?(callback: (err: any, length?: number) => void): void;
    /** Removes every session. */
    clear?(callback?: (err?: any) => void): void;
    /** Moves a session's end. */
    touch?(sid: string, session: SessionData, callback?: () => void): void;
  }

  /** Sessions in the memory of this process, bounded and swept. */
  export class MemoryStore extends Store {
    constructor(options?: MemoryStoreOptions);
    get(sid: string, callback: (err: any, session?: SessionData | null) => void): void;
    set(sid: string, session: SessionData, callback?: (err?: any) => void): void;
    destroy(sid: string, callback?: (err?: any) => void): void;
    all(callback: (err: any, obj?: { [sid: string]: SessionData } | null) => void): void;
    length(callback: (err: any, length?: number) => void): void;
    clear(callback?: (err?: any) => void): void;
    touch(sid: string, session: SessionData, callback?: () => void): void;
  }

  /** Bounds of a {@link MemoryStore}. */
  export interface MemoryStoreOptions extends MemoryOptions {
    /** Taken from any EventEmitter, and without effect. */
    captureRejections?: boolean | undefined;
  }

  /** A callback store of any package, by its shape: whatever its types inherit from. */
  export interface StoreLike {
    get(sid: string, callback: (err: any, session?: any) => void): unknown;
    set(sid: string, session: any, callback?: (err?: any) => void): unknown;
    destroy(sid: string, callback?: (err?: any) => void): unknown;
  }

  /** A native store: see "websession/stores/…". */
  export type SessionStore = NativeStore;

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
   */
  export function login(
    req: ServedRequest,
    subject: string,
    options?: LoginOptions,
  ): Promise<void>;

  /** What a login may say beside who it is. */
  export type LoginOptions = import("../core/session_operations.js").LoginOptions;

  /**
   * Notes that whoever is logged in has proven it once more, as before a payment,
   * and moves the session to a new id with all it has.
   *
   * @throws {SessionError} `SESSION_ANONYMOUS` if nobody is logged in.
   */
  export function elevate(req: ServedRequest): Promise<void>;

  /**
   * Removes the session, for every request there is, and the cookie from the
   * browser. Where there is none any more, nothing is to do.
   */
  export function logout(req: ServedRequest, options?: LogoutOptions): Promise<void>;

  /** What a logout may ask of the browser. */
  export type LogoutOptions = import("../core/clear_site_data.js").LogoutOptions;

  /**
   * Reads, changes and stores in one serialisable step: of parallel calls none is
   * lost. `change` may run more than once and must not do anything else.
   */
  export function update<T, Data extends object = SessionDraft>(
    req: ServedRequest,
    change: (data: Data) => T | Promise<T>,
  ): Promise<T>;

  /** Removes a value and returns it: of parallel calls one gets it, the others `undefined`. */
  export function take<Key extends keyof SessionDraft & string>(
    req: ServedRequest,
    key: Key,
  ): Promise<SessionDraft[Key] | undefined>;

  /** Leaves a message for the next request; where connect-flash keeps its own, they do not meet. */
  export function flash(req: ServedRequest, type: string, message: string): void;
  /** Reads and removes the messages of a type. */
  export function flash(req: ServedRequest, type: string): string[];

  /** Who is logged in, if anyone: what `login()` was told, whatever the data say. */
  export function subjectOf(req: ServedRequest): string | undefined;

  /** Who has a session, and since when. Times are milliseconds since the epoch. */
  export type SessionInfo = import("../express/session_functions.js").SessionInfo;

  /** Who has the request's session, and since when. */
  export function infoOf(req: ServedRequest): SessionInfo;

  /**
   * Aborts when the request's session is over: destroyed, revoked, left behind by a login, or
   * ended for its silence or age; also where that happens in another request, or in another
   * process, if the store tells of it or `recheckInterval` looks for it. It follows a session that
   * only takes a new id. Its `reason` is a `SessionError`, `SESSION_GONE`, with `why`.
   *
   * @throws {SessionError} `SESSION_MISSING` if no session middleware ran for the request.
   */
  export function signalOf(req: ServedRequest): AbortSignal;

  /** Frees what is kept for a session's signal, which aborts no more. */
  export const releaseSignal: typeof import("../core/session_signal.js").releaseSignal;

  /**
   * Runs a function while no other request has the lock on the request's session: for what must
   * not happen twice at once outside of it. Data alone need none: `update()` loses nothing.
   *
   * @throws {SessionError} `LOCK_TIMEOUT`, `LOCK_HELD`, `LOCK_LOST`; others as `update()` does.
   */
  export const lock: typeof import("../express/lock.js").lock;

  /** Options of `lock()`. Times are milliseconds. */
  export type LockOptions = import("../core/lock_options.js").LockOptions;

  /** What runs while nobody else has the lock. */
  export type LockedFunction<T> = import("../core/lock_options.js").LockedFunction<T>;

  /** Asks the browser to repeat a frame's request with the cookies its visitor has allowed. */
  export const storageAccess: typeof import("../core/storage_access.js").storageAccess;

  /** What to answer a request that came without the cookies it may have. */
  export type StorageAccessAnswer = import("../core/storage_access.js").StorageAccessAnswer;

  /** Limits by the name of who asks for them: OWASP and NIST SP 800-63B-4. */
  export const lifetimes: typeof import("../lifetimes.js").lifetimes;

  /** Publishes the events of sessions on a channel, as `node:diagnostics_channel` has them. */
  export const publishTo: typeof import("../publish_events.js").publishTo;

  /**
   * Makes middleware that binds sessions to the devices of those who log in by `login(req, …)`: a
   * stolen cookie is worth nothing on another machine. It runs behind the session middleware and in
   * front of the routes.
   *
   * @throws {TypeError} If an option has the wrong type.
   * @throws {RangeError} If a number is outside its range.
   */
  export const bindDevices: typeof import("../express/bind_devices.js").bindDevices;

  /** Options of `bindDevices()`. Times are milliseconds. */
  export type BindOptions = import("../express/bind_devices.js").BindOptions;

  /** Middleware for sessions that are bound to devices. */
  export type DeviceMiddleware = import("../express/bind_devices.js").DeviceMiddleware;

  /** The device of a request's session. Times are milliseconds since the epoch. */
  export type DeviceState = import("../dbsc/device_state.js").DeviceState;

  /** What a route asks of devices. */
  export type DevicePolicy = import("../dbsc/device_options.js").DevicePolicy;

  /** The events of devices and what each carries. */
  export type DeviceEvents = import("../dbsc/device_events.js").DeviceEvents;

  /** Lets a callback store run the core. */
  export function fromExpressStore(store: StoreLike, options?: FromOptions): SessionStore;

  /**
   * Gives a native store the callback face. Where it can be iterated, `all()` gives a
   * list of sessions, each with its `id`, and `ids()` those alone.
   */
  export function toExpressStore(store: SessionStore): ListingStore;

  /** A native store behind callbacks. */
  export interface ListingStore extends Store {
    /** The ids of all sessions. */
    ids?(callback: (error: any, ids?: string[]) => void): void;
  }

  /** An error worth catching, told apart by its `code`. */
  export class SessionError extends Error {
    constructor(code: SessionErrorCode, message: string, options?: { cause?: unknown });
    readonly code: SessionErrorCode;
    /** Of the `reason` of a session's signal, a `SESSION_GONE`: what has ended it. */
    readonly why?: SessionEndReason;
  }

  export type SessionErrorCode = Code;

  /** Why a session is over for those who are connected. */
  export type SessionEndReason = import("../errors.js").SessionEndReason;

  // The list makes everything above that is not exported invisible.
  export { session, session as default };
}
