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
import type { SessionMethods } from "./session_methods.ts";

export type { Keep, LoginOptions, LogoutOptions };
export type {
  NameOfTheSession,
  ReservedNames,
  Session,
  SessionMethods,
  SessionShape,
} from "./session_methods.ts";

/** What stands behind a session object. */
export type SessionActions =
  & Omit<
    SessionMethods<Record<string, unknown>>,
    "touch" | "resetMaxAge" | "cookie" | "subject" | "createdAt" | "authenticatedAt" | "flash"
  >
  & {
    /** Leaves a message; without one, takes those of a type. */
    flash(type: string, message?: string): string[] | void;
    /** What is known of the session: our notes among it. */
    readonly state: { readonly notes: Notes };
    /** The request it belongs to. */
    readonly request: Request;
    /** Draws another id in place of one that the store knows already. */
    renewId(): void;
    /** A cookie as a new session of this request has it. */
    freshCookie(): Cookie;
  };

/**
 * The object itself: own enumerable data (`cookie` among them, as in
 * express-session), everything else on the prototype.
 */
export class WebSession implements SessionMethods<Record<string, unknown>> {
  declare readonly cookie: Cookie;
  readonly #actions: SessionActions;
  /** Made when it is asked for: most who have no session never do. */
  #cookie: Cookie | undefined;

  static readonly #cookieProperty: PropertyDescriptor & ThisType<WebSession> = {
    enumerable: true,
    get() {
      return this.#cookie ??= this.#actions.freshCookie();
    },
    set: () => refuse("cookie"),
  };

  constructor(actions: SessionActions) {
    this.#actions = actions;
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
    return key in WebSession.prototype;
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
  get signal(): AbortSignal {
    return this.#actions.signal;
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
    return this.#actions.flash(type, message);
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
  Object.defineProperty(owner, name, { get, set: () => refuse(name) });
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
