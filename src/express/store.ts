/** express-session's Store: what third-party stores inherit from. */
import { EventEmitter } from "node:events";
import { Cookie } from "./cookie.ts";
import { Session, type SessionData } from "./session.ts";
import { actionsOf } from "./session_actions.ts";
import { noteTaken, takenFrom } from "../stores/express/taken.ts";
import type { SessionRequest } from "./types.ts";

/** Where a store that is a face of a native one keeps it. */
export const NATIVE: unique symbol = Symbol.for("websession.native") as never;

/**
 * The base class of callback stores.
 *
 * It can be called without `new` (`Store.call(this)`), and its methods need
 * nothing the constructor made: several stores never call it.
 */
export interface Store extends EventEmitter {
  /** Finds a session; no session is no error. */
  // deno-lint-ignore no-explicit-any
  get(id: string, callback: (error: any, session?: SessionData | null) => void): void;
  /** Stores a session, new or not. */
  // deno-lint-ignore no-explicit-any
  set(id: string, session: SessionData, callback?: (error?: any) => void): void;
  /** Removes a session. */
  // deno-lint-ignore no-explicit-any
  destroy(id: string, callback?: (error?: any) => void): void;
  /** Moves a session's end. */
  touch?(id: string, session: SessionData, callback?: () => void): void;
  /** Every session. */
  all?(
    callback: (
      // deno-lint-ignore no-explicit-any
      error: any,
      sessions?: SessionData[] | { [id: string]: SessionData } | null,
    ) => void,
  ): void;
  /** How many sessions there are. */
  // deno-lint-ignore no-explicit-any
  length?(callback: (error: any, length?: number) => void): void;
  /** Removes every session. */
  // deno-lint-ignore no-explicit-any
  clear?(callback?: (error?: any) => void): void;
  /** Makes a request's session anew; the middleware provides it. */
  generate(req: SessionRequest): void;
  /** Destroys the request's session and makes a new one. */
  // deno-lint-ignore no-explicit-any
  regenerate(req: SessionRequest, callback: (error?: any) => any): void;
  /** Finds a session outside any request. */
  // deno-lint-ignore no-explicit-any
  load(id: string, callback: (error: any, session?: Session & SessionData) => any): void;
  /** Gives the request a session made of stored data. */
  createSession(req: SessionRequest, session: SessionData): Session & SessionData;
}

/** The constructor of {@linkcode Store}, callable without `new`. */
export interface StoreConstructor {
  /** Stores of their own need no options; what is given is not looked at. */
  new (options?: unknown): Store;
  (this: unknown, options?: unknown): void;
  /** What `util.inherits()` takes. */
  readonly prototype: Store;
}

function StoreBase(this: Store): void {
  (EventEmitter as unknown as (this: Store) => void).call(this);
}

Object.setPrototypeOf(StoreBase.prototype, EventEmitter.prototype);
Object.defineProperty(StoreBase, "name", { value: "Store" });

/** Methods as express-session defines them: plain assignments, which subclasses may copy. */
export function defineMethods(prototype: object, methods: object): void {
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(prototype, name, {
      value,
      writable: true,
      configurable: true,
      enumerable: true,
    });
  }
}

const methods: Pick<Store, "regenerate" | "load" | "createSession"> & ThisType<Store> = {
  regenerate(req, callback) {
    this.destroy(req.sessionID as string, (error) => {
      // Also after an error: the request must not go on with the old id.
      this.generate(req);
      callback(error);
    });
  },

  load(id, callback) {
    this.get(id, (error, session) => {
      if (error) return callback(error);
      if (!session) return callback(undefined);
      const req = { sessionID: id, sessionStore: this } as unknown as SessionRequest;
      callback(null, this.createSession(req, session));
    });
  },

  createSession(req, session) {
    // A failure of the store is no way around what a route requires of the session.
    const actions = actionsOf(req);
    if (actions?.admit !== undefined && actions.state.failure !== undefined) {
      throw actions.state.failure;
    }
    // Read one by one: of a record without a cookie it says what it always said.
    const expires = session.cookie.expires;
    const originalMaxAge = session.cookie.originalMaxAge;
    const cookie = new Cookie(session.cookie);
    session.cookie = cookie;
    if (typeof expires === "string") cookie.expires = new Date(expires);
    cookie.originalMaxAge = originalMaxAge;
    const created = new Session(req, session) as Session & SessionData;
    req.session = created;
    // One that is outside of any request knows what it is compared with when it is stored.
    return actions === undefined ? noteTaken(created, takenFrom(session)) : created;
  },
};
defineMethods(StoreBase.prototype, methods);

/** The base class of callback stores; see the interface of the same name. */
export const Store: StoreConstructor = StoreBase as unknown as StoreConstructor;
