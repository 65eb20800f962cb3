/** Middleware that binds the sessions of Express to devices. */
import { DeviceEventHub, type DeviceEvents, type DeviceListener } from "../dbsc/device_events.ts";
import { type DeviceOptions, resolveDeviceOptions } from "../dbsc/device_options.ts";
import type { DeviceState } from "../dbsc/device_state.ts";
import { notShown } from "../dbsc/route.ts";
import { callable } from "../option_checks.ts";
import { addHeader, type AnsweringResponse, canAnswer } from "./answering_response.ts";
import { settle } from "./callback_or_promise.ts";
import { DeviceAdapter } from "./device_adapter.ts";
import type { ExpressAdapter } from "./express_adapter.ts";
import type { RequestContext } from "./request_context.ts";
import { needActions } from "./session_actions.ts";
import type { ServedRequest } from "./session_functions.ts";
import type { Next, SessionRequest, SessionResponse } from "./types.ts";

/** Options of {@linkcode bindDevices}. Times are milliseconds. */
// Any framework's request.
// deno-lint-ignore no-explicit-any
export interface BindOptions extends DeviceOptions<any> {
  /**
   * Answers where a session that has a key comes without a fresh cookie to a route that requires
   * one; a WebSocket's `{}`, which cannot answer, is refused by `next(error)`, `SESSION_REFUSED`.
   *
   * @default {(req, res) => res.status(403).end()}
   */
  // deno-lint-ignore no-explicit-any
  refuse?: ((req: any, res: any, next: (error?: any) => void) => void) | undefined;
}

/** Middleware for sessions that are bound to devices. */
export interface DeviceMiddleware {
  // Any framework's request, response and next.
  // deno-lint-ignore no-explicit-any
  (req: any, res: any, next: (error?: any) => void): void;
  /**
   * The device of a request's session; `undefined` where nobody is logged in.
   *
   * @throws {SessionError} `SESSION_MISSING` if no session middleware ran for the request.
   */
  deviceOf(req: ServedRequest): DeviceState | undefined;
  /** Adds a listener and returns the function that removes it. */
  on<Name extends keyof DeviceEvents>(name: Name, listener: DeviceListener<Name>): () => void;
}

/**
 * Makes middleware that binds sessions to the devices of those who log in by `login(req, …)`: a
 * stolen cookie is worth nothing on another machine (Device Bound Session Credentials).
 *
 * It runs behind the session middleware, which has to have a `secret`, and in front of the routes.
 * What it guards against and what not is said in docs/device-bound-sessions.md.
 *
 * @throws {TypeError} If an option has the wrong type.
 * @throws {RangeError} If a number is outside its range.
 *
 * @example
 * ```ts ignore
 * import session, { bindDevices } from "websession";
 *
 * app.use(session({ secret, store, resave: false, saveUninitialized: false }));
 * app.use(bindDevices({
 *   policy: (req) => ["/login", "/logout"].includes(req.path) ? "prefer" : "require",
 * }));
 * ```
 */
export function bindDevices(options: BindOptions = {}): DeviceMiddleware {
  resolveDeviceOptions(options, { name: "", path: "/" });
  const refuse = callable("refuse", options.refuse) ?? refused;
  const adapters = new Map<ExpressAdapter, DeviceAdapter>();
  const events: DeviceEventHub = new DeviceEventHub(() => {
    // Whichever session middleware it was: of one application they mostly have one secret.
    return [...adapters.values()].at(-1)!.signer;
  });

  function adapterFor({ adapter, cookieOptions }: RequestContext): DeviceAdapter {
    let devices = adapters.get(adapter);
    if (devices === undefined) {
      devices = new DeviceAdapter(adapter, options, events, cookieOptions.path || "/");
      adapters.set(adapter, devices);
    }
    return devices;
  }

  function bindDevices(req: SessionRequest, res: SessionResponse, next: Next): void {
    const context = contextOf(req);
    const devices = adapterFor(context);
    const answering = canAnswer(res) ? res : undefined;
    const served = answering && devices.serve(context, answering);
    if (served !== undefined) return settle(() => served, (error) => error && next(error));
    devices.mistakes.handsOn(req);
    const policy = devices.policyOf(req);
    if (policy === "off") return next();
    if (answering !== undefined) devices.watch(context, answering);
    const looked = devices.lookAt(context, policy);
    if (looked === undefined) return next();
    let isRefused = false;
    settle(async () => void (isRefused = await looked), (error) => {
      if (error !== undefined) next(error);
      else if (isRefused) {
        context.isRefused = true;
        if (answering === undefined) next(notShown());
        else settle(() => refuse(req, answering, next), (thrown) => thrown && next(thrown));
      } else next();
    });
  }

  return Object.assign(bindDevices, {
    deviceOf(req: ServedRequest): DeviceState | undefined {
      const context = contextOf(req);
      return context.isLazy ? undefined : adapterFor(context).stateOf(context);
    },
    on<Name extends keyof DeviceEvents>(name: Name, listener: DeviceListener<Name>) {
      return events.on(name, listener);
    },
  });
}

/** What serves the request: no other package's session middleware does for this. */
function contextOf(req: object): RequestContext {
  return needActions(req) as RequestContext;
}

function refused(_req: SessionRequest, res: AnsweringResponse): void {
  res.statusCode = 403;
  res.setHeader("Cache-Control", "no-store");
  addHeader(res, "Vary", "Cookie");
  res.setHeader("Content-Type", "text/plain; charset=utf-8");
  res.end(notShown().message);
}
