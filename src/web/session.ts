/**
 * The session a handler of the Web entries sees.
 *
 * @module
 */
import type { Cookie } from "../cookie/cookie.ts";
import { restartLifetime } from "../cookie/lifetime.ts";
import type { Keep } from "../core/session_data.ts";

export type { Keep };

/** What a session can do; each method says when it is finished. */
export interface SessionMethods<Data extends object> {
  /** The session's id: drawn when first asked for, `""` once destroyed. */
  readonly id: string;
  /** Whether nothing was stored under this id yet. */
  readonly isNew: boolean;
  /** The session's cookie: its lifetime may be changed here. */
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
  update<T>(change: (data: Partial<Data>) => T): Promise<T>;
  /** Removes a value and returns it: of parallel calls one gets it, the others `undefined`. */
  take<Key extends keyof Data & string>(key: Key): Promise<Data[Key] | undefined>;
  /** Leaves a message for the next request, under `flash`. */
  flash(type: string, message: string): void;
  /** Reads and removes the messages of a type. */
  flash(type: string): string[];
  /** Notes who logged in and moves the session to a new id. @default keep: true */
  login(subject: string, options?: { keep?: Keep }): Promise<void>;
  /** The same as `destroy()`. */
  logout(): Promise<void>;
  /** Who is logged in, if anyone. */
  readonly subject: string | undefined;
}

/** A session: its data as plain properties, and its methods. */
export type Session<Data extends object = Record<string, unknown>> =
  & SessionMethods<Data>
  & Partial<Data>;

/** What stands behind a session object. */
export type SessionActions =
  & Omit<SessionMethods<Record<string, unknown>>, "touch" | "resetMaxAge" | "cookie">
  & {
    /** Draws another id in place of one that the store knows already. */
    renewId(): void;
  };

/**
 * The object itself: own enumerable data (`cookie` among them, as in
 * express-session), everything else on the prototype.
 */
export class WebSession implements Omit<SessionMethods<Record<string, unknown>>, "cookie"> {
  declare cookie: Cookie;
  readonly #actions: SessionActions;

  constructor(actions: SessionActions, cookie: Cookie) {
    this.#actions = actions;
    this.cookie = cookie;
  }

  /** The actions behind an object, or `undefined` if it is no session of ours. */
  static actionsOf(session: object): SessionActions | undefined {
    return Object(session) === session && #actions in session ? session.#actions : undefined;
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
    return this.#actions.subject;
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
  update<T>(change: (data: Record<string, unknown>) => T): Promise<T> {
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
  login(subject: string, options?: { keep?: Keep }): Promise<void> {
    return this.#actions.login(subject, options);
  }
  logout(): Promise<void> {
    return this.#actions.logout();
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
