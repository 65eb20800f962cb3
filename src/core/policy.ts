/** What the end of a request asks for: decided here, done elsewhere. */

/** The switches the decisions depend on. */
export interface Rules {
  readonly saveUninitialized: boolean;
  readonly rolling: boolean;
  /** Whether `req.session = null` destroys the session. */
  readonly unsetDestroys: boolean;
}

/** What is known of one request's session when the decision falls. */
export interface Facts {
  /** There is a session object. */
  readonly present: boolean;
  /** The session id is a string. */
  readonly hasId: boolean;
  /** The browser proved this very id. */
  readonly fromCookie: boolean;
  /** The id or the data differ from what the request began with. */
  readonly modified: boolean;
  /** The data are what was stored last. */
  readonly saved: boolean;
  /** Something was stored or needs no storing: a base to compare with exists. */
  readonly everSaved: boolean;
  /** The cookie has an end, which a changed session moves. */
  readonly cookieEnds: boolean;
}

export type Write = "destroy" | "save" | "touch" | "none";

export function chooseWrite(facts: Facts, rules: Rules): Write {
  if (!facts.present) return rules.unsetDestroys && facts.hasId ? "destroy" : "none";
  if (!facts.hasId) return "none";
  const isFresh = !rules.saveUninitialized && !facts.everSaved && !facts.fromCookie;
  if (isFresh ? facts.modified : !facts.saved) return "save";
  return facts.fromCookie ? "touch" : "none";
}

export function shouldSetCookie(facts: Facts, rules: Rules): boolean {
  if (!facts.present || !facts.hasId) return false;
  if (!facts.fromCookie) return rules.saveUninitialized || facts.modified;
  return rules.rolling || (facts.cookieEnds && facts.modified);
}

/** What the decisions about a cookie need beside the facts. */
export interface CookieFacts {
  /** The response has to carry the session itself (a sealed one that changed). */
  readonly mustSend: boolean;
  /** The browser's cookie is right, but old: another secret signed it, or its attributes changed. */
  readonly isOutdated: boolean;
  /** The session is in the store under its id. */
  readonly isStored: boolean;
  /** A call has given what is stored another lifetime than the browser's cookie has. */
  readonly hasNewLifetime: boolean;
}

/** Whether a response that can be made anew carries the cookie. */
export function wantsCookie(facts: Facts, rules: Rules, cookie: CookieFacts): boolean {
  if (cookie.mustSend || shouldSetCookie(facts, rules)) return true;
  // Stored on the way: without the cookie nobody could ever ask for it.
  return facts.fromCookie ? cookie.isOutdated : cookie.isStored;
}

/** The same where the handler failed: its changes are dropped, so only those it stored call for a cookie. */
export function wantsCookieAfterFailure(
  facts: Facts,
  rules: Rules,
  cookie: CookieFacts,
): boolean {
  if (cookie.mustSend) return true;
  return cookie.isStored && (!facts.fromCookie || rules.rolling || cookie.hasNewLifetime);
}

/** Why a cookie cannot leave with the response, if it cannot. */
export function blockedBy(
  isSecure: unknown,
  overSecure: boolean,
  headersSent: boolean,
): "insecure" | "headers-sent" | undefined {
  if (isSecure && !overSecure) return "insecure";
  return headersSent ? "headers-sent" : undefined;
}

/** A new session whose cookie does not leave: nobody could ever ask for it, so it is not stored. */
export function isOrphan(session: {
  readonly fromCookie: boolean;
  readonly isStored: boolean;
  readonly cookieLeaves: boolean;
}): boolean {
  return !session.fromCookie && !session.isStored && !session.cookieLeaves;
}

/** Where there is no session. */
export const NOBODY: Facts = {
  present: false,
  hasId: false,
  fromCookie: false,
  modified: false,
  saved: false,
  everSaved: false,
  cookieEnds: false,
};
