/** What the sessions of devices tell those who listen. */
import { handlesBy } from "../core/session_handle.ts";
import type { Signer } from "../cookie/signer.ts";
import { isPromise } from "../maybe_promise.ts";
import type { SkippedReason } from "./headers.ts";
import type { Algorithm } from "./public_key.ts";

/**
 * Why a proof was not accepted: it is none (`malformed`), another key made it (`signature`),
 * it answers a challenge that was not made for this session, or is too old (`challenge`), or was
 * answered before (`replayed`), or whoever sent it has no session it could be for (`session`).
 */
export type ProofRefusal = "malformed" | "signature" | "challenge" | "replayed" | "session";

/** What every event has. */
export interface DeviceEvent {
  /** The same handle as in the events of `createSessions()`: no id, and it opens nothing. */
  session(): Promise<string | undefined>;
}

/** The events and what each carries: never an id, a key, a challenge or a cookie. */
export interface DeviceEvents {
  /** A browser was asked for a key, after a login. */
  offered: DeviceEvent;
  /** A browser has registered a key. */
  registered: DeviceEvent & { algorithm: Algorithm };
  /** A device has shown its key and was given a new cookie. */
  refreshed: DeviceEvent & { algorithm: Algorithm };
  /** A browser came to refresh without an answer to a challenge, and was given one. */
  challenged: DeviceEvent;
  /** A proof was not accepted. */
  rejected: DeviceEvent & { during: "registration" | "refresh"; reason: ProofRefusal };
  /** A session with a key came without a fresh cookie: `refused` where the policy requires one. */
  stale: DeviceEvent & { refused: boolean };
  /** … and was let through, because the browser says why it could not refresh. */
  skipped: DeviceEvent & { reason: SkippedReason };
  /** A browser was told that its session is over. */
  ended: DeviceEvent;
  /** The store failed at a registration or a refresh: it was answered with 503. */
  error: DeviceEvent & { error: unknown };
}

/** A listener for one of the events. */
export type DeviceListener<Name extends keyof DeviceEvents> = (event: DeviceEvents[Name]) => void;

const NAMES: ReadonlySet<string> = new Set<keyof DeviceEvents>([
  "offered",
  "registered",
  "refreshed",
  "challenged",
  "rejected",
  "stale",
  "skipped",
  "ended",
  "error",
]);

/** Listeners by event; what one of them throws reaches no request and is reported once. */
export class DeviceEventHub {
  readonly #listeners = new Map<string, Set<(event: never) => unknown>>();
  readonly #reported = new WeakSet<object>();
  readonly #handle: (id: string) => Promise<string>;

  /** @param signer Asked for when a handle is. */
  constructor(signer: () => Signer) {
    const make = handlesBy(signer);
    this.#handle = async (id) => await make(id);
  }

  /** Adds a listener and returns the function that removes it. */
  on<Name extends keyof DeviceEvents>(name: Name, listener: DeviceListener<Name>): () => void {
    if (typeof listener !== "function") throw new TypeError("A listener must be a function");
    if (!NAMES.has(name)) throw new TypeError(`There is no event "${String(name)}"`);
    let listeners = this.#listeners.get(name);
    if (listeners === undefined) this.#listeners.set(name, listeners = new Set());
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /** Tells the listeners; `id` is the session's, which none of them learns. */
  emit<Name extends keyof DeviceEvents>(
    name: Name,
    fields: Omit<DeviceEvents[Name], "session">,
    id?: string,
  ): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      const session = async () => id ? await this.#handle(id) : undefined;
      try {
        const result = listener(Object.assign({ session }, fields) as never);
        if (isPromise(result)) result.then(undefined, (error) => this.#failed(listener, error));
      } catch (error) {
        this.#failed(listener, error);
      }
    }
  }

  #failed(listener: object, error: unknown): void {
    if (this.#reported.has(listener)) return;
    this.#reported.add(listener);
    console.error("websession: a listener failed:", error);
  }
}
