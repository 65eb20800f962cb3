/**
 * Sessions for everything that speaks `Request` and `Response`.
 *
 * @module
 */
import { EventHub, type SessionEvents, type SessionListener } from "../events.ts";
import { SessionError } from "../errors.ts";
import { after } from "../maybe.ts";
import { resolveOptions, type SessionOptions } from "../options.ts";
import { type Session, SessionObject } from "../session.ts";
import { SessionManager } from "../session_manager.ts";
import { webSigner } from "../signer.ts";
import type { MaybePromise, SessionStore, SubjectStore } from "../store.ts";
import { memoryStore } from "../stores/memory.ts";
import { type WebDoor, WebSession } from "../web_session.ts";

/** A handler that is given the request's session. */
export type SessionHandler<Data extends object, Rest extends unknown[] = unknown[]> = (
  request: Request,
  session: Session<Data>,
  ...rest: Rest
) => MaybePromise<Response>;

/** What `createSessions()` makes. */
export interface Sessions<Data extends object> {
  /**
   * Makes a fetch handler of one that takes a session: the session is found
   * before it runs, and stored before its response is returned.
   */
  wrap<Rest extends unknown[]>(
    handler: SessionHandler<Data, Rest>,
  ): (request: Request, ...rest: Rest) => Promise<Response>;
  /** Finds a request's session, or begins one; `commit()` finishes it. */
  open(request: Request): Promise<Session<Data>>;
  /**
   * Stores what has to be stored and returns the response with the cookie, if
   * one is due: the same object where its headers can be changed.
   *
   * @throws {SessionError} `SESSION_COMMITTED` if it was called before.
   */
  commit(session: Session<Data>, response: Response): Promise<Response>;
  /** Adds a listener and returns the function that removes it. */
  on<Name extends keyof SessionEvents>(name: Name, listener: SessionListener<Name>): () => void;
  /** Destroys a session by its id. */
  revoke(id: string): Promise<void>;
  /**
   * The ids of a subject's sessions.
   *
   * @throws {SessionError} `STORE_UNSUPPORTED` if the store keeps no subjects.
   */
  list(subject: string): Promise<string[]>;
  /**
   * Logs a subject out everywhere, except in the session `except`.
   *
   * @returns How many sessions ended.
   * @throws {SessionError} `STORE_UNSUPPORTED` if the store keeps no subjects.
   */
  revokeAll(subject: string, options?: { except?: string }): Promise<number>;
  /** The store the sessions are kept in. */
  readonly store: SessionStore;
}

/**
 * Makes sessions for a fetch handler.
 *
 * Parallel requests never lose each other's changes, and a session that was
 * logged out never comes back (on stores whose `atomic` is `true`; see each
 * store for what it promises).
 *
 * @param options The secret is required; see {@linkcode SessionOptions}.
 * @throws {TypeError} If an option has the wrong type or contradicts another.
 * @throws {RangeError} If the secret is shorter than 32 bytes.
 *
 * @example
 * ```ts
 * import { createSessions } from "@websession/websession";
 *
 * const sessions = createSessions<{ views: number }>({ secret: "x".repeat(32) });
 * const handler = sessions.wrap((_request, session) => {
 *   session.views = (session.views ?? 0) + 1;
 *   return new Response(`${session.views} views`);
 * });
 * const response = await handler(new Request("https://example.com/"));
 * if (!response.headers.has("set-cookie")) throw new Error("no cookie");
 * ```
 */
export function createSessions<Data extends object = Record<string, unknown>>(
  options: SessionOptions,
): Sessions<Data> {
  const resolved = resolveOptions(options, memoryStore);
  const { store, clock, ioTimeout, maxBytes } = resolved;
  const events = new EventHub();
  const manager = new SessionManager({
    store,
    clock,
    events,
    ioTimeout,
    maxBytes,
    touchKeepsCookie: false,
    renewId: (session) => {
      const actions = SessionObject.actionsOf(session);
      if (actions instanceof WebSession) actions.setId(actions.drawId());
    },
  });
  const door: WebDoor = { options: resolved, manager, signer: webSigner(resolved.secrets) };
  const bySubject = (): SubjectStore => {
    if ("destroyAll" in store) return store as SubjectStore;
    throw new SessionError("STORE_UNSUPPORTED", "This store keeps no index of subjects");
  };

  return {
    store,
    wrap(handler) {
      return async function handle(request, ...rest) {
        const opened = await WebSession.open(door, request);
        let response: Response;
        try {
          response = await handler(request, opened.object as unknown as Session<Data>, ...rest);
        } catch (error) {
          if (!opened.committed) await opened.finish(true);
          throw error;
        }
        return opened.committed ? response : finish(opened, response);
      };
    },
    async open(request) {
      const opened = await WebSession.open(door, request);
      return opened.object as unknown as Session<Data>;
    },
    async commit(session, response) {
      const opened = SessionObject.actionsOf(session);
      if (!(opened instanceof WebSession) || opened.manager !== manager) {
        throw new TypeError("commit() needs a session that open() of the same sessions returned");
      }
      return await finish(opened, response);
    },
    on: (name, listener) => events.on(name, listener),
    async revoke(id) {
      await manager.destroy(undefined, id);
    },
    async list(subject) {
      return await bySubject().list(subject);
    },
    async revokeAll(subject, { except } = {}) {
      return await bySubject().destroyAll(subject, except);
    },
  };

  function finish(opened: WebSession, response: Response): MaybePromise<Response> {
    return after(opened.finish(response.status >= 500), (cookie) => {
      if (cookie === undefined) return withVary(response);
      return withCookie(response, cookie, events);
    });
  }
}

/** Caches must not hand one visitor's page to another (OWASP ASVS 14.3.2). */
function withVary(response: Response): Response {
  try {
    vary(response.headers);
  } catch {
    // Immutable: a fetched or redirecting response without a cookie of ours passes as it is.
  }
  return response;
}

function withCookie(response: Response, cookie: string, events: EventHub): Response {
  const answer = mutable(response);
  if (answer === undefined) {
    events.emit("blocked", { reason: "headers-sent" });
    return response;
  }
  answer.headers.append("set-cookie", cookie);
  vary(answer.headers);
  const caching = answer.headers.get("cache-control");
  if (caching === null) answer.headers.set("cache-control", "no-store");
  else if (/\b(?:public|s-maxage)\b/i.test(caching)) events.emit("cacheable", {});
  return answer;
}

/** The response, or a copy that shares its body, with headers that can be changed. */
function mutable(response: Response): Response | undefined {
  try {
    response.headers.delete("x-websession-probe");
    return response;
  } catch {
    // A protocol switch or a network error cannot be rebuilt.
    if (response.status < 200) return undefined;
    return new Response(response.body, response);
  }
}

function vary(headers: Headers): void {
  const fields = headers.get("vary");
  if (fields === null || !/(?:^|,)\s*(?:cookie|\*)\s*(?:,|$)/i.test(fields)) {
    headers.append("vary", "Cookie");
  }
}
