/** How browsers carry their sessions: a signed id, or the sealed whole. */
import type { Device, OwnSession } from "../core/devices.ts";
import type { Write } from "../core/policy.ts";
import type { Notes } from "../core/session_metadata.ts";
import type { SessionManager } from "../core/session_manager.ts";
import type { MaybePromise } from "../store.ts";

/** What the requests of one adapter share about it. */
export interface CookieTransport {
  /** Looks at a request's Cookie header; costs nothing but the look. */
  read(header: string | null): RequestCookies;
  /** Ends the session that a handle, or its id, names. */
  revoke(name: string): MaybePromise<void>;
  /** A subject's sessions; `current` is the one that asks. */
  list(subject: string, current: OwnSession | undefined): MaybePromise<Device[]>;
  /** Ends a subject's sessions and says how many: `NaN` where nobody can count them. */
  revokeAll(subject: string, except: OwnSession | string | undefined): MaybePromise<number>;
}

/** What one browser brought with one request, and takes home from it. */
export interface RequestCookies {
  /** Serves this request's session. */
  readonly manager: SessionManager;
  /** The names of its cookies that are ours: what a logout removes. */
  readonly names: readonly string[];
  /** The cookies hold the session itself: what does not leave with the response is lost. */
  readonly holdsSession: boolean;
  /** The session the cookies lead to, if they are genuine. */
  verify(): MaybePromise<VerifiedId | undefined>;
  /** Whether the response has to carry the session, whatever the policy says. */
  mustSend(write: Write, session: { readonly cookie: object }, notes: Notes): boolean;
  /** The cookies that lead back to the session, and those that do no longer. */
  write(id: string): MaybePromise<CookieChanges>;
}

/** Which session the cookies lead to. */
export interface VerifiedId {
  readonly id: string;
  /** Whether the newest secret was used; `false` asks for new cookies. */
  readonly current: boolean;
}

/** What a response does to the browser's cookies. */
export interface CookieChanges {
  readonly written: readonly (readonly [name: string, value: string])[];
  readonly removed: readonly string[];
}
