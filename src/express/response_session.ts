/** A request's session as the end of its response finds it. */
import { serializeCookie } from "../cookie/set_cookie_header.ts";
import { renewOrDiscard, saveOrTouch } from "../core/end_of_request.ts";
import { isRenewalDue } from "../core/lifecycle.ts";
import type { Finished } from "../core/late_writes.ts";
import { blockedBy, chooseWrite, type Facts, isOrphan, type Write } from "../core/policy.ts";
import type { BlockedReason } from "../events.ts";
import type { MaybePromise } from "../store.ts";
import { debug } from "./debug.ts";
import type { HeaderResponse } from "./on_headers.ts";
import type { RequestContext } from "./request_context.ts";
import { dataOf, type Session } from "./session.ts";

/** A session as it is looked at: its data are written once, and used for everything. */
export interface Found {
  readonly session: Session | null | undefined;
  /** The id the response speaks for. */
  readonly id: unknown;
  readonly text: string;
  readonly facts: Facts;
}

/** What is known of a response and the cookie it may carry. */
export interface CookieCarrier {
  readonly context: RequestContext;
  readonly res: HeaderResponse;
  /** The session as `end()` found it. */
  found: Found | undefined;
  /** A store that has just answered this very request need not be asked again. */
  readonly storeHasAnswered: boolean;
  /** The text that was put on the response. */
  cookieText: string | undefined;
  /** The session's id when the headers left. */
  announcedId: string | undefined;
  readonly late: LateCalls;
}

/** Looks at the request's session. */
export function findSession(context: RequestContext): Found {
  const { state, endingSession: session, endingId: id } = context;
  const text = session ? state.contentOf(session) : "";
  const facts = state.facts(dataOf(session!), id, session?.id, () => text);
  return { session, id, text, facts };
}

/** What has to be done of a session: stored under a new id as well. */
export type EndingWrite = Write | "renew";

/** What has to be done; from here on, what was found is what counts. */
export function decideWrite(on: CookieCarrier, headersSent: boolean): EndingWrite {
  const { adapter, access } = on.context;
  const found = on.found = findSession(on.context);
  const write = chooseWrite(found.facts, adapter.options);
  const { session } = found;
  if (!session) return write;
  if (on.context.isRefused) return "none";
  if (hasMovedSince(on, session, headersSent) && on.context.state.storedId === session.id) {
    tellUnsent(on);
  }
  touchOnce(on.context, session);
  if (isDueForNewId(on, session, found.facts, headersSent)) {
    on.late.isRenewing = true;
    return "renew";
  }
  // Its response brings a cookie: only the store knows whether the session is still there.
  if (write === "none" && on.context.state.cameByAlias) return "touch";
  if (write === "touch" && !access.touches) return "none";
  if (write !== "save") return write;
  return wouldBeOrphan(on, session, found.facts, headersSent) ? "none" : write;
}

/** Does it. */
export function perform(
  context: RequestContext,
  { session, id, text }: Found,
  write: Exclude<EndingWrite, "none">,
): MaybePromise<void> {
  if (write === "renew") {
    debug("renewing", id);
    return renewOrDiscard(context.calls.operand(session as Session));
  }
  if (write === "destroy") return context.destroy(id as string);
  debug(write === "save" ? "saving" : "touching", id);
  const { manager, state } = context;
  return saveOrTouch(manager, write, state, dataOf(session as Session), () => text);
}

/** Its id has become old, and the response can bring the new one. */
function isDueForNewId(
  { context }: CookieCarrier,
  session: Session,
  { fromCookie }: Facts,
  headersSent: boolean,
): boolean {
  // Whoever has gone would not hear of it.
  const { socket } = context.req as { socket?: { destroyed?: boolean } };
  if (socket?.destroyed) return false;
  const { state, manager: { settings: { clock, rules } } } = context;
  return fromCookie && state.storedId === session.id && !state.isGone(session.id) &&
    isRenewalDue(state.notes, clock.now(), rules) &&
    whyBlocked(context, session, headersSent) === undefined;
}

/** The lifetime begins again, once for each request. */
export function touchOnce({ state }: RequestContext, session: Session): void {
  if (state.touched) return;
  session.touch();
  state.touched = true;
}

/** Why the session's cookie cannot leave, if it cannot. */
export function whyBlocked(
  { adapter, req }: RequestContext,
  { cookie }: Session,
  headersSent: boolean,
): BlockedReason | undefined {
  return blockedBy(cookie.secure, Boolean(cookie.secure) && adapter.isSecure(req), headersSent);
}

/** Whether what a handler has made of the cookie is one. */
function canBeWritten({ adapter: { options } }: RequestContext, { cookie }: Session): boolean {
  try {
    serializeCookie(options.name, "", cookie.data);
    return true;
  } catch {
    return false;
  }
}

/** Whether a session is stored for nobody: its cookie cannot leave. */
function wouldBeOrphan(
  on: CookieCarrier,
  session: Session,
  { fromCookie }: Facts,
  headersSent: boolean,
): boolean {
  const { context, context: { state, askedToSave }, cookieText } = on;
  const orphan = isOrphan({
    fromCookie,
    isStored: state.storedId === session.id || askedToSave === session.id,
    cookieLeaves: cookieText !== undefined ||
      whyBlocked(context, session, headersSent) === undefined && canBeWritten(context, session),
  });
  // One that has moved since the headers left is stored all the same, as by express-session.
  const isUntold = state.storedId !== session.id && hasMovedSince(on, session, headersSent);
  // Where the headers are still to come, they say why.
  if (orphan && headersSent || isUntold) tellUnsent(on);
  return orphan;
}

/** Whether the id is another one than when the headers left: no browser learns it. */
function hasMovedSince(
  { announcedId, context: { state } }: CookieCarrier,
  { id }: Session,
  headersSent: boolean,
): boolean {
  return headersSent && id !== (announcedId ?? state.originalId);
}

function tellUnsent({ context: { adapter, state, endingSession }, late }: CookieCarrier): void {
  debug("headers already sent");
  late.toldId = endingSession?.id;
  adapter.warn("sent");
  adapter.events.emit("blocked", { reason: "headers-sent" }, state.storedId);
}

/** Calls that store the session when the end of its response has been decided on. */
export class LateCalls {
  /** The end was called, and did not fail. */
  hasLeft = false;
  /** The end gives the session an id that its cookie will have. */
  isRenewing = false;
  /** Of this one it was told already that no browser has it. */
  toldId: string | undefined = undefined;
  readonly #on: CookieCarrier;

  constructor(on: CookieCarrier) {
    this.#on = on;
  }

  /** One is done: whether a browser has its session's id. */
  done(): void {
    const { announcedId, context: { endingSession, state }, cookieText, found } = this.#on;
    if (!this.hasLeft && (found === undefined || this.isRenewing)) return;
    // Who logs in to a new session means to have it: that nobody stores it any more is told as well.
    const id = state.storedId ?? (state.subject === undefined ? undefined : endingSession?.id);
    const sentId = cookieText === undefined ? state.cookieId : announcedId;
    const known = found === undefined ? sentId : found.id;
    if (id !== undefined && id !== known && id !== this.toldId) tellUnsent(this.#on);
  }
}

/** A session as it is when it is looked at later; nobody begins one by looking. */
export class FinishedRequest implements Finished {
  readonly state: Finished["state"];
  readonly #context: RequestContext;

  constructor(context: RequestContext) {
    this.state = context.state;
    this.#context = context;
  }

  get session(): object | null | undefined {
    return this.#context.isLazy ? undefined : this.#context.endingSession;
  }
}
