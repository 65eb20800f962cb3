/** The end of a Web request: from a session's last change to its Set-Cookie texts. */
import type { Cookie } from "../cookie/cookie.ts";
import type { Attributes } from "../cookie/cookie_attributes.ts";
import { checkEditedCookie } from "../cookie/cookie_options.ts";
import { restartLifetime } from "../cookie/lifetime.ts";
import { renewOrDiscard, saveOrTouch } from "../core/end_of_request.ts";
import {
  blockedBy,
  chooseWrite,
  type CookieFacts,
  isOrphan,
  wantsCookie,
  wantsCookieAfterFailure,
} from "../core/policy.ts";
import { isRenewalDue } from "../core/lifecycle.ts";
import type { Data } from "../core/session_data.ts";
import { holdsOnlyCookie } from "../core/session_json.ts";
import { recordOf } from "../core/session_handle.ts";
import { newestId } from "../core/replaced_id.ts";
import type { Operand } from "../core/session_operations.ts";
import type { SessionState } from "../core/session_state.ts";
import { after, attempt } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import type { RequestCookies } from "./cookie_transport.ts";
import { noteAttributes, removalsOf } from "./sent_cookies.ts";
import type { WebSession } from "./session.ts";
import type { WebAdapter } from "./web_adapter.ts";

/** A request's session, as its end finds it. */
export interface EndingSession extends Operand {
  readonly adapter: WebAdapter;
  readonly cookies: RequestCookies;
  readonly state: SessionState;
  readonly request: Request;
  readonly session: WebSession & Data;
  /** The id, or `""` while none was drawn. */
  readonly knownId: string;
  readonly isNew: boolean;
  readonly isDestroyed: boolean;
  /** An older secret made the browser's cookies. */
  readonly isOutdated: boolean;
  /** The request came over https. */
  readonly isSecure: boolean;
  /** The Set-Cookie texts that responses to this request have already. */
  readonly sent: readonly string[];
  /** How its cookies may have been sent, as known before it was emptied. */
  readonly sentBefore: readonly Attributes[];
  /** A cookie as a new session of this request has it. */
  freshCookie(): Cookie;
}

/** Stores what has to be stored, then says which Set-Cookie texts the response needs. */
export function finishRequest(
  ending: EndingSession,
  dropsChanges: boolean,
  carries: () => boolean,
): MaybePromise<readonly string[]> {
  const { adapter, adapter: { options }, cookies, state, session } = ending;
  if (ending.isDestroyed) {
    reportLost(ending);
    return carries() ? removalsOf(ending, cookies.names) : [];
  }
  if (!options.saveUninitialized && isUntouched(ending)) return [];
  let memo: string | undefined;
  const text = () => memo ??= state.contentOf(session);
  const facts = state.facts(session, ending.knownId, ending.knownId, text);
  let write = dropsChanges ? "none" : chooseWrite(facts, options);
  const isStored = !ending.isNew;
  // No visit to be touched for: what was done to the cookie since is stored here, or nowhere.
  if (!dropsChanges && isStored && !facts.fromCookie && state.cookieEdited(session)) write = "save";
  if (state.failure !== undefined) {
    if (write === "save") throw state.failure;
    return [];
  }
  const known: CookieFacts = {
    mustSend: cookies.mustSend(write, session, state.notes),
    // Sent before, with another response: that one may have been a part of this.
    isOutdated: ending.isOutdated || ending.sent.length > 0 || state.cookieEdited(session),
    isStored,
    hasNewLifetime: state.foundMaxAge !== state.baseCookie.originalMaxAge,
  };
  let cookieLeaves = wantsCookie(facts, options, known) &&
    canLeave(ending, carries, dropsChanges);
  if (dropsChanges && state.subject !== undefined && !facts.fromCookie) {
    if (!cookieLeaves || !wantsCookieAfterFailure(facts, options, known)) {
      adapter.diagnose(({ saw }) => saw("thrown"));
    }
  }
  if (isOrphan({ fromCookie: facts.fromCookie, isStored, cookieLeaves })) return [];
  // What the handler has made of the cookie goes by the rules of the options.
  if (cookieLeaves && state.cookieEdited(session)) checkEditedCookie(options.name, session.cookie);
  const texts = () => cookieLeaves && !state.isGone(ending.knownId) ? setCookies(ending) : [];
  if (dropsChanges) {
    if (state.lifetimeEdited(session)) {
      session.cookie.maxAge = state.baseCookie.originalMaxAge ?? null;
    }
    return wantsCookieAfterFailure(facts, options, known) ? texts() : [];
  }
  if (isStored && facts.fromCookie && isDueForNewId(ending) && canLeave(ending, carries)) {
    cookieLeaves = true;
    return after(renewOrDiscard(ending), texts);
  }
  // A cookie promises a session: the store has the last word, not what it said while reading.
  if (cookieLeaves) {
    state.touchedInStore = false;
    state.knownEnd = null;
    const mayDiffer = known.isOutdated || !facts.fromCookie;
    if (mayDiffer && noteAttributes(ending)) {
      memo = undefined;
      write = "save";
    }
    // It came by an id that was replaced: only the store knows whether the session is still there.
    const isItself = state.originalId === ending.knownId;
    if (state.cameByAlias && isItself && write === "none") write = "touch";
  }
  if (write === "none") return texts();
  restartLifetime(session.cookie);
  // Only Express has `unset`: here a session is destroyed by its method, which is done by now.
  const done = saveOrTouch(cookies.manager, write as "save" | "touch", state, session, text);
  return after(done, texts);
}

/** A new session that nobody has asked for anything, as most visits have. */
function isUntouched({ knownId, session, state }: EndingSession): boolean {
  return knownId === "" && state.originalId === "" && state.cookieId === undefined &&
    state.failure === undefined &&
    state.isWhole(session) && holdsOnlyCookie(session);
}

function isDueForNewId(ending: EndingSession): boolean {
  const { adapter: { options: { clock, rules } }, request, state } = ending;
  // Whoever has gone would not hear of it. Asked last: Deno warns of whoever asks.
  return isRenewalDue(state.notes, clock.now(), rules) && !request.signal?.aborted;
}

/** Listeners hear of what was written to a session after it was destroyed. */
export function reportLost({ adapter, state, session }: EndingSession): void {
  const content = attempt(() => state.contentOf(session), () => "");
  if (content !== "{}") {
    adapter.events.emit("discarded", { reason: "destroyed" }, recordOf(state));
  }
}

/** Stored now, a new session whose cookie cannot leave would be an orphan; listeners hear why. */
export function wouldBeOrphan(ending: EndingSession): boolean {
  return ending.isNew && !canLeave(ending, () => true);
}

/** Whether the cookie can leave; listeners hear why it cannot. */
function canLeave(
  ending: EndingSession,
  carries: () => boolean,
  hasFailed?: boolean,
): boolean {
  const { adapter, session, state, isSecure } = ending;
  const reason = blockedBy(session.cookie.secure, isSecure, !carries());
  if (reason === undefined) return true;
  if (!hasFailed) adapter.diagnose((diagnosis) => diagnosis.blocks(ending, reason));
  adapter.events.emit("blocked", { reason }, recordOf(state));
  return false;
}

function setCookies(ending: EndingSession): MaybePromise<readonly string[]> {
  // Its getter draws the id where the cookie is the first to need it.
  const id = newestId(ending.state, ending.session.id);
  return after(
    ending.cookies.write(id),
    ({ written, removed }) => {
      const { cookie } = ending.session;
      // A browser whose clock is ahead of ours would find an end alone to be over on arrival.
      const { maxAge } = cookie;
      const life = maxAge === null ? "" : `; Max-Age=${Math.max(0, Math.round(maxAge / 1000))}`;
      const texts = written.map(([name, value]) => cookie.serialize(name, value) + life);
      ending.adapter.diagnose((diagnosis) => diagnosis.sends(ending));
      // Of another id, they must not stay. First, for jars that know a cookie by its name alone.
      const moved = id !== ending.state.cookieId;
      const strays = moved ? removalsOf(ending, ending.cookies.names, cookie) : [];
      return [...new Set([...strays, ...texts, ...removalsOf(ending, removed)])];
    },
  );
}
