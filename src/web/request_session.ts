/** One Web request's session: from the Cookie header to the Set-Cookie header. */
import type { Cookie } from "../cookie/cookie.ts";
import { newCookie } from "../cookie/cookie_options.ts";
import { isSecureRequest } from "../cookie/secure_request.ts";
import { reportFailedDestroy } from "../core/failed_destroy.ts";
import type { Data, Keep } from "../core/session_data.ts";
import { dataText } from "../core/session_json.ts";
import type { SessionManager } from "../core/session_manager.ts";
import { subjectOf } from "../core/session_metadata.ts";
import {
  flash,
  login,
  type Operand,
  rotate,
  take,
  takeFrom,
  update,
} from "../core/session_operations.ts";
import { SessionState } from "../core/session_state.ts";
import { kindOf, SessionError } from "../errors.ts";
import { after, attempt } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import type { RequestCookies, VerifiedId } from "./cookie_transport.ts";
import { type EndingSession, finishRequest, wouldBeOrphan } from "./finish_request.ts";
import { type SessionActions, WebSession } from "./session.ts";
import { emptySession, fillSession } from "./session_contents.ts";
import { Turns } from "./turns.ts";
import type { WebAdapter } from "./web_adapter.ts";

/** The id of a session nobody has asked for the id of: drawn when it is needed. */
const UNDRAWN = "";

export class RequestSession implements SessionActions, Operand, EndingSession {
  readonly state = new SessionState();
  readonly request: Request;
  readonly session: WebSession & Data;
  readonly adapter: WebAdapter;
  readonly isSecure: boolean;
  readonly cookies: RequestCookies;
  isOutdated = false;
  isDestroyed = false;
  isCommitted = false;
  #id = UNDRAWN;
  /** The calls that change the session. */
  readonly #turns = new Turns();

  private constructor(adapter: WebAdapter, request: Request) {
    this.adapter = adapter;
    this.request = request;
    this.cookies = adapter.transport.read(request.headers.get("cookie"));
    this.isSecure = isSecureRequest(request, adapter.options.proxy);
    this.session = new WebSession(this, this.freshCookie(), {}) as WebSession & Data;
    this.state.began(UNDRAWN, "{}");
  }

  /** Finds the request's session, or begins one that costs nothing until it is written to. */
  static open(adapter: WebAdapter, request: Request): MaybePromise<RequestSession> {
    if (typeof request?.headers?.get !== "function") {
      throw new TypeError(`A session needs a Request to open, not ${kindOf(request)}`);
    }
    const opened = new RequestSession(adapter, request);
    return after(opened.cookies.verify(), (verified) => {
      return verified === undefined ? opened : after(opened.#load(verified), () => opened);
    });
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
    return this.state.storedId === undefined || this.state.storedId !== this.#id;
  }
  get subject(): string | undefined {
    return subjectOf(this.session);
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

  freshCookie(): Cookie {
    return newCookie(this.adapter.options.cookie(this.request), this.isSecure);
  }

  save(): Promise<void> {
    return this.#turns.take(() => {
      this.#needUsable();
      return this.#store(dataText(this.session));
    });
  }

  reload(): Promise<void> {
    return this.#turns.take(async () => {
      const loaded = this.isNew ? undefined : await this.manager.load(this.#id);
      if (loaded === undefined) throw new SessionError("SESSION_GONE", "failed to load session");
      this.#empty();
      fillSession(this.session, loaded.data);
      this.state.stored(this.#id, loaded.text, this.session, loaded.stored.version);
      this.state.savedText = loaded.text;
    });
  }

  regenerate({ keep = false }: { keep?: Keep } = {}): Promise<void> {
    return this.#turns.take(async () => {
      this.#needUsable();
      this.#needResponse();
      if (keep !== false) return await rotate(this, keep);
      const { storedId } = this.state;
      if (storedId !== undefined) await this.manager.destroy(this.state, storedId);
      this.state.storedId = undefined;
      this.state.originalId = undefined;
      this.#empty();
      this.#id = UNDRAWN;
    });
  }

  destroy(): Promise<void> {
    const isLate = this.isCommitted && this.cookies.holdsSession;
    this.isDestroyed = true;
    this.#empty();
    return this.#turns.take(async () => {
      if (isLate) this.#needResponse();
      // A call before this one may have brought data back.
      this.#empty();
      const { storedId } = this.state;
      if (storedId === undefined) return;
      const act = () => this.manager.destroy(this.state, storedId);
      await reportFailedDestroy(this.adapter.events, act);
      // Only now is a second call a success.
      this.state.storedId = undefined;
    });
  }

  logout(): Promise<void> {
    return this.destroy();
  }

  update<T>(change: (data: Data) => T): Promise<T> {
    return this.#turns.take(() => {
      this.#needUsable();
      if (typeof change === "function" && wouldBeOrphan(this)) return change(this.session);
      return update(this, change);
    });
  }

  take(key: string): Promise<unknown> {
    return this.#turns.take(() => {
      this.#needUsable();
      return wouldBeOrphan(this) ? takeFrom(this.session, key) : take(this, key);
    });
  }

  flash(type: string): string[];
  flash(type: string, message: string): void;
  flash(type: string, message?: string): string[] | void {
    return flash(this.session, type, message);
  }

  login(subject: string, { keep = true }: { keep?: Keep } = {}): Promise<void> {
    return this.#turns.take(() => {
      this.#needUsable();
      this.#needResponse();
      return login(this, subject, keep);
    });
  }

  /**
   * Stores what has to be stored and says which Set-Cookie texts the response needs.
   *
   * @param failed The handler failed: changes are dropped, unless options say otherwise.
   * @param carries Whether the response can carry a cookie.
   */
  finish(failed: boolean, carries = true): MaybePromise<readonly string[]> {
    this.#needResponse();
    this.isCommitted = true;
    const dropsChanges = failed && !this.adapter.options.saveOnError;
    return this.#turns.afterAll(() => finishRequest(this, dropsChanges, carries));
  }

  #store(text: string): MaybePromise<void> {
    if (wouldBeOrphan(this)) return;
    const { savedText } = this.state;
    return attempt(() => this.manager.save(this.state, this.session, text), (error) => {
      // What a failed save() leaves unstored is tried again with the response.
      this.state.savedText = savedText;
      throw error;
    });
  }

  #load({ id, current }: VerifiedId): MaybePromise<void> {
    const { resave } = this.adapter.options;
    const maxAge = resave ? undefined : this.session.cookie.originalMaxAge;
    return after(this.manager.load(id, maxAge), (loaded) => {
      if (loaded === undefined) return;
      this.#id = id;
      this.isOutdated = !current;
      fillSession(this.session, loaded.data);
      const { state } = this;
      state.cookieId = id;
      state.loaded(id, this.session, loaded, { resave, maxAge });
    });
  }

  #empty(): void {
    emptySession(this.session, this.freshCookie());
  }

  #needUsable(): void {
    if (this.isDestroyed) throw new SessionError("SESSION_GONE", "The session was destroyed");
    if (this.isNew || this.cookies.holdsSession) this.#needResponse();
  }

  #needResponse(): void {
    if (!this.isCommitted) return;
    throw new SessionError("SESSION_COMMITTED", "The session was committed: its response has left");
  }
}
