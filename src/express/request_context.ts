/** One Express request's session: found or begun, then changed by its methods. */
import type { CookieOptions } from "../cookie/cookie.ts";
import { setExpiry } from "../expiry.ts";
import { after, attempt, isPromise } from "../maybe_promise.ts";
import { Calls, whilePending } from "../core/calls.ts";
import type { Data, Keep } from "../core/session_data.ts";
import { resolveAuto } from "../cookie/cookie_options.ts";
import type { Loaded, SessionManager } from "../core/session_manager.ts";
import {
  checkUpdateFunction,
  flash,
  login,
  type Operand,
  rotate,
  takeFrom,
} from "../core/session_operations.ts";
import { reportFailedDestroy } from "../core/failed_destroy.ts";
import { SessionState } from "../core/session_state.ts";
import type { UpdateFunction } from "../core/update.ts";
import { META } from "../core/session_metadata.ts";
import type { SyncSigner, Unsigned } from "../cookie/signer.ts";
import type { MaybePromise } from "../store.ts";
import { settle } from "./callback_or_promise.ts";
import { type SessionActions, setActions } from "./session_actions.ts";
import type { ExpressAdapter, StoreAccess } from "./express_adapter.ts";
import { type LazySession, makeLazy } from "./lazy_session.ts";
import { adopt, type Session } from "./session.ts";
import { Store } from "./store.ts";
import type { Next, SessionRequest } from "./types.ts";

export class RequestContext implements LazySession, SessionActions {
  readonly adapter: ExpressAdapter;
  readonly access: StoreAccess;
  readonly manager: SessionManager;
  readonly state = new SessionState();
  /** The native store answers at once; callers are used to an answer on a later turn. */
  readonly answersAtOnce: boolean;
  /** The response removes the browser's cookie. */
  clearsCookie = false;
  readonly req: SessionRequest;
  readonly signer: SyncSigner;
  readonly #cookieOptions: CookieOptions;
  /** Nobody has asked for the session yet. */
  isLazy = false;
  /** What `req.session` and `req.sessionID` are, where they wait to be asked for. */
  session: SessionRequest["session"] = undefined;
  sessionID: string | undefined = undefined;
  /** The id of the session the application last told us to save: that one is no orphan. */
  askedToSave: string | undefined = undefined;
  /** An older secret signed the cookie the browser sent. */
  isOutdated = false;
  /** Our calls on the session, where there were any. */
  #calls: Calls | undefined;

  constructor(
    adapter: ExpressAdapter,
    req: SessionRequest,
    signer: SyncSigner,
    cookieOptions: CookieOptions,
  ) {
    this.adapter = adapter;
    const access = adapter.storeAccess();
    this.access = access;
    this.manager = access.manager;
    this.answersAtOnce = access.isMemory;
    this.req = req;
    this.signer = signer;
    this.#cookieOptions = cookieOptions;
    setActions(req, this);
  }

  /** Finds or begins the session, and hands on. */
  begin(proven: Unsigned | undefined, next: Next): void {
    const cookieId = proven?.id;
    if (!cookieId && this.adapter.canBeLazy()) {
      this.isLazy = true;
      makeLazy(this.req, this);
      next();
      return;
    }
    this.req.sessionID = this.state.cookieId = cookieId;
    if (proven?.current) this.state.cookieValue = proven.value;
    // What cookie-parser verified says nothing of its secret.
    this.isOutdated = proven !== undefined && !proven.current && proven.value !== "";
    if (!cookieId) {
      try {
        this.#generate();
      } catch (error) {
        // As where the store was asked first; a plain server has nobody else to catch it.
        return next(error);
      }
      next();
      return;
    }
    let loaded: MaybePromise<Loaded | undefined>;
    try {
      loaded = this.manager.load(cookieId, this.#slidingAge());
      if (!isPromise(loaded)) this.#found(cookieId, loaded);
    } catch (error) {
      return next(error);
    }
    if (!isPromise(loaded)) return next();
    const found = loaded.then((session) => this.#found(cookieId, session));
    settle(() => found, (error) => error === undefined ? next() : next(error));
  }

  /** The session the response speaks for … */
  get endingSession(): Session | null | undefined {
    return this.req.session as Session | null | undefined;
  }

  /** … and its id. */
  get endingId(): unknown {
    return this.req.sessionID;
  }

  /** What the end of the response waits for: calls count when they are made. */
  pendingCalls(): Promise<void> | undefined {
    const pending = this.#calls?.afterAll(() => {});
    return pending && isPromise(pending) ? pending : undefined;
  }

  /** Somebody asks for the session after all. */
  makeNow(): void {
    if (!this.isLazy) return;
    this.isLazy = false;
    this.#generate();
  }

  /**
   * What a store that can read and extend in one step extends by. The memory
   * store need not: there, touching at the end costs nothing.
   */
  #slidingAge(): number | undefined {
    const { maxAge } = this.#cookieOptions;
    const slides = !this.answersAtOnce && !this.adapter.options.resave;
    return slides && typeof maxAge === "number" ? maxAge : undefined;
  }

  save(session: Session): MaybePromise<void> {
    this.askedToSave = session.id;
    return this.manager.save(this.state, dataOf(session), this.state.contentOf(session));
  }

  async reload(session: Session): Promise<void> {
    const loaded = this.state.isGone(session.id) ? undefined : await this.manager.load(session.id);
    if (loaded === undefined) throw new Error("failed to load session");
    const created = this.#create(loaded);
    this.state.stored(session.id, loaded.text, created.cookie, loaded.stored.version);
  }

  destroy(id: string): MaybePromise<void> {
    this.clearsCookie ||= this.adapter.options.clearCookie;
    return reportFailedDestroy(this.adapter.events, () => this.manager.destroy(this.state, id), id);
  }

  /** Whether nobody replaced what `store.regenerate()` does: then the native store is asked. */
  regeneratesPlainly(): boolean {
    return this.access.callbackStore === undefined &&
      this.adapter.options.store.regenerate === Store.prototype.regenerate;
  }

  /** Destroys and begins anew; anew after an error too: the old id must not go on. */
  regenerate(id: string): MaybePromise<void> {
    this.state.forget();
    const begin = () => this.adapter.options.store.generate(this.req);
    if (this.#isUnknownToStore()) {
      this.state.markGone(id);
      return begin();
    }
    return attempt(() => after(this.#replaced(id), begin), (error) => {
      begin();
      throw error;
    });
  }

  #replaced(id: string): MaybePromise<void> {
    return reportFailedDestroy(this.adapter.events, () => this.manager.destroy(this.state, id), id);
  }

  /** A session that was drawn for this request and stored by nobody: a store need not be told of its end. */
  #isUnknownToStore(): boolean {
    const { cookieId, savedText, storedId } = this.state;
    return cookieId === undefined && storedId === undefined && savedText === undefined &&
      this.adapter.canBeLazy();
  }

  goneDuring(id: string, act: () => MaybePromise<void>): MaybePromise<void> {
    this.state.markGone(id);
    this.state.forget();
    const { callbackStore } = this.access;
    return callbackStore === undefined ? act() : callbackStore.goneDuring(id, act);
  }

  generateIn(store: object, req: SessionRequest): boolean {
    if (store !== this.adapter.options.store) return false;
    this.state.forget();
    this.adapter.generate(req);
    return true;
  }

  update<T>(session: Session, change: (data: never) => MaybePromise<T>): MaybePromise<T> {
    checkUpdateFunction(change);
    // One that takes time holds up no other call.
    return this.#call((letOthersBegin) =>
      this.manager.update(this.state, dataOf(session), (data) => {
        return whilePending((change as UpdateFunction<T>)(data), letOthersBegin);
      })
    );
  }

  take(session: Session, key: string): MaybePromise<unknown> {
    return this.#call(() =>
      this.manager.update(this.state, dataOf(session), (data) => takeFrom(data, key))
    );
  }

  rotate(session: Session, keep: Keep): MaybePromise<void> {
    return this.#call(() => rotate(this.#operand(session), keep));
  }

  login(session: Session, subject: string, keep: Keep | undefined): MaybePromise<void> {
    return this.#call(() => login(this.#operand(session), subject, keep));
  }

  #call<T>(act: (letOthersBegin: () => void) => MaybePromise<T>): Promise<T> {
    return (this.#calls ??= new Calls()).take(act);
  }

  get subject(): string | undefined {
    return this.#hasSession ? this.state.subject : undefined;
  }

  flash(type: string, message: string | undefined): string[] | void {
    return message !== undefined || this.#hasSession ? flash(this.state, type, message) : [];
  }

  get #hasSession(): boolean {
    return !this.isLazy && Boolean(this.req.session);
  }

  #operand(session: Session): Operand {
    return {
      manager: this.manager,
      state: this.state,
      session: dataOf(session),
      drawId: () => this.adapter.drawId(this.req),
      setId: (id) => {
        Object.defineProperty(session, "id", { value: id, configurable: true });
        this.req.sessionID = id;
      },
    };
  }

  /** What the application is to see of a record: the object may be the store's own. */
  #visible(data: Data): Data {
    this.state.hide(data);
    if (this.state.isWhole(data)) return data;
    const { [META]: _, ...visible } = data;
    return visible;
  }

  #found(id: string, loaded: Loaded | undefined): void {
    if (loaded === undefined) this.#generate();
    else this.#inflate(id, loaded);
  }

  #generate(): void {
    this.adapter.options.store.generate(this.req);
    const session = adopt(this.req)!;
    this.state.began(this.req.sessionID as string, this.state.contentOf(session));
  }

  #inflate(id: string, loaded: Loaded): void {
    const session = this.#create(loaded);
    const { resave } = this.adapter.options;
    this.state.loaded(id, dataOf(session), loaded, resave);
  }

  /** Lets the store make the session, as express-session does: it may be of another package. */
  #create({ data, stored }: Loaded): Session {
    // A native store keeps the end apart from the text.
    if (stored.session === undefined) {
      setExpiry(data["cookie"] as { expires?: unknown }, stored.expires, (end) => end);
    }
    this.adapter.options.store.createSession(this.req, this.#visible(data) as never);
    const session = adopt(this.req)!;
    resolveAuto(session.cookie, this.#cookieOptions, this.adapter.isSecure(this.req));
    return session;
  }
}

/** A session as the core sees it. */
export function dataOf(session: Session): Data {
  return session as unknown as Data;
}
