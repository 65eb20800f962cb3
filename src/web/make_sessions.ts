/** Makes sessions for handlers of a `Request`: what every entry for them hands out. */
import type { Device, OwnSession } from "../core/devices.ts";
import { checkNames } from "../core/known_options.ts";
import { textIn } from "../core/session_metadata.ts";
import { checkHandle } from "../core/subject_sessions.ts";
import { kindOf } from "../errors.ts";
import type { SessionEvents, SessionListener } from "../events.ts";
import type { SealedStore } from "../sealed_store.ts";
import { type Session, type SessionShape, WebSession } from "./session.ts";
import { isPromise } from "../maybe_promise.ts";
import type { MaybePromise, SessionStore } from "../store.ts";
import { RequestSession } from "./request_session.ts";
import { type AdapterOptions, registerAdapter, webAdapter } from "./web_adapter.ts";
import { commitToJar, type CookieJar, isJar, openJar } from "./cookie_jar.ts";
import { answerOf, openSession } from "./open_session.ts";
import { checkedResponse, respond } from "./response.ts";
import { respondThrown } from "./thrown.ts";

/**
 * A handler that is given the request's session. `undefined` in place of a
 * response is passed on: so Bun says that a WebSocket took over.
 */
export type SessionHandler<
  Data extends SessionShape,
  Rest extends unknown[] = unknown[],
  Answer extends Response | undefined = Response,
> = (request: Request, session: Session<Data>, ...rest: Rest) => MaybePromise<Answer>;

/** What `createSessions()` makes. */
export interface Sessions<Data extends SessionShape> {
  /**
   * Makes a fetch handler of one that takes a session: the session is found
   * before it runs, and stored before its response is returned.
   *
   * An answer may be thrown as well: a `Response`, or an error that makes one
   * (`getResponse()`, `toResponse()`), is stored like one that is returned and
   * thrown on with the cookie. Any other error drops the changes, unless
   * `saveOnError` is set or the visitor has left (`request.signal`); so does a
   * status of 500 or more. Redirects of SvelteKit and Next have no response in
   * them: changes are stored, but no cookie leaves.
   *
   * Handlers of one request, within each other or beside, have one session.
   */
  wrap<Rest extends unknown[], Answer extends Response | undefined>(
    handler: SessionHandler<Data, Rest, Answer>,
  ): (request: Request, ...rest: Rest) => Promise<Answer>;
  /** Finds a request's session, or begins one; each `open()` is finished by a `commit()`. */
  open(request: Request): Promise<Session<Data>>;
  /**
   * The same by a framework's own cookies, where no response is at hand: a server action, a
   * loader, a page. `commit(session)` leaves the cookie in the jar; who only reads, and may not
   * set cookies there, need not call it. Whoever opens one jar beside others has their session.
   *
   * @param request Says whether it came over https, if anybody knows; left out: it did.
   *
   * @example
   * ```ts
   * import { createSessions } from "@websession/websession";
   *
   * const sessions = createSessions<{ views: number }>({ secret: "x".repeat(32) });
   * const cookies = new Map<string, string>(); // Next's `await cookies()`, SvelteKit's, Astro's
   * const session = await sessions.open(cookies);
   * session.views = (session.views ?? 0) + 1;
   * await sessions.commit(session);
   * if (!cookies.has("__Host-session")) throw new Error("no cookie");
   * ```
   */
  open(jar: MaybePromise<CookieJar>, request?: Request): Promise<Session<Data>>;
  /**
   * Stores what has to be stored and returns the response with the cookie, if
   * one is due: the same object, or a copy with the same body where that one
   * cannot carry a cookie (immutable headers) or may be another visitor's too
   * (a constant without a body, or with one that the answer to `HEAD` leaves alone).
   *
   * Calls made before it count, awaited or not; later ones that need the
   * response are refused.
   *
   * @throws {SessionError} `SESSION_COMMITTED` if it was called before.
   */
  commit(session: Session<Data>, response: Response): Promise<Response>;
  /**
   * Stores what has to be stored and sets the cookie, if one is due, in the jar the session was
   * opened from; what is thrown afterwards, as a redirect, loses nothing.
   *
   * @throws {SessionError} `SESSION_COMMITTED` if it was called before.
   */
  commit(session: Session<Data>): Promise<void>;
  /** Adds a listener and returns the function that removes it. */
  on<Name extends keyof SessionEvents>(name: Name, listener: SessionListener<Name>): () => void;
  /**
   * Ends a session: by the handle that `list()` gave, or by its id. Where there is
   * none any more, nothing is to do.
   *
   * @throws {SessionError} `STORE_UNSUPPORTED` if the store is sealed.
   */
  revoke(handle: string): Promise<void>;
  /**
   * A subject's sessions, the one seen last first; `current` says which is the
   * visitor's own. Each is read for it.
   *
   * @throws {SessionError} `STORE_UNSUPPORTED` if the store keeps no subjects.
   *
   * @example "These devices are logged in"
   * ```ts
   * import { createSessions } from "@websession/websession";
   *
   * const sessions = createSessions({ secret: "x".repeat(32) });
   * const login = sessions.wrap(async (_request, session) => {
   *   await session.login("ada", { label: "Firefox on Linux" });
   *   return new Response();
   * });
   * await login(new Request("https://example.com/login"));
   * const [device] = await sessions.list("ada");
   * if (device?.label !== "Firefox on Linux") throw new Error("no such device");
   * await sessions.revoke(device.handle);
   * if ((await sessions.list("ada")).length > 0) throw new Error("not logged out");
   * ```
   */
  list(subject: string, options?: { current?: Session<Data> | undefined }): Promise<Device[]>;
  /**
   * Logs a subject out everywhere, except in the session `except`: the visitor's
   * own, a handle that `list()` gave, or an id.
   *
   * After a change of the password: `await sessions.revokeAll(subject, { except: session })`.
   *
   * Sealed sessions need an `epoch` for it, and `except` cannot spare one of
   * them: whoever asks is logged out too.
   *
   * @returns How many sessions ended; `NaN` if they were sealed: nobody can count them.
   * @throws {SessionError} `STORE_UNSUPPORTED` if the store keeps no subjects.
   */
  revokeAll(
    subject: string,
    options?: { except?: Session<Data> | string | undefined },
  ): Promise<number>;
  /** The store the sessions are kept in, or sealed with. */
  readonly store: SessionStore | SealedStore;
}

/** @param makeStore Makes the store of options that give none; left out, they must give one. */
export function makeSessions<Data extends SessionShape>(
  options: AdapterOptions,
  makeStore?: () => SessionStore,
): Sessions<Data> {
  const adapter = webAdapter(options, makeStore);
  const sessions: Sessions<Data> = {
    get store() {
      return adapter.get().options.store;
    },
    wrap(handler) {
      if (typeof handler !== "function") {
        throw new TypeError(`wrap() needs a function, not ${kindOf(handler)}`);
      }
      return async function handle(request, ...rest) {
        let opened;
        try {
          opened = await openSession(adapter.get(), request);
        } catch (thrown) {
          return answerOf(thrown);
        }
        let response;
        try {
          const { session } = opened;
          response = checkedResponse(
            await handler(request, session as unknown as Session<Data>, ...rest),
          );
        } catch (thrown) {
          throw await respondThrown(opened, thrown);
        }
        return opened.isCommitted ? response : await respond(opened, response);
      };
    },
    async open(where: MaybePromise<Request | CookieJar>, request?: Request) {
      const from = isPromise(where) ? await where : where;
      const opened = isJar(from)
        ? await openJar(adapter.get(), from, request)
        : await openSession(adapter.get(), from);
      return opened.session as unknown as Session<Data>;
    },
    async commit(session: Session<Data>, response?: Response): Promise<never> {
      const opened = WebSession.actionsOf(session);
      if (!(opened instanceof RequestSession) || opened.adapter !== adapter.get()) {
        throw new TypeError("commit() needs a session that open() of the same sessions returned");
      }
      if (response === undefined) return await commitToJar(opened) as never;
      return await respond(opened, checkedResponse(response)) as never;
    },
    on: (name, listener) => adapter.events.on(name, listener),
    async revoke(id) {
      checkHandle("revoke", id);
      await adapter.get().transport.revoke(id);
    },
    async list(subject, { current, ...others } = {}) {
      checkNames(others, {});
      const own = current === undefined ? undefined : named("list", current);
      return await adapter.get().transport.list(subject, own as OwnSession | undefined);
    },
    async revokeAll(subject, { except, ...others } = {}) {
      checkNames(others, {});
      const spared = except === undefined ? undefined : named("revokeAll", except);
      return await adapter.get().transport.revokeAll(subject, spared);
    },
  };
  registerAdapter(sessions, adapter);
  return sessions;
}

/** A session that is at hand, or the name of one that is not. */
function named(method: string, session: object | string): OwnSession | string {
  if (typeof session === "string" && method !== "list") return session;
  const { id, state } = WebSession.actionsOf(session as object) ?? {};
  if (id !== undefined) return { id, device: textIn(state!.notes, "device") };
  throw new TypeError(
    `${method}() needs a session, or what list() calls it, not ${kindOf(session)}`,
  );
}
