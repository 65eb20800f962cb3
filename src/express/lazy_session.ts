/** Sessions that nobody asks for are never made: most requests of most sites. */
import type { SessionRequest } from "./types.ts";

/** What is known of a request whose session waits to be asked for. */
export interface LazySession {
  session: SessionRequest["session"];
  sessionID: string | undefined;
  /** Makes both, unless they are made. */
  makeNow(): void;
}

const LAZY = Symbol("websession.lazy");
/** A function: who logs a request sees no secret in it. */
type Marked = SessionRequest & { [LAZY]: () => LazySession };

function accessor(name: "session" | "sessionID"): PropertyDescriptor {
  return {
    configurable: true,
    enumerable: true,
    get(this: Marked): unknown {
      const lazy = this[LAZY]();
      lazy.makeNow();
      return lazy[name];
    },
    set(this: Marked, value: never) {
      const lazy = this[LAZY]();
      lazy.makeNow();
      lazy[name] = value;
    },
  };
}

// Shared by all requests: nothing is allocated for one that asks for no session.
const SESSION = accessor("session");
const SESSION_ID = accessor("sessionID");

/** Until one of them is read or written, `req.session` and `req.sessionID` cost nothing. */
export function makeLazy(req: SessionRequest, lazy: LazySession): void {
  Object.defineProperty(req, LAZY, { value: () => lazy, configurable: true });
  Object.defineProperty(req, "session", SESSION);
  Object.defineProperty(req, "sessionID", SESSION_ID);
}
