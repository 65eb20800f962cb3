/** Requests as they come, responses as they go: as little of them as is used. */
import type { IncomingMessage } from "node:http";
import type { EndingResponse } from "./held_response.ts";
import type { HeadWaiting } from "./on_headers.ts";
import type { Session, SessionData } from "./session.ts";
import type { Store } from "./store.ts";

/** A request, before and after the middleware: Express', node:http's, HTTP/2's. */
export interface SessionRequest {
  /** The headers, by lower-case name. */
  headers: IncomingMessage["headers"];
  /** The verb. */
  method?: string | undefined;
  /** The target, as a router may have cut it. */
  url?: string | undefined;
  /** The target the client sent, where a router keeps it. */
  originalUrl?: string | undefined;
  /** Express' word for https, which "trust proxy" decides. */
  secure?: boolean;
  /** The secret of an older middleware, used where the options name none. */
  secret?: unknown;
  /** What cookie-parser has read. */
  cookies?: Record<string, unknown>;
  /** What cookie-parser has verified. */
  signedCookies?: Record<string, unknown>;
  /** The connection, and whether it is encrypted. */
  connection?: { encrypted?: boolean } | null;
  /** The session. */
  session?: (Session & Partial<SessionData>) | null | undefined;
  /** The session's id. */
  sessionID?: string | undefined;
  /** The store the session is kept in. */
  sessionStore?: Store;
}

/** A response: any that Node has, or the `{}` of a WebSocket wrapper. */
export interface SessionResponse extends EndingResponse {
  end?: (...args: unknown[]) => unknown;
}

/** How middleware hands on. */
export type Next = (error?: unknown) => void;

/** The end of a response that can be taken back. */
export interface RevocableEnd {
  revoke(): void;
  /** Sets a header that has not left. */
  setHeader(name: string, text: string): void;
  /** What it ends. */
  readonly res: object;
  /** Hears of calls that have stored the session. */
  readonly late: { done(): void };
  /** `end()` was called. */
  readonly isEnded: boolean;
  /** What its headers may have to wait for. */
  readonly waiting: HeadWaiting;
}
