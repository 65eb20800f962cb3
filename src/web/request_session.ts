/** One Web request's session: from the Cookie header to the Set-Cookie header. */
import type { Cookie } from "../cookie/cookie.ts";
import type { Attributes } from "../cookie/cookie_attributes.ts";
import { newCookie } from "../cookie/cookie_options.ts";
import { isSecureRequest } from "../cookie/secure_request.ts";
import { clearSiteDataText, type LogoutOptions } from "../core/clear_site_data.ts";
import { reportFailedDestroy } from "../core/failed_destroy.ts";
import type { Data, Keep } from "../core/session_data.ts";
import type { SessionManager } from "../core/session_manager.ts";
import {
  checkUpdateFunction,
  elevate,
  flash,
  login,
  type LoginOptions,
  type Operand,
  rotate,
  takeFrom,
} from "../core/session_operations.ts";
import { recordOf } from "../core/session_handle.ts";
import { endSignal, signalOf } from "../core/session_signal.ts";
import { SessionState } from "../core/session_state.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { UpdateFunction } from "../core/update.ts";
import type { MaybePromise } from "../store.ts";
import type { RequestCookies } from "./cookie_transport.ts";
import { type EndingSession, finishRequest, reportLost } from "./finish_request.ts";
import { nextCookie } from "./next_cookie.ts";
import { reloading } from "./reload_session.ts";
import { changeNewest, storeNow } from "./request_writes.ts";
import { asDraft, type SessionActions, WebSession } from "./session.ts";
import { callOrRefuse, committed, type Needs } from "./refusal.ts";
import { sentAttributes } from "./sent_cookies.ts";
import { emptySession, heldBy } from "./session_contents.ts";
import { Calls, holding, losesNothing, whilePending } from "../core/calls.ts";
import { unheardFailure } from "../core/unheard.ts";
import type { CookieSender, WebAdapter } from "./web_adapter.ts";

/** The id of a session nobody has asked for the id of: drawn when it is needed. */
const UNDRAWN = "";
let opened = 0;

export class RequestSession implements SessionActions, Operand, EndingSession, CookieSender {
  readonly state = new SessionState(WebSession.hasTaken);
  readonly request: Request;
  readonly session: WebSession & Data;
  readonly adapter: WebAdapter;
  readonly cookies: RequestCookies;
  readonly order = ++opened;
  isOutdated = false;
  isDestroyed = false;
  clearSiteData: string | undefined = undefined;
  /** The id that its cookies have proven, where no session was found. */
  missed: string | undefined;
  /** Why its cookies could not be opened: nobody knows which session a logout is to end. */
  unopened: unknown;
  sent: readonly string[] = [];
  sentBefore: readonly Attributes[] = [];
  /** How many handlers have it, and a response of theirs still to come. */
  holders = 1;
  /** Throws where what `reload()` has found is not for this request. */
  declare admit: ((data: Data) => MaybePromise<void>) | undefined;
  #id = UNDRAWN;
  readonly #calls = new Calls();

  constructor(adapter: WebAdapter, request: Request) {
    this.adapter = adapter;
    this.request = request;
    this.cookies = adapter.transport.read(request.headers.get("cookie"));
    this.session = new WebSession(this) as WebSession & Data;
    this.state.began(UNDRAWN, "{}");
    if (adapter.options.cookieVaries) void this.session.cookie;
  }

  get isSecure(): boolean {
    return isSecureRequest(this.request, this.adapter.options.proxy);
  }
  get isCommitted(): boolean {
    return this.holders === 0;
  }
  get manager(): SessionManager {
    return this.cookies.manager;
  }
  get id(): string {
    if (this.isDestroyed) return "";
    if (this.#id === UNDRAWN) {
      this.renewId();
      if (this.state.originalId === UNDRAWN) this.state.originalId = this.#id;
    }
    return this.#id;
  }
  get knownId(): string {
    return this.#id;
  }
  get isNew(): boolean {
    return this.state.storedId !== this.#id;
  }
  drawId(): string {
    return this.adapter.drawId(this.request);
  }
  setId(id: string): void {
    this.#id = id;
  }

  renewId(): void {
    this.#id = this.drawId();
  }

  get signal(): AbortSignal {
    return signalOf(this.manager.settings, this.state, this.isDestroyed);
  }

  freshCookie(): Cookie {
    const { cookie, clock } = this.adapter.options;
    return newCookie(cookie(this.request), this.isSecure, clock);
  }

  save(): Promise<void> {
    const act = holding(this.state, this.session, (held) => storeNow(this, held));
    return losesNothing(this.#call("record", act));
  }

  reload(): Promise<void> {
    return losesNothing(this.#call("nothing", reloading(this)));
  }

  regenerate({ keep = false }: { keep?: Keep } = {}): Promise<void> {
    if (keep !== false) return this.#move((held) => rotate(this, keep, held));
    const { state, session, adapter: { events } } = this;
    const before = heldBy(session, state);
    const replaceCookie = nextCookie(session);
    return this.#call("response", async () => {
      this.sentBefore = sentAttributes(this);
      const orGiveBack = replaceCookie(this.freshCookie());
      const act = () => orGiveBack(() => this.manager.destroy(state, state.storedId!));
      if (state.storedId !== undefined) await reportFailedDestroy(events, act, state.storedId);
      state.forgetStored();
      emptySession(session, state, undefined, before);
      this.#id = UNDRAWN;
    });
  }

  destroy(): Promise<void> {
    const isLate = this.isCommitted && this.cookies.holdsSession;
    this.isDestroyed = true;
    this.sentBefore = sentAttributes(this);
    emptySession(this.session, this.state);
    return this.#call(isLate ? "response" : "nothing", async () => {
      // A call before this one may have brought data back, or the handler has written some.
      reportLost(this);
      this.sentBefore = sentAttributes(this);
      emptySession(this.session, this.state, this.freshCookie());
      const { manager, state, state: { storedId } } = this;
      await reportFailedDestroy(this.adapter.events, async () => {
        if (storedId !== undefined) await manager.end(state, storedId);
        else if (this.unopened !== undefined) throw this.unopened;
        // It may have moved since the browser sent its cookie: then nothing was found there.
        if (this.missed) await manager.follow(this.missed, (to) => manager.end(undefined, to));
        endSignal(state, "destroyed");
      }, storedId);
      // Only now is a second call a success.
      state.storedId = undefined;
    });
  }

  logout({ clearSiteData }: LogoutOptions = {}): Promise<void> {
    this.clearSiteData = clearSiteDataText(clearSiteData);
    return this.destroy();
  }

  update<T>(change: (data: Data) => MaybePromise<T>): Promise<T> {
    return this.#change(change);
  }

  take(key: string): Promise<unknown> {
    return this.#change((data) => takeFrom(data, key));
  }

  flash(type: string, message?: string): string[] | void {
    return flash(this.state, type, message);
  }

  login(subject: string, options: LoginOptions = {}): Promise<void> {
    return this.#move((held) => login(this, subject, options, held));
  }

  elevate(): Promise<void> {
    return this.#move((held) => elevate(this, held));
  }

  /**
   * Stores what has to be stored and says which Set-Cookie texts the response needs.
   *
   * @param failed The handler failed: changes are dropped, unless options say otherwise.
   * @param carries Whether the response can carry a cookie; asked if one is due.
   */
  finish(failed: boolean, carries: () => boolean): MaybePromise<readonly string[]> {
    if (this.isCommitted) throw committed();
    this.holders--;
    const dropsChanges = failed && !this.adapter.options.saveOnError;
    return this.#calls.afterAll(() => {
      const idNow = () => recordOf(this.state);
      const ending = { hasFailed: failed, isLast: this.isCommitted };
      const unheard = unheardFailure(this.#calls, this.adapter.events, idNow, ending);
      if (unheard !== undefined) throw unheard.error;
      return finishRequest(this, dropsChanges, carries);
    });
  }

  #call<T>(
    needs: Needs,
    act: (letOthersBegin: () => void) => MaybePromise<T>,
  ): Promise<T> {
    // What a call may store of its attributes the browser must be told as well.
    this.isOutdated ||= this.state.cookieEdited(this.session);
    return callOrRefuse(this, this.#calls, needs, act);
  }

  /** One that has to wait drops nothing that is written after it. */
  #move(act: (held?: Snapshot) => MaybePromise<void>): Promise<void> {
    return this.#call("response", this.#asCalled(act));
  }

  /** Runs a function on the newest data; one that takes time holds up no other call. */
  #change<T>(change: UpdateFunction<T>): Promise<T> {
    let next: () => void;
    const run = (data: Data) => whilePending(change(asDraft(data)), () => next());
    const act = this.#asCalled((held) => changeNewest(this, run, held));
    return this.#call("record", (letOthersBegin) => {
      checkUpdateFunction(change);
      next = letOthersBegin;
      return act();
    });
  }

  /** Makes `act` go by what the session holds now, where it has to wait. */
  #asCalled<T>(act: (held?: Snapshot) => MaybePromise<T>): () => MaybePromise<T> {
    return this.#calls.isIdle ? () => act() : holding(this.state, this.session, act);
  }
}
