/** The `session()` middleware. */
import { isCovered as covers } from "../cookie/reach.ts";
import { kindOf } from "../errors.ts";
import { debug } from "./debug.ts";
import { ExpressAdapter } from "./express_adapter.ts";
import { openSession } from "./open_session.ts";
import { resolveOptions, type SessionOptions } from "./options.ts";
import { readSessionId } from "./request_cookie.ts";
import { RequestContext } from "./request_context.ts";
import { ResponseHooks } from "./response_hooks.ts";
import { administration, type SessionAdministration } from "./session_administration.ts";
import type { SessionRequest } from "./types.ts";

/** Express middleware with the administration of its sessions. */
export interface SessionMiddleware extends SessionAdministration {
  // Any framework's request, response and next.
  // deno-lint-ignore no-explicit-any
  (req: any, res: any, next: (error?: any) => void): void;
}

/**
 * Makes the middleware: express-session's, with its options, its order of
 * store calls and its bytes, and without its lost updates and revived logins.
 *
 * @throws {TypeError} If an option has the wrong type.
 */
export function session(options?: SessionOptions | null): SessionMiddleware {
  const resolved = resolveOptions(options);
  const adapter = new ExpressAdapter(resolved);
  const { store, secrets } = resolved;

  function session(req: SessionRequest, res: object, next: (error?: unknown) => void): void {
    if (typeof next !== "function") {
      throw new TypeError(
        'session() of "websession" is for Express and node:http, as (req, res, next): in Hono use session() of "websession/hono", elsewhere createSessions() of "websession/web"',
      );
    }
    if (req.session) return next();
    adapter.lateWrites.look();
    if (!adapter.isReady && resolved.onStoreError === undefined) {
      debug("store is disconnected");
      return next();
    }
    const cookieOptions = resolved.cookie(req);
    if (typeof cookieOptions !== "object") {
      throw new TypeError(`cookie option must return an object, not ${kindOf(cookieOptions)}`);
    }
    if (!isCovered(req, cookieOptions.path || "/")) {
      debug("pathname mismatch");
      adapter.warn("path");
      return next();
    }
    if (!secrets && !req.secret) return next(new Error("secret option required for sessions"));
    const signer = adapter.signerFor(req)!;
    req.sessionStore = store;
    const proven = readSessionId(req, adapter, signer);
    const context = new RequestContext(adapter, req, signer, cookieOptions);
    new ResponseHooks(context, res, next);
    openSession(context, proven, next);
  }

  return Object.assign(session, administration(adapter));
}

/** By the path the client asked for, whatever a router has cut from `req.url`. */
function isCovered(req: SessionRequest, cookiePath: string): boolean {
  // Also where the target names no page, as that of CONNECT.
  if (cookiePath === "/") return true;
  return covers(pathOf(req.originalUrl || req.url || "/"), cookiePath);
}

function pathOf(url: string): string {
  if (url.startsWith("/")) return url.split(/[?#]/, 1)[0]!;
  try {
    return new URL(url).pathname;
  } catch {
    return "/";
  }
}
