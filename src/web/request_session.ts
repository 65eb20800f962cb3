/** One Web request's session: from the Cookie header to the Set-Cookie header. */
import type { Cookie } from "../cookie/cookie.ts";
import type { CookieTransport, Proof, RequestCookies } from "./cookie_transport.ts";
import { SessionError } from "../errors.ts";
import type { EventHub } from "../events.ts";
import { after, attempt } from "../maybe_promise.ts";
import { type Data, define, fill, type Keep } from "../core/session_data.ts";
import { newCookie } from "../cookie/cookie_options.ts";
import type { ResolvedOptions } from "./options.ts";
import { chooseWrite, shouldSetCookie, type Write } from "../core/policy.ts";
import { isSecureRequest } from "../cookie/secure_request.ts";
import { type SessionActions, WebSession } from "./session.ts";
import { reportFailedDestroy } from "../core/failed_destroy.ts";
import { discardWhenGone, type SessionManager } from "../core/session_manager.ts";
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
import { dataText } from "../core/session_json.ts";
import { serializeRemoval } from "../cookie/set_cookie_header.ts";
import type { MaybePromise } from "../store.ts";
import { subjectOf } from "../core/session_metadata.ts";

/** What every request of one `createSessions()` shares. */
export interface WebAdapter {
  readonly options: ResolvedOptions;
  readonly events: EventHub;
  readonly transport: CookieTransport;
  /** Draws the id of a request's new session. */
  readonly drawId: (request: Request) => string;
  /** Responses that carry cookies of this door, and which. */
  readonly carriers: WeakMap<Response, readonly string[]>;
}

/** The id of a session nobody has asked for the id of: drawn when it is needed. */
const UNDRAWN = "";

export class RequestSession implements SessionActions, Operand {
  readonly state = new SessionState();
  readonly request: Request;
  readonly object: WebSession;
  readonly door: WebAdapter;
  readonly #isSecure: boolean;
  readonly #cookies: RequestCookies;
  #id = UNDRAWN;
  #outdated = false;
  #destroyed = false;
  #committed = false;
  /** The newest of the calls that change the session: they take turns. */
  #pending: Promise<unknown> | undefined;

  private constructor(door: WebAdapter, request: Request) {
    this.door = door;
    this.request = request;
    this.#cookies = door.transport.receive(request.headers.get("cookie"));
    this.#isSecure = isSecureRequest(request, door.options.proxy);
    this.object = new WebSession(this, this.#freshCookie(), {});
    this.state.began(UNDRAWN, "{}");
  }

  /** Finds the request's session, or begins one that costs nothing until it is written to. */
  static open(door: WebAdapter, request: Request): MaybePromise<RequestSession> {
    const opened = new RequestSession(door, request);
    return after(opened.#cookies.prove(), (proven) => {
      return proven === undefined ? opened : after(opened.#load(proven), () => opened);
    });
  }

  get manager(): SessionManager {
    return this.#cookies.manager;
  }
  get session(): Data {
    return this.object as unknown as Data;
  }
  get id(): string {
    if (this.#destroyed) return "";
    if (this.#id === UNDRAWN) this.#begin(this.drawId());
    return this.#id;
  }
  get isNew(): boolean {
    return this.state.storedId === undefined || this.state.storedId !== this.#id;
  }
  get subject(): string | undefined {
    return subjectOf(this.session);
  }
  get committed(): boolean {
    return this.#committed;
  }

  drawId(): string {
    return this.door.drawId(this.request);
  }

  setId(id: string): void {
    this.#id = id;
  }

  restart(): void {
    const cookie = this.object.cookie;
    cookie.maxAge = cookie.originalMaxAge;
  }

  save(): Promise<void> {
    return this.#inTurn(() => {
      this.#needUsable();
      return this.#store(dataText(this.session));
    });
  }

  reload(): Promise<void> {
    return this.#inTurn(async () => {
      const loaded = this.isNew ? undefined : await this.manager.load(this.#id);
      if (loaded === undefined) throw new SessionError("SESSION_GONE", "failed to load session");
      this.#empty();
      this.#fill(loaded.data);
      this.state.stored(this.#id, loaded.text, this.session, loaded.stored.version);
      this.state.savedText = loaded.text;
    });
  }

  regenerate({ keep = false }: { keep?: Keep } = {}): Promise<void> {
    return this.#inTurn(async () => {
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
    const isLate = this.#committed && this.#cookies.isWhole;
    this.#destroyed = true;
    this.#empty();
    return this.#inTurn(async () => {
      if (isLate) this.#needResponse();
      // A call before this one may have brought data back.
      this.#empty();
      const { storedId } = this.state;
      if (storedId === undefined) return;
      const act = () => this.manager.destroy(this.state, storedId);
      await reportFailedDestroy(this.door.events, act);
      // Only now is a second call a success.
      this.state.storedId = undefined;
    });
  }

  logout(): Promise<void> {
    return this.destroy();
  }

  update<T>(change: (data: Data) => T): Promise<T> {
    return this.#inTurn(() => {
      this.#needUsable();
      if (typeof change === "function" && this.#isUnsendable()) return change(this.session);
      return update(this, change);
    });
  }

  take(key: string): Promise<unknown> {
    return this.#inTurn(() => {
      this.#needUsable();
      return this.#isUnsendable() ? takeFrom(this.session, key) : take(this, key);
    });
  }

  flash(type: string): string[];
  flash(type: string, message: string): void;
  flash(type: string, message?: string): string[] | void {
    return flash(this.session, type, message);
  }

  login(subject: string, { keep = true }: { keep?: Keep } = {}): Promise<void> {
    return this.#inTurn(() => {
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
    this.#committed = true;
    const conclude = () => this.#conclude(failed && !this.door.options.saveOnError, carries);
    return this.#pending === undefined ? conclude() : this.#pending.then(conclude);
  }

  #conclude(dropsChanges: boolean, carries: boolean): MaybePromise<readonly string[]> {
    if (this.#destroyed) return carries ? this.#deletions(this.#cookies.names) : [];
    let text: string | undefined;
    const facts = this.state.facts(
      this.session,
      this.#id,
      this.#id,
      () => text ??= dataText(this.session),
    );
    const { isNew, state } = this;
    const { options } = this.door;
    const write = dropsChanges ? "none" : chooseWrite(facts, options);
    const isDue = this.#cookies.isDue(write);
    const wantsCookie = isDue || shouldSetCookie(facts, options) ||
      (facts.fromCookie
        ? this.#outdated || state.cookieEdited(this.session)
        // Stored on the way: without the cookie nobody could ever ask for it.
        : !isNew);
    const sends = wantsCookie && this.#sends(carries);
    // As above: it would be an orphan.
    if (wantsCookie && !sends && isNew) return [];
    const cookies = () => sends && !state.isGone(this.#id) ? this.#setCookies() : [];
    if (dropsChanges) {
      return isDue || !(isNew || (facts.fromCookie && !options.rolling)) ? cookies() : [];
    }
    // A cookie promises a session: the store has the last word, not what it said while reading.
    if (sends) state.touchedInStore = false;
    return after(this.#write(write, () => text ??= dataText(this.session)), cookies);
  }

  /** Whether the cookie can leave; listeners hear why it cannot. */
  #sends(carries: boolean): boolean {
    const { cookie } = this.object;
    const reason = cookie.secure && !this.#isSecure
      ? "insecure"
      : carries
      ? undefined
      : "headers-sent";
    if (reason !== undefined) this.door.events.emit("blocked", { reason });
    return reason === undefined;
  }

  #write(write: Write, text: () => string): MaybePromise<void> {
    if (write === "none" || write === "destroy") return;
    this.restart();
    return discardWhenGone(
      this.door.events,
      () =>
        write === "save" ? this.#store(text()) : this.manager.touch(this.state, this.session, text),
    );
  }

  #store(text: string): MaybePromise<void> {
    if (this.#isUnsendable()) return;
    // The record needs the id; drawing it here keeps anonymous visits free of it.
    void this.id;
    const { savedText } = this.state;
    return attempt(() => this.manager.save(this.state, this.session, text), (error) => {
      // What a failed save() leaves unstored is tried again with the response.
      this.state.savedText = savedText;
      throw error;
    });
  }

  /** A new session whose cookie could not be sent is not stored: nobody could ask for it. */
  #isUnsendable(): boolean {
    return this.isNew && !this.#sends(true);
  }

  /** Runs `act` when the calls before it are done; a promise nobody awaits crashes nothing. */
  #inTurn<T>(act: () => MaybePromise<T>): Promise<T> {
    const before = this.#pending;
    const turn = (async () => {
      await before;
      return await act();
    })();
    // Whoever awaits the turn itself still sees its error.
    this.#pending = turn.catch(() => {});
    return turn;
  }

  #load({ id, current }: Proof): MaybePromise<void> {
    const { resave } = this.door.options;
    const maxAge = resave ? undefined : this.object.cookie.originalMaxAge;
    return after(this.manager.load(id, maxAge), (loaded) => {
      if (loaded === undefined) return;
      this.#id = id;
      this.#outdated = !current;
      this.#fill(loaded.data);
      const { state } = this;
      state.cookieId = id;
      state.loaded(id, this.session, loaded, { resave, maxAge });
    });
  }

  /** Attributes come from the options, the lifetime from the record: no record can weaken a cookie. */
  #fill(data: Data): void {
    const stored = data["cookie"] as Partial<Cookie>;
    const { cookie } = this.object;
    const { originalMaxAge } = stored;
    const lifetime = typeof originalMaxAge === "number" ? originalMaxAge : null;
    // A fresh cookie mostly has the record's lifetime already.
    if (lifetime !== null && cookie.originalMaxAge !== lifetime) cookie.maxAge = lifetime;
    else if (lifetime === null && !stored.expires) cookie.expires = null;
    fill(this.session, data);
  }

  #begin(id: string): void {
    this.#id = id;
    if (this.state.originalId === UNDRAWN) this.state.originalId = id;
  }

  #empty(): void {
    const { session } = this;
    for (const key of Object.keys(session)) if (key !== "cookie") delete session[key];
    define(session, "cookie", this.#freshCookie());
  }

  #freshCookie(): Cookie {
    return newCookie(this.door.options.cookie(this.request), this.#isSecure);
  }

  #setCookies(): MaybePromise<readonly string[]> {
    return after(this.#cookies.pack(this.id), ({ written, removed }) => {
      const { cookie } = this.object;
      const texts = written.map(([name, value]) => cookie.serialize(name, value));
      return removed.length === 0 ? texts : [...texts, ...this.#deletions(removed)];
    });
  }

  #deletions(names: readonly string[]): string[] {
    if (names.length === 0) return [];
    const { data } = this.#freshCookie();
    return names.map((name) => serializeRemoval(name, data));
  }

  #needUsable(): void {
    if (this.#destroyed) throw new SessionError("SESSION_GONE", "The session was destroyed");
    if (this.isNew || this.#cookies.isWhole) this.#needResponse();
  }

  #needResponse(): void {
    if (!this.#committed) return;
    throw new SessionError("SESSION_COMMITTED", "The session was committed: its response has left");
  }
}
