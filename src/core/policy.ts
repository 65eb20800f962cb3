/** What a request's end does to the store and the cookie: decided here, done elsewhere. */

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
