/** A request whose session the store failed to hand over: refused, or served without it. */
import { kindOf } from "../errors.ts";
import type { EventHub } from "../events.ts";
import type { MaybePromise } from "../store.ts";
import type { Data } from "./session_data.ts";
import type { SessionState } from "./session_state.ts";
import { storeFailure } from "./store_failure.ts";

/**
 * What becomes of a request whose session could not be loaded: `"fail"` is the
 * store's error in place of an answer; `"anonymous"` goes on with an empty session.
 */
export type StoreErrorOutcome = "fail" | "anonymous";

/**
 * The outcome, or a function that decides it for each request, at once or later. It is told
 * the error that `"fail"` would answer with; what it throws comes in that one's place.
 *
 * @example Pages for everybody stay up, an account is not shown as a stranger's
 * ```ts
 * import { createSessions } from "@websession/websession";
 * import { memoryStore } from "@websession/websession/stores/memory";
 *
 * const store = memoryStore();
 * const sessions = createSessions<{ n: number }>({
 *   secret: "x".repeat(32),
 *   store,
 *   onStoreError: (_error, request) =>
 *     new URL(request.url).pathname === "/"
 *       ? "anonymous"
 *       : new Response("Back in a minute", { status: 503 }),
 * });
 * const handler = sessions.wrap((_request, session) => {
 *   session.n ??= 1;
 *   return new Response();
 * });
 * const begun = await handler(new Request("https://example.com/"));
 * const headers = { cookie: begun.headers.getSetCookie()[0]!.split(";")[0]! };
 * store.readAndTouch = store.read = () => {
 *   throw new Error("no route to host");
 * };
 * const account = await handler(new Request("https://example.com/account", { headers }));
 * if (account.status !== 503) throw new Error("served without a session");
 * ```
 */
export type OnStoreError<Request, Answer = never> =
  | StoreErrorOutcome
  | ((error: unknown, request: Request) => MaybePromise<StoreErrorOutcome | Answer>);

/** The option as a function. */
export function resolveOnStoreError<Request, Answer>(
  option: OnStoreError<Request, Answer> = "fail",
): Exclude<OnStoreError<Request, Answer>, StoreErrorOutcome> {
  if (typeof option === "function") return option;
  if (option === "fail" || option === "anonymous") return () => option;
  throw new TypeError(
    `Option "onStoreError" must be "fail", "anonymous" or a function, not ${kindOf(option)}`,
  );
}

/**
 * Lets a request go on with a session that reads as empty. Nothing is written to what
 * the store may still have: each attempt is the store's error. A `destroy()` and a
 * `reload()` ask it again, by the id that the browser has proven.
 */
export function goOnWithout(
  state: SessionState,
  session: Data,
  id: string | undefined,
  error: unknown,
): void {
  if (id !== undefined) {
    state.cookieId = id;
    state.loaded(id, session, NOTHING_FOUND, false);
  }
  state.failure = error;
}

const NOTHING_FOUND = { text: "{}", stored: { version: undefined }, end: null, touched: false };

/** Listeners hear of a request that is answered without its session. */
export function reportFailedLoad(events: EventHub, error: unknown, id: string | undefined): void {
  events.emit("error", { error: storeFailure(error, undefined, id), during: "load" }, id);
}
