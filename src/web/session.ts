/**
 * The session a handler of the Web entries sees.
 *
 * @module
 */
import type { Cookie } from "../cookie/cookie.ts";
import { restartLifetime } from "../cookie/lifetime.ts";
import type { Keep } from "../core/session_data.ts";
import { type Notes, subjectIn, timeIn } from "../core/session_metadata.ts";
import type { LogoutOptions } from "../core/clear_site_data.ts";
import type { LoginOptions } from "../core/session_operations.ts";
import type { MaybePromise } from "../store.ts";

export type { Keep, LoginOptions, LogoutOptions };

/**
 * What a session can do; each method says when it is finished.
 *
 * These names are reserved: assigning to one of them throws a `TypeError`, and
 * data stored under one (by another application on the same store, say) stay
 * in the store and out of sight.
 */
export interface SessionMethods<Data extends object> {
  /** The session's id: drawn when first asked for, `""` once destroyed. */
  readonly id: string;
  /** Whether nothing was stored under this id yet. */
  readonly isNew: boolean;
  /** The session's cookie: its lifetime may be changed here, itself it may not. */
  readonly cookie: Cookie;
  /**
   * Stores the session now instead of after the response is made.
   *
   * @throws {SessionError} `SESSION_GONE` if it was destroyed, rotated or has expired meanwhile.
   */
  save(): Promise<void>;
  /**
   * Takes the data from the store again and drops changes not yet stored.
   *
   * @throws {SessionError} `SESSION_GONE` if there is no such session any more.
   */
  reload(): Promise<void>;
  /** Gives the session a new id, without data unless `keep` says so; the old id is dead. */
  regenerate(options?: { keep?: Keep }): Promise<void>;
  /** Removes the session from the store and, with the response, the cookie from the browser. */
  destroy(): Promise<void>;
  /** Restarts the lifetime; every response does so anyway. */
  touch(): this;
  /** The same as `touch()`. */
  resetMaxAge(): this;
  /**
   * Reads, changes and stores in one serialisable step: of parallel calls none
   * is lost. `change` may run more than once and must not do anything else.
   */
  update<T>(change: (data: Partial<Data>) => MaybePromise<T>): Promise<T>;
  /** Removes a value and returns it: of parallel calls one gets it, the others `undefined`. */
  take<Key extends keyof Data & string>(key: Key): Promise<Data[Key] | undefined>;
  /** Leaves a message for the next request. */
  flash(type: string, message: string): void;
  /** Reads and removes the messages of a type. */
  flash(type: string): string[];
  /**
   * Notes who logged in and moves the session to a new id, with the data that `keep`
   * names: by default all, and none where somebody else was logged in. `label` is
   * what the list of the subject's sessions calls this one.
   */
  login(subject: string, options?: LoginOptions): Promise<void>;
  /**
   * Notes that whoever is logged in has proven it once more, as before a payment,
   * and moves the session to a new id with all it has: `authenticatedAt` is now.
   *
   * @throws {SessionError} `SESSION_ANONYMOUS` if nobody is logged in.
   */
  elevate(): Promise<void>;
  /** The same as `destroy()`; `clearSiteData` has the browser forget more than the cookie. */
  logout(options?: LogoutOptions): Promise<void>;
  /** Who is logged in, if anyone. */
  readonly subject: string | undefined;
  /** When the session began: milliseconds since the epoch, once it is stored. */
  readonly createdAt: number | undefined;
  /** When whoever is logged in last proved it: milliseconds since the epoch. */
  readonly authenticatedAt: number | undefined;
}

/** What no data are: a compiler that refuses a key says so by this name. */
export interface NameOfTheSession {
  /** Nothing has it. */
  readonly isReserved: never;
}

/** What data may not declare. Of the methods' own types, so that nothing else is lost by it. */
export type ReservedNames = {
  readonly [Name in keyof SessionMethods<object>]?:
    & SessionMethods<object>[Name]
    & NameOfTheSession;
};

/** Any data, as long as they leave the names of a session's methods alone. */
export type SessionShape = object & ReservedNames;

/** A session: its data as plain properties, and its methods. */
export type Session<Data extends SessionShape = Record<string, unknown>> =
  & SessionMethods<Data>
  & Partial<Data>;

/** What stands behind a session object. */
export type SessionActions =
  & Omit<
    SessionMethods<Record<string, unknown>>,
    "touch" | "resetMaxAge" | "cookie" | "subject" | "createdAt" | "authenticatedAt"
  >
  & {
    /** What is known of the session: our notes among it. */
    readonly state: { readonly notes: Notes };
    /** The request it belongs to. */
    readonly request: Request;
    /** Draws another id in place of one that the store knows already. */
    renewId(): void;
  };

/**
 * The object itself: own enumerable data (`cookie` among them, as in
 * express-session), everything else on the prototype.
 */
export class WebSession implements SessionMethods<Record<string, unknown>> {
  declare readonly cookie: Cookie;
  readonly #actions: SessionActions;
  #cookie: Cookie;

  static readonly #cookieProperty: PropertyDescriptor & ThisType<WebSession> = {
    enumerable: true,
    get() {
      return this.#cookie;
    },
    set: () => refuse("cookie"),
  };

  constructor(actions: SessionActions, cookie: Cookie) {
    this.#actions = actions;
    this.#cookie = cookie;
    Object.defineProperty(this, "cookie", WebSession.#cookieProperty);
  }

  /** The actions behind an object, or `undefined` if it is no session of ours. */
  static actionsOf(session: object): SessionActions | undefined {
    return Object(session) === session && #actions in session ? session.#actions : undefined;
  }

  /** Gives a session that begins anew its cookie. */
  static setCookie(session: WebSession, cookie: Cookie): void {
    session.#cookie = cookie;
  }

  /** Whether a name is a method's or a getter's, and so none for data. */
  static hasTaken(key: string): boolean {
    return key !== "cookie" && key in WebSession.prototype;
  }

  get id(): string {
    return this.#actions.id;
  }
  get isNew(): boolean {
    return this.#actions.isNew;
  }
  get subject(): string | undefined {
    return subjectIn(this.#actions.state.notes);
  }
  get createdAt(): number | undefined {
    return timeIn(this.#actions.state.notes, "createdAt");
  }
  get authenticatedAt(): number | undefined {
    return timeIn(this.#actions.state.notes, "authenticatedAt");
  }
  save(): Promise<void> {
    return this.#actions.save();
  }
  reload(): Promise<void> {
    return this.#actions.reload();
  }
  regenerate(options?: { keep?: Keep }): Promise<void> {
    return this.#actions.regenerate(options);
  }
  destroy(): Promise<void> {
    return this.#actions.destroy();
  }
  touch(): this {
    restartLifetime(this.cookie);
    return this;
  }
  resetMaxAge(): this {
    return this.touch();
  }
  update<T>(change: (data: Record<string, unknown>) => MaybePromise<T>): Promise<T> {
    return this.#actions.update(change);
  }
  take(key: string): Promise<unknown> {
    return this.#actions.take(key);
  }
  flash(type: string): string[];
  flash(type: string, message: string): void;
  flash(type: string, message?: string): string[] | void {
    return message === undefined ? this.#actions.flash(type) : this.#actions.flash(type, message);
  }
  login(subject: string, options?: LoginOptions): Promise<void> {
    return this.#actions.login(subject, options);
  }
  elevate(): Promise<void> {
    return this.#actions.elevate();
  }
  logout(options?: LogoutOptions): Promise<void> {
    return this.#actions.logout(options);
  }
  /** What `console.log()` shows in Node, Bun and Deno: no id. */
  [Symbol.for("nodejs.util.inspect.custom")](): unknown {
    return { ...this, id: "[redacted]" };
  }
  /** What `Deno.inspect()` shows. */
  [Symbol.for("Deno.customInspect")](inspect: (value: unknown) => string): string {
    return `Session ${inspect({ ...this, id: "[redacted]" })}`;
  }
}

function refuse(name: string): never {
  throw new TypeError(`"${name}" is a name of the session itself: data must have another`);
}

/** Makes a name one that can be read and not assigned to, in sloppy mode too. */
function reserve(owner: object, name: string, get: () => unknown): void {
  Object.defineProperty(owner, name, { get, set: () => refuse(name), configurable: true });
}

/** What `update()` hands out has the same names reserved, and nothing behind them. */
const draftPrototype = {};
const { constructor: _, ...own } = Object.getOwnPropertyDescriptors(WebSession.prototype);
for (const [name, { get, value }] of Object.entries(own)) {
  reserve(WebSession.prototype, name, get ?? (() => value));
  reserve(draftPrototype, name, () => undefined);
}
reserve(draftPrototype, "cookie", () => undefined);
// Assigned to, as `Object.assign()` of a hostile body does, it would put other methods behind a session.
for (const owner of [WebSession.prototype, draftPrototype]) {
  reserve(owner, "__proto__", function (this: object) {
    return Object.getPrototypeOf(this);
  });
}

/** Refuses the reserved names to whoever changes these data. */
export function asDraft<Data extends object>(data: Data): Data {
  return Object.setPrototypeOf(data, draftPrototype) as Data;
}
