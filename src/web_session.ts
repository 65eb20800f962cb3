/** One Web request's session: from the Cookie header to the Set-Cookie header. */
import { type Cookie, readCookies, serializeCookie } from "./cookie.ts";
import { SessionError } from "./errors.ts";
import { after } from "./maybe.ts";
import { type Data, define } from "./merge.ts";
import { isSessionId, newCookie, type ResolvedOptions } from "./options.ts";
import { chooseWrite, type Facts, shouldSetCookie } from "./policy.ts";
import { isSecureRequest } from "./secure.ts";
import { fill, type Keep, type SessionActions, SessionObject } from "./session.ts";
import { discardWhenGone, type SessionManager } from "./session_manager.ts";
import { flash, login, type Operand, rotate, take, update } from "./session_operations.ts";
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
}

/** The id of a session nobody has asked for the id of: drawn when it is needed. */
const UNDRAWN = "";

export class WebSession implements SessionActions, Operand {
  readonly manager: SessionManager;
  readonly state = new SessionState();
  readonly request: Request;
  readonly object: SessionObject;
  readonly #door: WebDoor;
  readonly #isSecure: boolean;
  #id = UNDRAWN;
  #hadCookie = false;
  #outdatedSignature = false;
  #destroyed = false;
  #committed = false;

  private constructor(door: WebDoor, request: Request) {
    this.#door = door;
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
    return after(provenId(door, values), (proven) => {
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
    return this.#door.options.genid(this.request);
  }

  setId(id: string): void {
    this.#id = id;
  }

  restart(): void {
    const cookie = this.object.cookie;
    cookie.maxAge = cookie.originalMaxAge;
  }

  async save(): Promise<void> {
    this.#needUsable();
    await this.#store(dataText(this.session));
  }

  async reload(): Promise<void> {
    if (this.isNew) throw new SessionError("SESSION_GONE", "failed to load session");
    const loaded = await this.manager.load(this.#id);
    if (loaded === undefined) throw new SessionError("SESSION_GONE", "failed to load session");
    this.#empty();
    this.#fill(loaded.data);
    this.state.stored(this.#id, loaded.text, this.session, loaded.stored.version);
    this.state.savedText = loaded.text;
  }

  async regenerate({ keep = false }: { keep?: Keep } = {}): Promise<void> {
    this.#needUsable();
    this.#needResponse();
    if (keep !== false) return rotate(this, keep);
    const { storedId } = this.state;
    if (storedId !== undefined) await this.manager.destroy(this.state, storedId);
    this.state.storedId = undefined;
    this.state.originalId = undefined;
    this.#empty();
    this.#id = UNDRAWN;
  }

  async destroy(): Promise<void> {
    if (this.#destroyed) return;
    const { storedId } = this.state;
    this.#destroyed = true;
    this.#empty();
    if (storedId !== undefined) await this.manager.destroy(this.state, storedId);
  }

  logout(): Promise<void> {
    return this.destroy();
  }

  async update<T>(change: (data: Data) => T): Promise<T> {
    this.#needUsable();
    return await update(this, change);
  }

  async take(key: string): Promise<unknown> {
    this.#needUsable();
    return await take(this, key);
  }

  flash(type: string): string[];
  flash(type: string, message: string): void;
  flash(type: string, message?: string): string[] | void {
    return flash(this.session, type, message);
  }

  async login(subject: string, { keep = true }: { keep?: Keep } = {}): Promise<void> {
    this.#needUsable();
    this.#needResponse();
    await login(this, subject, keep);
  }

  /**
   * Stores what has to be stored and says which Set-Cookie the response needs.
   * `failed`: the handler failed, and changes are dropped unless options say otherwise.
   */
  finish(failed: boolean): MaybePromise<string | undefined> {
    this.#needResponse();
    this.#committed = true;
    if (this.#destroyed) return this.#hadCookie ? this.#deletion() : undefined;
    let text: string | undefined;
    const facts = (): Facts =>
      this.state.facts(this.session, this.#id, this.#id, () => text ??= dataText(this.session));
    const before = facts();
    const { rolling } = this.#door.options;
    const edited = !this.isNew && this.state.cookieEdited(this.session);
    const wantsCookie = shouldSetCookie(before, this.#door.options) ||
      (before.fromCookie && (edited || this.#outdatedSignature));
    if (wantsCookie && !this.#canSend()) {
      this.manager.settings.events.emit("blocked", { reason: "insecure" });
      if (!before.fromCookie && this.isNew) return undefined;
    }
    if (failed && !this.#door.options.saveOnError) {
      return this.isNew || !(wantsCookie && (rolling || !before.fromCookie))
        ? undefined
        : this.#setCookie();
    }
    return after(this.#write(before, () => text ??= dataText(this.session)), () => {
      if (!wantsCookie || this.state.isDead(this.#id) || !this.#canSend()) return undefined;
      return this.#setCookie();
    });
  }

  #write(facts: Facts, text: () => string): MaybePromise<void> {
    const write = chooseWrite(facts, this.#door.options);
    if (write === "none" || write === "destroy") return;
    this.restart();
    return discardWhenGone(this.manager.settings.events, () =>
      write === "save" ? this.#store(text()) : this.manager.touch(this.state, this.session, text));
  }

  #store(text: string): MaybePromise<void> {
    // The record needs the id; drawing it here keeps anonymous visits free of it.
    void this.id;
    return this.manager.save(this.state, this.session, text);
  }

  #load({ id, current }: Unsigned): MaybePromise<void> {
    const maxAge = this.#door.options.resave ? undefined : this.object.cookie.originalMaxAge;
    return after(this.manager.load(id, maxAge), (loaded) => {
      if (loaded === undefined) return;
      this.#id = id;
      this.#outdatedSignature = !current;
      this.#fill(loaded.data);
      const { state } = this;
      state.cookieId = id;
      state.loaded(id, loaded.text, this.session, loaded.stored.version);
      if (!this.#door.options.resave) state.savedText = loaded.text;
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
    return newCookie(this.#door.options.cookie(this.request), this.#isSecure);
  }

  #canSend(): boolean {
    return !this.object.cookie.secure || this.#isSecure;
  }

  #setCookie(): MaybePromise<string> {
    const { name } = this.#door.options;
    return after(this.#door.signer.sign(this.id), (value) => {
      this.state.cookieSet = true;
      return this.object.cookie.serialize(name, value);
    });
  }

  /** Same name, path, domain and flags, or the browser keeps the old one (RFC 6265bis 5.7). */
  #deletion(): string {
    const data = { ...this.#freshCookie().data, expires: new Date(0) };
    return serializeCookie(this.#door.options.name, "", data) + "; Max-Age=0";
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

/** The one id the candidates prove; two different ones prove nothing. */
function provenId(door: WebDoor, values: readonly string[]): MaybePromise<Unsigned | undefined> {
  const { events } = door.manager.settings;
  const reject = (reason: "signature" | "unsigned" | "duplicate"): undefined => {
    events.emit("rejected", { reason });
  };
  const signed = values.filter((value) => value.startsWith("s:"));
  if (signed.length === 0) return reject("unsigned");
  const decide = (results: readonly (Unsigned | undefined)[]): Unsigned | undefined => {
    const proven = results.filter((each) => each !== undefined && isSessionId(each.id));
    const [first] = proven;
    if (first === undefined) return reject("signature");
    if (proven.some((each) => each!.id !== first.id)) return reject("duplicate");
    return proven.find((each) => each!.current) ?? first;
  };
  if (signed.length === 1) return after(door.signer.unsign(signed[0]!), (one) => decide([one]));
  return Promise.all(signed.map((value) => door.signer.unsign(value))).then(decide);
}
