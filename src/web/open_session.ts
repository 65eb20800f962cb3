/** One session for each request, however often it is opened while it is under way. */
import { noteBeginning } from "../core/beginning.ts";
import { kindOf } from "../errors.ts";
import { after, attempt } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import type { VerifiedId } from "./cookie_transport.ts";
import { RequestSession } from "./request_session.ts";
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
    throw new TypeError(`A session needs a Request to open, not ${kindOf(request)}`);
  }
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

/** Finds the session the browser's cookies lead to. */
function load(opened: RequestSession): MaybePromise<void> {
  return after(opened.cookies.verify(), (verified) => verified && fill(opened, verified));
}

function fill(opened: RequestSession, { id, current }: VerifiedId): MaybePromise<void> {
  const { manager, session, state } = opened;
  const { resave } = opened.adapter.options;
  return after(manager.load(id, resave ? undefined : session.cookie.originalMaxAge), (loaded) => {
    if (loaded === undefined) return;
    opened.setId(id);
    opened.isOutdated = !current;
    fillSession(session, state, loaded.data);
    state.cookieId = id;
    state.loaded(id, session, loaded, resave);
    noteBeginning(state, session, manager.settings);
  });
}
