/**
 * Device Bound Session Credentials: a stolen cookie is worth nothing on another machine.
 *
 * After a login the browser makes a key that never leaves the device, and renews a second,
 * short-lived cookie by signing with it. Whoever has copied the cookies cannot. What that guards
 * against and what not, and how to begin with it, is said in docs/device-bound-sessions.md.
 *
 * @example
 * ```ts
 * import { createSessions } from "@websession/websession";
 * import { bindDevices } from "@websession/websession/dbsc";
 *
 * const sessions = createSessions({ secret: "x".repeat(32) });
 * const devices = bindDevices(sessions, {
 *   policy: (request) => new URL(request.url).pathname === "/login" ? "prefer" : "require",
 * });
 * const fetch = devices.wrap(sessions.wrap(async (_request, session) => {
 *   await session.login("ada");
 *   return new Response(devices.deviceOf(session)?.status);
 * }));
 * const response = await fetch(new Request("https://example.com/login"));
 * if (!response.headers.has("secure-session-registration")) throw new Error("no key is asked for");
 * ```
 *
 * @module
 */
import {
  type DeviceEvent,
  DeviceEventHub,
  type DeviceEvents,
  type DeviceListener,
  type ProofRefusal,
} from "../dbsc/device_events.ts";
import {
  type DeviceOptions,
  type DevicePolicy,
  resolveDeviceOptions,
} from "../dbsc/device_options.ts";
import type { DeviceState } from "../dbsc/device_state.ts";
import type { SkippedReason } from "../dbsc/headers.ts";
import type { Algorithm } from "../dbsc/public_key.ts";
import { kindOf } from "../errors.ts";
import type { MaybePromise } from "../store.ts";
import { DeviceAdapter } from "./device_adapter.ts";
import type { Sessions } from "./make_sessions.ts";
import { answerOf } from "./open_session.ts";
import { RequestSession } from "./request_session.ts";
import { type Session, type SessionShape, WebSession } from "./session.ts";
import { lazyAdapterOf } from "./web_adapter.ts";

export type { Algorithm, DeviceEvent, DeviceEvents, DeviceListener, DeviceOptions, DevicePolicy };
export type { DeviceState, ProofRefusal, SkippedReason };

/** Options of {@linkcode bindDevices}. Times are milliseconds. */
export interface BindOptions extends DeviceOptions<Request> {
  /**
   * Answers where a session that has a key comes without a fresh cookie to a route that requires
   * one. Its handler is not called.
   *
   * @default {() => new Response("…", { status: 403 })}
   */
  refuse?: ((request: Request) => MaybePromise<Response>) | undefined;
}

/** What `bindDevices()` makes. */
export interface BoundDevices<Data extends SessionShape = Record<string, unknown>> {
  /**
   * Puts the protocol in front of a fetch handler: one that `sessions.wrap()` made, or the `fetch`
   * of an application whose middleware serves the same sessions (Hono: `session({ sessions })`).
   *
   * The handler must hand on the `Request` it is given: what is known of the session is noted on
   * it. For requests whose session has no key, the store is not asked once more and nothing is signed.
   */
  wrap<Rest extends unknown[], Answer extends Response | undefined>(
    handler: (request: Request, ...rest: Rest) => MaybePromise<Answer>,
  ): (request: Request, ...rest: Rest) => Promise<Answer | Response>;
  /**
   * The device of a request's session; `undefined` where nobody is logged in.
   *
   * @throws {TypeError} If it is no session of these.
   */
  deviceOf(session: Session<Data>): DeviceState | undefined;
  /** Adds a listener and returns the function that removes it. */
  on<Name extends keyof DeviceEvents>(name: Name, listener: DeviceListener<Name>): () => void;
}

/**
 * Binds sessions to the devices of those who log in.
 *
 * The key, and which challenges were answered, are kept in the session's record: what ends the
 * session ends them, and where it begins anew it has no device yet.
 *
 * @param sessions What `createSessions()` returned, with a store that keeps them: a copied cookie
 * with a sealed session in it would not learn what happens to the other. Sealed ones are a
 * `TypeError` at the first request.
 * @throws {TypeError} If an option has the wrong type; by `wrap()`, if it is given a handler that was
 * wrapped for the devices of other sessions with the same `path`.
 * @throws {RangeError} If a number is outside its range.
 */
export function bindDevices<Data extends SessionShape = Record<string, unknown>>(
  sessions: Sessions<Data>,
  options: BindOptions = {},
): BoundDevices<Data> {
  const lazy = lazyAdapterOf(sessions);
  // What the options of the sessions add to these may be known only when a request comes.
  const { registerPath } = resolveDeviceOptions(options, { name: "", path: "/" });
  const { path, refuse = refused } = options;
  const own: Wrapping = { sessions, path: path && registerPath };
  if (typeof refuse !== "function") {
    throw new TypeError(`Option "refuse" must be a function, not ${kindOf(refuse)}`);
  }
  let made: DeviceAdapter | undefined;
  const events: DeviceEventHub = new DeviceEventHub(() => get().signer);
  const get = (): DeviceAdapter => {
    return made ??= new DeviceAdapter(lazy.get(), options, events);
  };

  return {
    wrap(handler) {
      if (typeof handler !== "function") {
        throw new TypeError(`wrap() needs a function, not ${kindOf(handler)}`);
      }
      checkPaths(own, wrappings.get(handler));
      return noted(own, async function handle(request, ...rest) {
        const devices = get();
        const served = devices.serve(request);
        if (served !== undefined) return await served;
        devices.mistakes.handsOn(request);
        const policy = devices.policyOf(request);
        if (policy === "off") return await handler(request, ...rest);
        const since = devices.now;
        let opened: RequestSession | undefined;
        try {
          opened = await devices.open(request, policy);
        } catch (thrown) {
          return answerOf(thrown);
        }
        const route = { request, since, isSeen: opened !== undefined };
        try {
          if (opened !== undefined && await devices.isRefused(opened, policy)) {
            return await refuse(request);
          }
          return await devices.conclude(await handler(request, ...rest), route);
        } catch (thrown) {
          throw await devices.conclude(thrown, route);
        } finally {
          // It was only looked at here: the handlers' own have ended it.
          if (opened !== undefined) opened.holders--;
        }
      });
    },
    deviceOf(session) {
      const opened = WebSession.actionsOf(session);
      if (opened instanceof RequestSession && opened.adapter === get().adapter) {
        return get().stateOf(opened);
      }
      throw new TypeError(`deviceOf() needs a session of these sessions, not ${kindOf(session)}`);
    },
    on: (name, listener) => events.on(name, listener),
  };
}

/** What a handler was wrapped for. */
interface Wrapping {
  readonly sessions: object;
  /** Where devices register; `undefined`: that depends on the cookie of the sessions. */
  readonly path: string | undefined;
}

const wrappings = new WeakMap<object, Wrapping>();

function noted<Handler extends object>(wrapping: Wrapping, handler: Handler): Handler {
  wrappings.set(handler, wrapping);
  return handler;
}

/** The outer one would answer for the devices of both. */
function checkPaths({ sessions, path }: Wrapping, inner: Wrapping | undefined): void {
  if (inner === undefined || inner.sessions === sessions || inner.path !== path) return;
  if (path === undefined) return;
  const at = path.slice(0, path.lastIndexOf("/"));
  throw new TypeError(`Option "path" must differ for other sessions, not "${at}" twice`);
}

function refused(): Response {
  return new Response("This session is bound to a device, which did not show its key", {
    status: 403,
    headers: { "cache-control": "no-store", vary: "Cookie" },
  });
}
