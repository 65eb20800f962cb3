/** The shapes of requests and responses this door works with. */
import type { IncomingMessage } from "node:http";
import type { HeaderResponse } from "./on_headers.ts";
import type { Session, SessionData } from "./session.ts";
import type { Store } from "./store.ts";

/** A request, before and after the middleware: Express', node:http's, HTTP/2's. */
export interface SessionRequest {
  headers: IncomingMessage["headers"];
  url?: string | undefined;
  originalUrl?: string | undefined;
  secure?: boolean;
  secret?: unknown;
  cookies?: Record<string, unknown>;
  signedCookies?: Record<string, unknown>;
  connection?: { encrypted?: boolean } | null;
  session?: (Session & Partial<SessionData>) | null | undefined;
  sessionID?: string | undefined;
  sessionStore?: Store;
}

/** A response: any that Node has, or the `{}` of a WebSocket wrapper. */
export interface SessionResponse extends HeaderResponse {
  end?: (...args: unknown[]) => unknown;
  _implicitHeader?: () => void;
  stream?: unknown;
}

/** How middleware hands on. */
export type Next = (error?: unknown) => void;
