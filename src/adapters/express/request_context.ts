/** One Express request's session, from the Cookie header to the end of the response. */
import { type CookieOptions, serializeCookie } from "../../cookie.ts";
import { SessionError } from "../../errors.ts";
import { after, attempt, isPromise } from "../../maybe.ts";
import type { Data } from "../../merge.ts";
import { resolveAuto } from "../../options.ts";
import { chooseWrite, type Facts, shouldSetCookie, type Write } from "../../policy.ts";
import type { Keep } from "../../session.ts";
import { discardWhenGone, type Loaded, type SessionManager } from "../../session_manager.ts";
import { login, type Operand, rotate, take, update } from "../../session_operations.ts";
import { SessionState } from "../../session_state.ts";
import { dataText, expiryOf } from "../../session_text.ts";
import type { SyncSigner, Unsigned } from "../../signer.ts";
import type { MaybePromise } from "../../store.ts";
import { settle } from "./answer.ts";
import type { Door } from "./door.ts";
import { onHeaders } from "./on_headers.ts";
import { postpone, type Postponed } from "./postpone.ts";
import { adopt, type Session } from "./session.ts";
import { Store } from "./store.ts";
import type { Next, SessionRequest, SessionResponse } from "./types.ts";

const CONTEXT = Symbol("websession.context");
type Marked = SessionRequest & { [CONTEXT]?: RequestContext };

/** What the middleware knows of a request, if it ran for it. */
export function contextOf(req: SessionRequest | undefined): RequestContext | undefined {
  return (req as Marked | undefined)?.[CONTEXT];
}

export class RequestContext implements Postponed {
  readonly door: Door;
  readonly manager: SessionManager;
  readonly state = new SessionState();
  /** The native store answers at once; callers are used to an answer on a later turn. */
  readonly answersAtOnce: boolean;
  /** The response removes the browser's cookie. */
  clearsCookie = false;
  readonly #req: SessionRequest;
  readonly #res: SessionResponse;
  readonly #next: Next;
  readonly #signer: SyncSigner;
  readonly #cookieOptions: CookieOptions;
  #ended = false;
  /** Nobody has asked for the session yet. */
  #isPostponed = false;
  /** What `req.session` and `req.sessionID` are, where they wait to be asked for. */
  session: SessionRequest["session"] = undefined;
  sessionID: string | undefined = undefined;
  #headersDone = false;
  /** The session cannot be read any more (a BigInt, a cycle, no session at all): hands off. */
  #failed = false;
  /** The id of the session the application last told us to save: that one is no orphan. */
  #askedToSave: string | undefined;
  /** The session's data while `end()` decides: written once, used for everything. */
  #text: string | undefined;

  constructor(
    door: Door,
    req: SessionRequest,
    res: SessionResponse,
    next: Next,
    signer: SyncSigner,
    cookieOptions: CookieOptions,
  ) {
    this.door = door;
    const { manager, isMemory } = door.port();
    this.manager = manager;
    this.answersAtOnce = isMemory;
    this.#req = req;
    this.#res = res;
    this.#next = next;
    this.#signer = signer;
    this.#cookieOptions = cookieOptions;
    (req as Marked)[CONTEXT] = this;
  }

  /** Finds or begins the session, and hooks into the response. */
  begin(proven: Unsigned | undefined): void {
    onHeaders(this.#res, () => this.#beforeHeaders());
    const { end } = this.#res;
    this.#res.end = (...args: unknown[]) => this.#end(end as (...args: unknown[]) => unknown, args);
    const cookieId = proven?.id;
    if (!cookieId && this.door.canPostpone()) {
      this.#isPostponed = true;
      postpone(this.#req, this);
      this.#next();
      return;
    }
    this.#req.sessionID = this.state.cookieId = cookieId;
    if (proven?.current) this.state.cookieValue = proven.value;
    if (!cookieId) {
      try {
        this.#generate();
      } catch (error) {
        // As where the store was asked first; a plain server has nobody else to catch it.
        return this.#next(error);
      }
      this.#next();
      return;
    }
    settle(
      () =>
        after(this.manager.load(cookieId, this.#slidingAge()), (loaded) => {
          if (loaded === undefined) this.#generate();
          else this.#inflate(cookieId, loaded);
        }),
      (error) => error === undefined ? this.#next() : this.#next(error),
    );
  }

  /** Somebody asks for the session after all. */
  materialize(): void {
    if (!this.#isPostponed) return;
    this.#isPostponed = false;
    this.#generate();
  }

  /**
   * What a store that can read and extend in one step extends by. The memory
   * store need not: there, touching at the end costs nothing.
   */
  #slidingAge(): number | undefined {
    const { maxAge } = this.#cookieOptions;
    const slides = !this.answersAtOnce && !this.door.options.resave;
    return slides && typeof maxAge === "number" ? maxAge : undefined;
  }

  save(session: Session): MaybePromise<void> {
    this.#askedToSave = session.id;
    return this.manager.save(this.state, dataOf(session), dataText(session));
  }

  async reload(session: Session): Promise<void> {
    const loaded = this.state.isDead(session.id) ? undefined : await this.manager.load(session.id);
    if (loaded === undefined) throw new Error("failed to load session");
    this.#create(session.id, loaded);
  }

  destroy(id: string): MaybePromise<void> {
    this.clearsCookie ||= this.door.options.clearCookie;
    return this.#destroyStored(id);
  }

  /** Whoever meant to log out may still be logged in: more than the caller must know. */
  #destroyStored(id: string): MaybePromise<void> {
    return attempt(() => this.manager.destroy(this.state, id), (error) => {
      this.door.events.emit("error", { error, during: "destroy" });
      throw error;
    });
  }

  /** Whether nobody replaced what `store.regenerate()` does: then the native store is asked. */
  regeneratesPlainly(): boolean {
    return this.door.port().callbackStore === undefined &&
      this.door.options.store.regenerate === Store.prototype.regenerate;
  }

  /** Destroys and begins anew; anew after an error too: the old id must not go on. */
  regenerate(id: string): MaybePromise<void> {
    const begin = () => this.door.options.store.generate(this.#req);
    return attempt(() => after(this.#destroyStored(id), begin), (error) => {
      begin();
      throw error;
    });
  }

  /** Runs what destroys a session by way of the store's own methods. */
  burying(id: string, act: () => MaybePromise<void>): MaybePromise<void> {
    this.state.bury(id);
    const { callbackStore } = this.door.port();
    return callbackStore === undefined ? act() : callbackStore.burying(id, act);
  }

  update<T>(session: Session, change: (data: never) => T): MaybePromise<T> {
    return update(this.#operand(session), change as (data: Data) => T);
  }

  take(session: Session, key: string): MaybePromise<unknown> {
    return take(this.#operand(session), key);
  }

  rotate(session: Session, keep: Keep): MaybePromise<void> {
    return rotate(this.#operand(session), keep);
  }

  login(session: Session, subject: string, keep: Keep): MaybePromise<void> {
    return login(this.#operand(session), subject, keep);
  }

  #operand(session: Session): Operand {
    return {
      manager: this.manager,
      state: this.state,
      session: dataOf(session),
      drawId: () => this.door.drawId(this.#req),
      setId: (id) => {
        Object.defineProperty(session, "id", { value: id, configurable: true });
        this.#req.sessionID = id;
      },
    };
  }

  #generate(): void {
    this.door.options.store.generate(this.#req);
    const session = this.#req.session as Session;
    adopt(session);
    this.state.began(this.#req.sessionID as string, dataText(session));
  }

  #inflate(id: string, loaded: Loaded): void {
    this.#create(id, loaded);
    this.state.began(id, loaded.text);
    if (!this.door.options.resave) this.state.savedText = loaded.text;
    // A session with a lifetime of its own is extended by that, at the end.
    this.state.touchedInStore = loaded.touched &&
      this.#req.session?.cookie.originalMaxAge === this.#slidingAge();
  }

  /** Lets the store make the session, as express-session does: it may be of another package. */
  #create(id: string, { data, text, stored }: Loaded): void {
    if (stored.session === undefined) {
      // A native store keeps the end apart from the text.
      const cookie = data["cookie"] as { expires: unknown };
      if (stored.expires !== null) cookie.expires = new Date(stored.expires);
      // `false`, an old way to say "no end", stays what it was.
      else if (cookie.expires) cookie.expires = null;
    }
    this.door.options.store.createSession(this.#req, data as never);
    const session = this.#req.session as Session;
    adopt(session);
    resolveAuto(session.cookie, this.#cookieOptions, this.door.isSecure(this.#req));
    this.state.stored(id, text, dataOf(session), stored.version);
  }

  #facts(session: Session | null | undefined): Facts {
    const text = () => this.#text ?? dataText(session as Session);
    return this.state.facts(
      session && dataOf(session),
      this.#req.sessionID,
      session?.id,
      text,
    );
  }

  #touch(session: Session): void {
    if (this.state.touched) return;
    session.touch();
    this.state.touched = true;
  }

  /** What the application did to its session goes to `next()`, and its error page can be sent. */
  #fail(error: unknown): void {
    this.#failed = true;
    setImmediate(this.#next, error);
  }

  /** The last moment before the headers leave. */
  #beforeHeaders(): void {
    if (this.#headersDone || this.#failed) return;
    this.#headersDone = true;
    if (this.#isPostponed) return;
    try {
      this.#setCookie();
    } catch (error) {
      this.#fail(error);
    }
  }

  #setCookie(): void {
    const { session, sessionID } = this.#req;
    if (!session) return this.#removeCookie();
    if (!shouldSetCookie(this.#facts(session), this.door.options)) return;
    if (!this.#canSend(session)) {
      return this.manager.settings.events.emit("blocked", { reason: "insecure" });
    }
    // A cookie that ends in the past revives nothing: so applications remove it from the browser.
    const ends = expiryOf(session.cookie);
    const isOver = ends !== null && ends <= this.manager.settings.clock.now();
    if (!isOver && this.manager.isGone(this.state, session.id)) return;
    this.#touch(session);
    try {
      const value = this.state.valueFor(sessionID as string) ??
        this.#signer.sign(sessionID as string);
      this.#append(serializeCookie(this.door.options.name, value, session.cookie.data));
      this.state.cookieSet = true;
    } catch (error) {
      setImmediate(this.#next, error);
    }
  }

  #removeCookie(): void {
    if (!this.clearsCookie || !this.#req.headers.cookie?.includes(this.door.options.name)) return;
    const { data } = this.door.newCookie(this.#req);
    const text = serializeCookie(this.door.options.name, "", { ...data, expires: new Date(0) });
    this.#append(text + "; Max-Age=0");
  }

  #append(cookie: string): void {
    const before = this.#res.getHeader?.("Set-Cookie") ?? [];
    this.#res.setHeader?.("Set-Cookie", [before as string | string[], cookie].flat());
  }

  #canSend(session: Session): boolean {
    return !session.cookie.secure || this.door.isSecure(this.#req);
  }

  /** Holds the response until the store has answered: whoever sees it sees the new session. */
  #end(end: (...args: unknown[]) => unknown, args: unknown[]): unknown {
    if (this.#ended) return false;
    const res = this.#res;
    if (this.#isPostponed) return this.#endNow(end, args);
    const { session } = this.#req;
    let write: Write = "none";
    if (!this.#failed) {
      try {
        this.#text = session ? dataText(session) : undefined;
        write = this.#writeAtEnd(session);
      } catch (error) {
        this.#fail(error);
        return res;
      }
    }
    this.#ended = true;
    // An implicit header is written inside: the text still serves it.
    if (write === "none") return this.#endNow(end, args);
    let result: MaybePromise<void>;
    try {
      result = this.#perform(write, session as Session);
    } catch (error) {
      // Nothing has left yet, and the store was not asked: the visitor gets the error page.
      if (isTooLarge(error) && !this.#res.headersSent) {
        this.#ended = false;
        this.#fail(error);
        return res;
      }
      setImmediate(this.#next, error);
      result = undefined;
    }
    if (!isPromise(result) && !this.answersAtOnce) return this.#endNow(end, args);
    let isRefused = false;
    if (isPromise(result)) {
      settle(() => result, (error) => {
        if (error !== undefined) setImmediate(this.#next, error);
        if (!isRefused) end.apply(res, args);
      });
    }
    try {
      this.#commitHeaders();
    } catch (error) {
      isRefused = true;
      this.#ended = false;
      throw error;
    } finally {
      this.#text = undefined;
    }
    return isPromise(result) ? res : this.#endNow(end, args);
  }

  /** Ends the response. One that refuses (a status line Node will not write) can end otherwise. */
  #endNow(end: (...args: unknown[]) => unknown, args: unknown[]): unknown {
    this.#ended = true;
    try {
      return end.apply(this.#res, args);
    } catch (error) {
      this.#ended = false;
      throw error;
    } finally {
      this.#text = undefined;
    }
  }

  #writeAtEnd(session: Session | null | undefined): Write {
    const facts = this.#facts(session);
    const write = chooseWrite(facts, this.door.options);
    if (!session) return write;
    this.#touch(session);
    if (write === "none") return write;
    if (write === "touch" && !this.door.port().touches) return "none";
    const isUnknown = !facts.fromCookie && this.state.storedId !== session.id &&
      this.#askedToSave !== session.id;
    if (write !== "save" || !isUnknown || this.state.cookieSet) return write;
    // Nobody could ever ask for this session again: storing it would leave an orphan.
    if (this.#res.headersSent) {
      this.manager.settings.events.emit("blocked", { reason: "headers-sent" });
      return "none";
    }
    return this.#canSend(session) ? write : "none";
  }

  #perform(write: Write, session: Session): MaybePromise<void> {
    if (write === "destroy") return this.destroy(this.#req.sessionID as string);
    const { manager, state } = this;
    const text = this.#text as string;
    return discardWhenGone(
      manager.settings.events,
      () =>
        write === "save"
          ? manager.save(state, dataOf(session), text)
          : manager.touch(state, dataOf(session), () => text),
    );
  }

  /** Writes the headers, and with them the cookie, without sending a byte. */
  #commitHeaders(): void {
    const res = this.#res;
    if (res.headersSent) return;
    // HTTP/2 has no such method: there the cookie is set now, and the headers follow with the body.
    if (typeof res._implicitHeader === "function") res._implicitHeader();
    else this.#beforeHeaders();
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof SessionError && error.code === "SESSION_TOO_LARGE";
}

function dataOf(session: Session): Data {
  return session as unknown as Data;
}
