/** One Web request's session: from the Cookie header to the Set-Cookie header. */
import { type Cookie, readCookies, serializeCookie } from "./cookie.ts";
import { SessionError } from "./errors.ts";
import { after, attempt } from "./maybe.ts";
import { type Data, define } from "./merge.ts";
import { newCookie, type ResolvedOptions } from "./options.ts";
import { chooseWrite, type Facts, shouldSetCookie } from "./policy.ts";
import { provenId } from "./proven_id.ts";
import { isSecureRequest } from "./secure.ts";
import { fill, type Keep, type SessionActions, SessionObject } from "./session.ts";
import { discardWhenGone, type SessionManager } from "./session_manager.ts";
import {
  flash,
  login,
  type Operand,
  rotate,
  take,
  takeFrom,
  update,
} from "./session_operations.ts";
import { SessionState } from "./session_state.ts";
import { dataText } from "./session_text.ts";
import type { Signer, Unsigned } from "./signer.ts";
import type { MaybePromise } from "./store.ts";
import { subjectOf } from "./subject.ts";

/** What every request of one `createSessions()` shares. */
export interface WebDoor {
  readonly options: ResolvedOptions;
  readonly manager: SessionManager;
  readonly signer: Signer;
  /** Responses that carry a cookie of this door. */
  readonly carriers: WeakSet<Response>;
}

/** The id of a session nobody has asked for the id of: drawn when it is needed. */
const UNDRAWN = "";

export class WebSession implements SessionActions, Operand {
  readonly manager: SessionManager;
  readonly state = new SessionState();
  readonly request: Request;
  readonly object: SessionObject;
  readonly door: WebDoor;
  readonly #isSecure: boolean;
  #id = UNDRAWN;
  #hadCookie = false;
  #outdatedSignature = false;
  #destroyed = false;
  #committed = false;
  /** The newest of the calls that change the session: they take turns. */
  #pending: Promise<unknown> | undefined;

  private constructor(door: WebDoor, request: Request) {
    this.door = door;
    this.manager = door.manager;
    this.request = request;
    this.#isSecure = isSecureRequest(request, door.options.proxy);
    this.object = new SessionObject(this, this.#freshCookie(), {});
    this.state.began(UNDRAWN, "{}");
  }

  /** Finds the request's session, or begins one that costs nothing until it is written to. */
  static open(door: WebDoor, request: Request): MaybePromise<WebSession> {
    const opened = new WebSession(door, request);
    const header = request.headers.get("cookie");
    const values = header === null ? [] : readCookies(header, door.options.name);
    if (values.length === 0) return opened;
    opened.#hadCookie = true;
    return after(provenId(door.signer, values, door.manager.settings.events), (proven) => {
      return proven === undefined ? opened : after(opened.#load(proven), () => opened);
    });
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
    return this.door.options.genid(this.request);
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
    this.#destroyed = true;
    this.#empty();
    return this.#inTurn(async () => {
      // A call before this one may have brought data back.
      this.#empty();
      const { storedId } = this.state;
      if (storedId === undefined) return;
      try {
        await this.manager.destroy(this.state, storedId);
      } catch (error) {
        // Whoever meant to log out may still be logged in: more than the caller must know.
        this.manager.settings.events.emit("error", { error, during: "destroy" });
        throw error;
      }
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
   * Stores what has to be stored and says which Set-Cookie the response needs.
   *
   * @param failed The handler failed: changes are dropped, unless options say otherwise.
   * @param carries Whether the response can carry a cookie.
   */
  finish(failed: boolean, carries = true): MaybePromise<string | undefined> {
    this.#needResponse();
    this.#committed = true;
    const conclude = () => this.#conclude(failed && !this.door.options.saveOnError, carries);
    return this.#pending === undefined ? conclude() : this.#pending.then(conclude);
  }

  #conclude(dropsChanges: boolean, carries: boolean): MaybePromise<string | undefined> {
    if (this.#destroyed) return this.#hadCookie && carries ? this.#deletion() : undefined;
    let text: string | undefined;
    const facts = this.state.facts(
      this.session,
      this.#id,
      this.#id,
      () => text ??= dataText(this.session),
    );
    const { isNew, state } = this;
    const { rolling } = this.door.options;
    const wantsCookie = shouldSetCookie(facts, this.door.options) ||
      (facts.fromCookie
        ? this.#outdatedSignature || state.cookieEdited(this.session)
        // Stored on the way: without the cookie nobody could ever ask for it.
        : !isNew);
    const sends = wantsCookie && this.#sends(carries);
    // As above: it would be an orphan.
    if (wantsCookie && !sends && isNew) return undefined;
    const cookie = () => sends && !state.isDead(this.#id) ? this.#setCookie() : undefined;
    if (dropsChanges) return isNew || (facts.fromCookie && !rolling) ? undefined : cookie();
    // A cookie promises a session: the store has the last word, not what it said while reading.
    if (sends) state.touchedInStore = false;
    return after(this.#write(facts, () => text ??= dataText(this.session)), cookie);
  }

  /** Whether the cookie can leave; listeners hear why it cannot. */
  #sends(carries: boolean): boolean {
    const { cookie } = this.object;
    const reason = cookie.secure && !this.#isSecure
      ? "insecure"
      : carries
      ? undefined
      : "headers-sent";
    if (reason !== undefined) this.manager.settings.events.emit("blocked", { reason });
    return reason === undefined;
  }

  #write(facts: Facts, text: () => string): MaybePromise<void> {
    const write = chooseWrite(facts, this.door.options);
    if (write === "none" || write === "destroy") return;
    this.restart();
    return discardWhenGone(
      this.manager.settings.events,
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

  #load({ id, current, value }: Unsigned): MaybePromise<void> {
    const { resave } = this.door.options;
    const maxAge = resave ? undefined : this.object.cookie.originalMaxAge;
    return after(this.manager.load(id, maxAge), (loaded) => {
      if (loaded === undefined) return;
      this.#id = id;
      this.#outdatedSignature = !current;
      this.#fill(loaded.data);
      const { state } = this;
      state.cookieId = id;
      if (current) state.cookieValue = value;
      state.loaded(id, loaded.text, this.session, loaded.stored.version);
      if (!resave) state.savedText = loaded.text;
      state.touchedInStore = loaded.touched && this.object.cookie.originalMaxAge === maxAge;
    });
  }

  /** Attributes come from the options, the lifetime from the record: no record can weaken a cookie. */
  #fill(data: Data): void {
    const stored = data["cookie"] as Partial<Cookie>;
    const { cookie } = this.object;
    const { originalMaxAge } = stored;
    const lifetime = typeof originalMaxAge === "number" ? originalMaxAge : null;
    if (lifetime !== null) cookie.maxAge = lifetime;
    else if (!stored.expires) cookie.expires = null;
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

  #setCookie(): MaybePromise<string> {
    const { name } = this.door.options;
    const { id } = this;
    return after(this.state.valueFor(id) ?? this.door.signer.sign(id), (value) => {
      this.state.cookieSet = true;
      return this.object.cookie.serialize(name, value);
    });
  }

  /** Same name, path, domain and flags, or the browser keeps the old one (RFC 6265bis 5.7). */
  #deletion(): string {
    const data = { ...this.#freshCookie().data, expires: new Date(0) };
    return serializeCookie(this.door.options.name, "", data) + "; Max-Age=0";
  }

  #needUsable(): void {
    if (this.#destroyed) throw new SessionError("SESSION_GONE", "The session was destroyed");
    if (this.#committed && this.isNew) this.#needResponse();
  }

  #needResponse(): void {
    if (!this.#committed) return;
    throw new SessionError("SESSION_COMMITTED", "The session was committed: its response has left");
  }
}
