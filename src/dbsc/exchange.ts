/** What a registration or a refresh is asked with, and answered: no server's own request or response. */
import type { MaybePromise } from "../store.ts";
import type { BoundCookie } from "./bound_cookie.ts";
import type { StoredSession } from "./change_note.ts";
import type { HeaderReader } from "./headers.ts";

/** A request at one of the two paths. */
export interface Exchange {
  readonly method: string;
  readonly header: HeaderReader;
  /** The host it was sent to, without a port. */
  readonly host: string | undefined;
  /** The cookie as this request's response would have it. */
  readonly cookie: BoundCookie;
  /** It came with a cookie that may be a session's. */
  readonly isNamed: boolean;
  /** Finds the session its cookie leads to; asks the store for it. */
  open(): MaybePromise<StoredSession | undefined>;
  /** … or, where another request has just moved that session, the session where it is now. */
  follow(): MaybePromise<StoredSession | undefined>;
}

export interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, text: string])[];
  readonly body: string | null;
}

/** Kept by no cache, readable by no other origin. */
const ALWAYS: Answer["headers"] = [
  ["cache-control", "no-store"],
  ["cross-origin-resource-policy", "same-origin"],
  ["x-content-type-options", "nosniff"],
];

export function answer(
  status: number,
  headers: Answer["headers"] = [],
  json: string | null = null,
): Answer {
  const type: Answer["headers"] = json === null ? [] : [["content-type", "application/json"]];
  return { status, headers: [...ALWAYS, ...type, ...headers], body: json };
}
