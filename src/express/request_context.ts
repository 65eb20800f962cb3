/** One Express request's session, as its methods change it. */
import type { CookieOptions } from "../cookie/cookie.ts";
import type { SyncSigner } from "../cookie/signer.ts";
import { reportFailedDestroy } from "../core/failed_destroy.ts";
import type { Data } from "../core/session_data.ts";
import type { SessionManager } from "../core/session_manager.ts";
import { SessionState } from "../core/session_state.ts";
import type { Ending, Unheard } from "../core/unheard.ts";
import { withTimeout } from "../core/store_timeout.ts";
import { after, attempt } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import { debug } from "./debug.ts";
import { endSession } from "./end_session.ts";
import type { ExpressAdapter, StoreAccess } from "./express_adapter.ts";
import type { LazySession } from "./lazy_session.ts";
import { beginSession, type OpeningRequest } from "./open_session.ts";
import { reloadSession } from "./reload_session.ts";
import { type Session, textOf } from "./session.ts";
import {
  actionsOf,
  isAside,
  type SessionActions,
  setActions,
  setActionsAside,
} from "./session_actions.ts";
import { type CallingRequest, SessionCalls } from "./session_calls.ts";
import { Store } from "./store.ts";
import type { RevocableEnd, SessionRequest } from "./types.ts";

export class RequestContext implements LazySession, OpeningRequest, CallingRequest, SessionActions {
  readonly adapter: ExpressAdapter;
  readonly access: StoreAccess;
  readonly manager: SessionManager;
  readonly state = new SessionState();
  readonly answersAtOnce: boolean;
  clearsCookie = false;
  readonly req: SessionRequest;
  readonly signer: SyncSigner;
  readonly cookieOptions: CookieOptions;
  /** Nobody has asked for the session yet. */
  isLazy = false;
  /** What `req.session` and `req.sessionID` are, where they wait to be asked for. */
  session: SessionRequest["session"] = undefined;
  sessionID: string | undefined = undefined;
  /** The id of the session the application last told us to save: that one is no orphan. */
  askedToSave: string | undefined = undefined;
  isOutdated = false;
  /** Our calls on the session, where there were any. */
  #calls: SessionCalls | undefined;
  /** The session it gave the request last. */
  #current: Session | undefined;
  /** Another middleware that served the request before … */
  #predecessor: RequestContext | undefined;
  /** … and the one whose session `req.session` is by now. */
  #successor: RequestContext | undefined;
  admit: ((data: Data) => MaybePromise<void>) | undefined = undefined;
  /** A route refuses it: its session is left as it was. */
  isRefused = false;
  /** Its part in the end of the response. */
  ending: RevocableEnd | undefined = undefined;
  /** The session that was destroyed, with what it held. */
  #destroyed: { session: Session; text: string | undefined } | undefined;

  constructor(
    adapter: ExpressAdapter,
    req: SessionRequest,
    signer: SyncSigner,
    cookieOptions: CookieOptions,
  ) {
    this.adapter = adapter;
    this.access = adapter.storeAccess();
    this.manager = this.access.manager;
    this.answersAtOnce = this.access.isMemory;
    this.req = req;
    this.signer = signer;
    this.cookieOptions = cookieOptions;
    const before = actionsOf(req);
    if (before instanceof RequestContext) {
      before.#setAside(this);
      this.#predecessor = before;
    }
    setActions(req, this);
  }

  /** Notes the session it was given: another middleware may take its place on the request. */
  give(session: Session): Session {
    this.#current = session;
    if (this.isAside) setActionsAside(session, this);
    return session;
  }

  /** Another middleware serves the request from here on; this one still stores its session. */
  #setAside(successor: RequestContext): void {
    this.#successor = successor;
    this.isLazy = false;
    // The same one once more: it finds its session again.
    if (successor.adapter === this.adapter) this.#current = undefined;
    if (this.#current !== undefined) setActionsAside(this.#current, this);
  }

  get isAside(): boolean {
    return this.#successor !== undefined;
  }

  /** The response did not end: so it did not for those that came later, and were first to end it. */
  revokeEnd(): void {
    this.#successor?.revokeEnd();
    this.ending!.revoke();
  }

  /** The session the response speaks for … */
  get endingSession(): Session | null | undefined {
    if (this.isAside) return this.#current;
    const session = this.req.session as Session | null | undefined;
    return isAside(session!) ? this.#current : session;
  }

  /** … and its id. */
  get endingId(): unknown {
    const isShared = this.isAside || this.#predecessor !== undefined;
    return isShared ? this.endingSession?.id : this.req.sessionID;
  }

  get calls(): SessionCalls {
    return this.#calls ??= new SessionCalls(this);
  }

  get hasDestroyed(): boolean {
    return this.#destroyed !== undefined && this.#current === undefined;
  }

  /** What the response waits for, whichever middleware's session was called. */
  pendingCalls(): Promise<void> | undefined {
    return this.#calls?.pending() ?? this.#predecessor?.pendingCalls();
  }

  /** What the response is to fail by, likewise. */
  unheardFailure(ending: Ending): Unheard | undefined {
    return this.#calls?.unheard(ending) ?? this.#predecessor?.unheardFailure(ending);
  }

  /** Changes that come after the end of their session are seen where they lie. */
  reportLateChanges(): void {
    if (this.#destroyed === undefined) return;
    const { session, text } = this.#destroyed;
    if (textOf(this.state, session) === text) return;
    this.#destroyed = undefined;
    this.adapter.events.emit("discarded", { reason: "destroyed" }, session.id);
  }

  /** Somebody asks for the session after all. */
  makeNow(): void {
    if (!this.isLazy) return;
    this.isLazy = false;
    beginSession(this);
  }

  save(session: Session): MaybePromise<void> {
    debug("saving", session.id);
    this.askedToSave = session.id;
    if (session === this.#destroyed?.session) {
      this.adapter.events.emit("discarded", { reason: "destroyed" }, session.id);
    }
    return this.calls.save(session);
  }

  async reload(session: Session): Promise<void> {
    debug("reloading", session.id);
    const { notes } = this.state;
    await this.calls.inLine(() => reloadSession(this, session, this.#current ?? session, notes));
  }

  destroy(id: string): MaybePromise<void> {
    this.clearsCookie ||= this.adapter.options.clearCookie;
    const session = this.#current;
    if (session?.id === id) {
      this.#destroyed = { session, text: textOf(this.state, session) };
      this.#current = undefined;
    }
    return this.#ends(id, () => endSession(this, id));
  }

  #ends(id: string, act: () => MaybePromise<void>): MaybePromise<void> {
    debug("destroying", id);
    return reportFailedDestroy(this.adapter.events, act, id);
  }

  /** Whether nobody replaced what `store.regenerate()` does, or it cannot know which session is meant. */
  regeneratesPlainly(): boolean {
    return this.isAside || this.adapter.options.store.regenerate === Store.prototype.regenerate;
  }

  /** Destroys and begins anew; anew after an error too: the old id must not go on. */
  regenerate(id: string): MaybePromise<void> {
    if (this.state.failure !== undefined) throw this.state.failure;
    this.state.forget();
    if (this.#isUnknownToStore()) {
      this.state.markGone(id);
      return this.#generate();
    }
    const destroyed = () => this.#ends(id, () => this.manager.destroy(this.state, id));
    return attempt(() => after(destroyed(), () => this.#generate()), (error) => {
      this.#generate();
      throw error;
    });
  }

  #generate(): void {
    const { req, adapter } = this;
    const actions = actionsOf(req)!;
    setActions(req, this);
    try {
      adapter.options.store.generate(req);
    } finally {
      setActions(req, actions);
    }
  }

  /** A session that was drawn for this request and stored by nobody: a store need not be told of its end. */
  #isUnknownToStore(): boolean {
    const { cookieId, savedText } = this.state;
    return this.access.callbackStore === undefined && cookieId === undefined &&
      savedText === undefined && this.adapter.canBeLazy();
  }

  goneDuring(id: string, act: () => MaybePromise<void>): MaybePromise<void> {
    if (this.state.failure !== undefined) throw this.state.failure;
    this.state.markGone(id);
    this.state.forget();
    const { access: { callbackStore }, manager, manager: { settings }, state } = this;
    const ask = () => callbackStore === undefined ? act() : callbackStore.goneDuring(id, act);
    // The store's own methods know nothing of ids that were replaced.
    const end = settings.rules.rotateAfter && manager.end(state, id);
    const asked = () => manager.ends.replacedBy(state, id, () => withTimeout(ask(), settings));
    return after(end, asked);
  }

  isGone(id: string): boolean {
    return this.manager.isGone(this.state, id);
  }

  generateIn(store: object, req: SessionRequest): boolean {
    if (store !== this.adapter.options.store) return false;
    this.state.forget();
    // One that was never stored is still what the request began with.
    if (this.state.storedId !== undefined) this.state.forgetStored();
    this.adapter.generate(req);
    this.give(req.session as Session);
    return true;
  }
}
