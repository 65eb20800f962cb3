/**
 * What a session of the Web entries can do, and which names that takes.
 *
 * @module
 */
import type { Cookie } from "../cookie/cookie.ts";
import type { LogoutOptions } from "../core/clear_site_data.ts";
import type { Keep } from "../core/session_data.ts";
import type { LoginOptions } from "../core/session_operations.ts";
import type { MaybePromise } from "../store.ts";

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
  /** Reads and removes the messages of a type. Of parallel requests each may read them: `take()` gives to one. */
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
  /**
   * Aborts when the session is over, for connections that outlive their request's answer:
   * server-sent events, WebSockets. It is destroyed, revoked (`revoke()`, `revokeAll()`,
   * `maxSessions`), left behind by a login, or it ends for its silence or age, also where that
   * happens in another request; in another process, if the store tells of it (`watch`) or
   * `recheckInterval` looks for it. The signal follows a session that only takes a new id. Its
   * `reason` is a `SessionError`, `SESSION_GONE`, with `why`.
   *
   * Ask for it before the response is returned. It is kept until the body of that has ended; of
   * a WebSocket, which has none, until the session has, or {@linkcode releaseSignal} is called.
   * A session that is not stored yet is waited for from when it is.
   *
   * @example Server-sent events that end with the session
   * ```ts
   * import { createSessions } from "@websession/websession";
   *
   * const sessions = createSessions({ secret: "x".repeat(32) });
   * const events = sessions.wrap((_request, { signal }) => {
   *   const body = new ReadableStream({
   *     start: (stream) => signal.addEventListener("abort", () => stream.close()),
   *   });
   *   return new Response(body, { headers: { "content-type": "text/event-stream" } });
   * });
   * const response = await events(new Request("https://example.com/events"));
   * await response.body!.cancel();
   * ```
   */
  readonly signal: AbortSignal;
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
