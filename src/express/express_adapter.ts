/** What all requests of one `session()` middleware share. */
import type { CookieOptions } from "../cookie/cookie.ts";
import { kindOf } from "../errors.ts";
import { EventHub } from "../events.ts";
import { resolveAuto } from "../cookie/cookie_options.ts";
import { forwardedHttps } from "../cookie/secure_request.ts";
import { LateWrites } from "../core/late_writes.ts";
import { handlesBy, recordOf } from "../core/session_handle.ts";
import { generateSessionId } from "../core/session_id.ts";
import { RenewingStore } from "../core/renewing_store.ts";
import { SessionManager } from "../core/session_manager.ts";
import type { SessionState } from "../core/session_state.ts";
import type { SyncSigner } from "../cookie/signer.ts";
import type { SessionStore, StoredSession } from "../store.ts";
import { type CallbackStore, wrapperOf } from "../stores/express/callback_store.ts";
import { UNREADABLE } from "../stores/express/found_session.ts";
import { watchCalls } from "../stores/express/watch_calls.ts";
import { type Warn, warner } from "../warnings.ts";
import { Cookie } from "./cookie.ts";
import { MemoryStore } from "./memory_store.ts";
import { nativeOf } from "./to_express_store.ts";
import { nodeSigner, type Secret } from "./node_signer.ts";
import type { ResolvedOptions } from "./options.ts";
import { actionsOf } from "./session_actions.ts";
import { Session, type SessionData } from "./session.ts";
import type { Store } from "./store.ts";
import type { SessionRequest } from "./types.ts";

/** How the store is asked. */
export interface StoreAccess {
  readonly manager: SessionManager;
  /** The wrapper around a callback store; a native store has none. */
  readonly callbackStore: CallbackStore | undefined;
  readonly isMemory: boolean;
  readonly touches: boolean;
}

export class ExpressAdapter {
  readonly options: ResolvedOptions;
  readonly events: EventHub;
  /** Says what keeps sessions from working, where nobody listens. */
  readonly warn: Warn<"express">;
  readonly lateWrites: LateWrites;
  /** Looks at sessions whose cookie is sent, if anybody does. */
  onCookie: ((request: { req: SessionRequest; state: SessionState }) => void) | undefined;
  readonly #signer: SyncSigner | undefined;
  readonly #wrapper: CallbackStore;
  readonly #touches: boolean;
  readonly #isMemory: boolean;
  #native: StoreAccess | undefined;
  #callbacks: StoreAccess | undefined;
  #isReady = true;
  readonly #refused = new WeakSet<object>();
  readonly #isLazyAllowed: boolean;
  readonly #generator: Store["generate"];

  constructor(options: ResolvedOptions) {
    const { store, secrets } = options;
    this.options = options;
    this.#signer = secrets && nodeSigner(secrets);
    const signer = this.#signer ?? nodeSigner([generateSessionId()]);
    this.events = new EventHub(
      (error) => console.error("websession: a listener failed:", error),
      handlesBy(() => signer),
    );
    this.warn = options.warn ? warner("express", (event) => this.events.hears(event)) : () => {};
    this.lateWrites = new LateWrites((state) => {
      this.warn("late");
      this.events.emit("discarded", { reason: "committed" }, recordOf(state));
    });
    this.#isLazyAllowed = options.isPlain && !options.saveUninitialized && !options.unsetDestroys;
    this.#touches = typeof store.touch === "function";
    this.#isMemory = store instanceof (MemoryStore as unknown as new () => Store);
    this.#wrapper = wrapperOf(store);
    if (nativeOf(store) === undefined) watchCalls(store);
    const generate = (req: SessionRequest) => this.generate(req);
    this.#generator = store.generate = function generateSession(req) {
      // Several middlewares may share the store: the one that serves this request decides.
      if (!actionsOf(req)?.generateIn(this, req)) generate(req);
    };
    store.on("disconnect", () => this.#isReady = false);
    store.on("connect", () => this.#isReady = true);
  }

  /**
   * Whether a new session can wait until it is asked for: nothing of the
   * application's would be called for it now, and nothing stored.
   */
  canBeLazy(): boolean {
    return this.#isLazyAllowed && this.options.store.generate === this.#generator;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** What signs without a request. */
  get signer(): SyncSigner {
    if (this.#signer !== undefined) return this.#signer;
    throw new TypeError('The sessions of a subject need the option "secret"');
  }

  /** The signer, or one for the secret an older middleware left on the request. */
  signerFor(req: SessionRequest): SyncSigner | undefined {
    if (this.#signer !== undefined) return this.#signer;
    return req.secret ? nodeSigner([req.secret as Secret]) : undefined;
  }

  storeAccess(): StoreAccess {
    const native = nativeOf(this.options.store);
    if (native === undefined) {
      return this.#callbacks ??= {
        manager: this.#manager(this.#wrapper, true, true),
        callbackStore: this.#wrapper,
        isMemory: false,
        touches: this.#touches,
      };
    }
    return this.#native ??= {
      manager: this.#manager(native, false, this.#isMemory),
      callbackStore: undefined,
      isMemory: this.#isMemory,
      touches: true,
    };
  }

  drawId(req: SessionRequest): string {
    const id: unknown = this.options.genid(req);
    if (typeof id === "string" && id !== "") {
      if (!this.options.isId(id)) this.warn("genid");
      return id;
    }
    const kind = id === "" ? "an empty one" : kindOf(id);
    throw new TypeError(`genid option must return a non-empty string, not ${kind}`);
  }

  newCookie(req: SessionRequest): Cookie {
    const options: CookieOptions = this.options.cookie(req);
    const cookie = new Cookie(options, this.options.clock);
    return resolveAuto(cookie, options, this.isSecure(req));
  }

  /** As express-session: an encrypted connection, or a proxy that is trusted to say so. */
  isSecure(req: SessionRequest): boolean {
    if (req.connection?.encrypted) return true;
    const { proxy } = this.options;
    if (proxy === false) return false;
    if (proxy !== true) return req.secure === true;
    return forwardedHttps(req.headers["x-forwarded-proto"] as string | undefined);
  }

  /** Begins a session of its own for the request. */
  generate(req: SessionRequest, id = this.drawId(req)): void {
    req.sessionID = id;
    const session = new Session(req);
    req.session = session;
    try {
      session.cookie = this.newCookie(req);
    } catch (error) {
      // Half a session would fail once more, when the error page is sent.
      delete req.session;
      throw error;
    }
  }

  /**
   * As express-session: a record without a cookie is an error, in the words of the
   * store that cannot make a session of it. One that nobody could parse is none.
   */
  #refuse({ session, json }: StoredSession): void {
    if (session === UNREADABLE) return;
    const given: unknown = session ?? parsed(json);
    if (given === null) return;
    try {
      this.options.store.createSession({} as SessionRequest, given as SessionData);
    } catch (error) {
      this.#refused.add(Object(error));
      throw error;
    }
  }

  /** Whether an error says that a record is no session: the store has not failed. */
  isRefusal(error: unknown): boolean {
    return this.#refused.has(Object(error));
  }

  #manager(store: SessionStore, touchKeepsCookie: boolean, refuses: boolean): SessionManager {
    const { clock, ioTimeout, maxBytes, rules, maxSessions, beforeCreate, schema } = this.options;
    const { events } = this;
    return new SessionManager({
      store: rules.rotateAfter === undefined ? store : RenewingStore.of(store)(clock),
      clock,
      events,
      ioTimeout,
      maxBytes,
      rules,
      maxSessions,
      schema,
      touchKeepsCookie,
      beforeCreate: beforeCreate && ((session) => beforeCreate(session["req"] as SessionRequest)),
      corrupt: refuses ? (stored) => this.#refuse(stored) : undefined,
    });
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
