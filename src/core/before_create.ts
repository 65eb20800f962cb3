/** The application's say before a new session is stored. */
import { SessionError } from "../errors.ts";
import type { EventHub } from "../events.ts";
import { after, attempt } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import type { Data } from "./session_data.ts";
import type { SessionState } from "./session_state.ts";

/**
 * Says whether a request may begin a session, at once or later: `false` refuses, and so
 * does a throw, which is then the `cause` of the `SESSION_REFUSED`.
 *
 * @example A hundred new sessions, and no more
 * ```ts
 * import { createSessions, SessionError } from "@websession/websession";
 *
 * let left = 100;
 * const sessions = createSessions({ secret: "x".repeat(32), beforeCreate: () => left-- > 0 });
 * const handler = sessions.wrap((_request, session) => {
 *   session["n"] = 1;
 *   return new Response();
 * });
 * const visit = () => handler(new Request("https://example.com/"));
 * for (let visitor = 0; visitor < 100; visitor++) await visit();
 * const refused = await visit().catch((error) => error);
 * if (!(refused instanceof SessionError && refused.code === "SESSION_REFUSED")) throw refused;
 * ```
 */
export type BeforeCreate<Request> = (request: Request) => MaybePromise<boolean | void>;

/** Whom to ask, and who hears of a refusal. */
export interface Asking {
  readonly events: EventHub;
  /** Says whether a session may be stored that no store has. */
  readonly beforeCreate?: BeforeCreate<Data> | undefined;
}

/** Requests that may begin a session: what they begin after that counts as the same one. */
const allowed = new WeakSet<SessionState>();

/**
 * Asks once for each request. Nothing it does is stored after a refusal: each attempt
 * is `SESSION_REFUSED`.
 */
export function askBeforeCreate(
  { beforeCreate, events }: Asking,
  state: SessionState,
  session: Data,
): MaybePromise<void> {
  if (beforeCreate === undefined || allowed.has(state) || replaces(state)) return;
  if (state.failure !== undefined) throw state.failure;
  let cause: unknown;
  const answer = attempt(() => beforeCreate(session), (error) => {
    cause = error;
    return false;
  });
  return after(answer, (isAllowed) => {
    if (isAllowed !== false) return void allowed.add(state);
    state.markGone(session["id"] as string);
    events.emit("blocked", { reason: "refused" });
    throw state.failure = new SessionError(REFUSED, "The application refused a new session", {
      cause,
    });
  });
}

const REFUSED = "SESSION_REFUSED";

/** Whether an error says that the application refused the session. */
export function isRefused(error: unknown): boolean {
  return error instanceof SessionError && error.code === REFUSED;
}

/** A session that takes the place of the visitor's own makes none more: `regenerate()` does that. */
function replaces({ cookieId, originalId }: SessionState): boolean {
  return cookieId !== undefined && (originalId === undefined || originalId === cookieId);
}
