/** One session for each request, however often it is opened while it is under way. */
import { noteBeginning } from "../core/beginning.ts";
import { goOnWithout, reportFailedLoad } from "../core/on_store_error.ts";
import type { Loaded } from "../core/session_loader.ts";
import { kindOf } from "../errors.ts";
import { after, attempt } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import type { VerifiedId } from "./cookie_transport.ts";
import { RequestSession } from "./request_session.ts";
import { isResponse } from "./response.ts";
import { fillSession } from "./session_contents.ts";
import type { WebAdapter } from "./web_adapter.ts";

interface Opening {
  session: RequestSession;
  ready: MaybePromise<RequestSession>;
}

/** Where a request notes its sessions: with a WeakMap a visit would take twice the time. */
const OPENINGS = Symbol("websession.openings");
/** A function: who logs a request sees no session in it. */
type Marked = Request & { [OPENINGS]?: (adapter: WebAdapter) => Opening | undefined };

/**
 * Finds the request's session, or begins one that costs nothing until it is written to.
 * Handlers within handlers, and those beside each other, share it: two would not see each
 * other's changes, and of two new ones' cookies the browser keeps one.
 */
export function openSession(adapter: WebAdapter, request: Marked): MaybePromise<RequestSession> {
  if (typeof request?.headers?.get !== "function") {
    throw new TypeError(
      `A session needs a Request to open, not ${
        kindOf(request)
      } (Express has session() of "websession", Hono that of "websession/hono")`,
    );
  }
  adapter.diagnose((diagnosis) => diagnosis.opens());
  const others = request[OPENINGS];
  const known = others?.(adapter);
  if (known !== undefined && !known.session.isCommitted) {
    known.session.holders++;
    return known.ready;
  }
  const session = new RequestSession(adapter, request);
  const opening = known ?? { session, ready: session };
  opening.session = session;
  if (known === undefined) {
    try {
      request[OPENINGS] = (asking) => asking === adapter ? opening : others?.(asking);
    } catch {
      // One that takes no properties notes nothing: nobody shares its session.
    }
  }
  return opening.ready = attempt(() => after(load(session), () => session), (error) => {
    // Nobody can finish it: whoever opens the request again starts afresh.
    session.holders = 0;
    throw error;
  });
}

/** The session that handlers of a request have opened, if any of them has. */
export function openedSession(adapter: WebAdapter, request: Marked): RequestSession | undefined {
  return request[OPENINGS]?.(adapter)?.session;
}

/**
 * Goes where this process has moved the session since the browser sent its cookies. Nobody may be
 * told of the new id for it: whoever asks has proven no more than the old one.
 */
export async function followMoves(opened: RequestSession): Promise<boolean> {
  const { cookies, manager } = opened;
  const verified = await cookies.verify();
  if (verified === undefined) return false;
  let isFound = false;
  await manager.follow(verified.id, async (to) => {
    const loaded = await manager.load(to);
    if (loaded === undefined) return;
    isFound = true;
    fill(opened, { ...verified, id: to }, loaded);
  });
  return isFound;
}

/** Finds the session the browser's cookies lead to. */
function load(opened: RequestSession): MaybePromise<void> {
  const { cookies, manager, session, adapter: { options: { resave } } } = opened;
  let verified: VerifiedId | undefined;
  const found = attempt(() =>
    after(cookies.verify(), (one) => {
      verified = one;
      opened.missed = one?.id;
      return one && manager.load(one.id, resave ? undefined : session.cookie.originalMaxAge);
    }), (error) => goOn(opened, error));
  return after(found, (loaded) => loaded && fill(opened, verified!, loaded));
}

function fill(opened: RequestSession, { id, current }: VerifiedId, loaded: Loaded): void {
  const { manager, session, state } = opened;
  opened.missed = undefined;
  opened.setId(loaded.id);
  opened.isOutdated = !current;
  fillSession(session, state, loaded.data);
  state.cookieId = id;
  state.loaded(loaded.id, session, loaded, opened.adapter.options.resave);
  noteBeginning(state, session, manager.settings);
}

/** The store failed: with the session it did not hand over, or with an answer in its place. */
function goOn(opened: RequestSession, error: unknown): MaybePromise<undefined> {
  const { adapter: { events, options }, request, session, state, missed: id } = opened;
  return after(options.onStoreError(error, request), (outcome) => {
    const isAnswer = isResponse(outcome);
    if (outcome !== "anonymous" && !isAnswer) throw error;
    reportFailedLoad(events, error, id);
    if (isAnswer) throw outcome;
    goOnWithout(state, session, id, error);
    if (id === undefined) opened.unopened = error;
    else opened.setId(id);
    return undefined;
  });
}

/** The response that came in place of a session; anything else is thrown on. */
export function answerOf<Answer>(thrown: unknown): Answer {
  if (isResponse(thrown)) return thrown as Answer;
  throw thrown;
}
