/**
 * What a session manager tells those who listen.
 *
 * No event ever carries an id, a cookie, a secret or session data.
 *
 * @module
 */

/** Why a cookie or a record was not accepted. */
export type RejectedReason =
  | "signature"
  | "unsigned"
  | "duplicate"
  | "unknown"
  | "corrupt";

/** Why no session cookie could be sent. */
export type BlockedReason = "insecure" | "headers-sent";

/** The events and what each carries. */
export interface SessionEvents {
  /** A new session was stored. */
  created: Record<never, never>;
  /** The store acknowledged that a session is gone. */
  destroyed: Record<never, never>;
  /** A session moved to a new id. */
  rotated: Record<never, never>;
  /** Changes were dropped, because the session was destroyed, rotated or expired meanwhile. */
  discarded: { reason: "gone" };
  /** A request came with a cookie that leads to no session. */
  rejected: { reason: RejectedReason };
  /** A session was not stored, because its cookie could not be sent. */
  blocked: { reason: BlockedReason };
  /** A response with our cookie invites shared caches to keep it. */
  cacheable: Record<never, never>;
  /** The store failed where nobody else was told, or to destroy a session. */
  error: { error: unknown; during: "save" | "destroy" };
}

/** A listener for one of the events. */
export type SessionListener<Name extends keyof SessionEvents> = (
  event: SessionEvents[Name],
) => void;

/** Listeners by event; emitting to nobody costs one look-up. */
export class EventHub {
  readonly #listeners = new Map<keyof SessionEvents, Set<(event: never) => void>>();

  /** Adds a listener and returns the function that removes it. */
  on<Name extends keyof SessionEvents>(name: Name, listener: SessionListener<Name>): () => void {
    if (typeof listener !== "function") throw new TypeError("A listener must be a function");
    let listeners = this.#listeners.get(name);
    if (listeners === undefined) this.#listeners.set(name, listeners = new Set());
    listeners.add(listener as (event: never) => void);
    return () => void listeners.delete(listener as (event: never) => void);
  }

  /** Tells the listeners; what one of them throws reaches no request. */
  emit<Name extends keyof SessionEvents>(name: Name, event: SessionEvents[Name]): void {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) return;
    for (const listener of listeners) {
      try {
        (listener as SessionListener<Name>)(event);
      } catch (error) {
        // A broken listener must be seen, but not by the visitor.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
