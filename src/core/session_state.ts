/** What one request knows of its session: what the browser brought, what was loaded, what was stored. */
import { attributesIn, type CookieData, sameAttributes } from "../cookie/cookie_attributes.ts";
import { isPromise } from "../maybe_promise.ts";
import type { MaybePromise, Version } from "../store.ts";
import { type Facts, NOBODY } from "./policy.ts";
import { type Data, define, isEmpty } from "./session_data.ts";
import { contentText, membersText } from "./session_json.ts";
import { META, NO_NOTES, notedOn, type Notes, notesIn, subjectIn } from "./session_metadata.ts";
import type { SessionObjects } from "./session_objects.ts";
import { Snapshots } from "./snapshot.ts";

type Cookie = { readonly [Name in keyof CookieData]?: CookieData[Name] | undefined };
const NO_COOKIE: Cookie = {};
const NOTHING: Data = Object.freeze({});

/** What the store handed over. */
interface Found {
  readonly text: string;
  readonly stored: { readonly version: Version };
  readonly end: number | null;
  /** The read has already moved the record's end. */
  readonly touched: boolean;
}

export class SessionState {
  /** The id the browser proved. */
  cookieId: string | undefined;
  /** The signed value it sent, when the newest secret made it. */
  cookieValue: string | undefined;
  /** That id was replaced: the session has another by now. */
  cameByAlias = false;
  /** Others have put an id in another's place, as a call that stored has found. */
  replaced: readonly [id: string, by: string] | undefined;

  /** The id and content the request began with. */
  originalId: string | undefined;
  originalText: string | undefined;
  /** The content that needs no storing any more. */
  savedText: string | undefined;
  /** A call of this request is storing its new session just now. */
  creating: Promise<void> | undefined;
  /** The record in the store this request knows: its id, mark, content and cookie. */
  storedId: string | undefined;
  version: Version;
  baseText = "{}";
  baseCookie: Cookie = NO_COOKIE;
  /** The lifetime it was found with, which the browser's cookie has. */
  foundMaxAge: number | null | undefined;
  /** Where it was loaded again: which objects it was before. */
  objects: SessionObjects | undefined;
  readonly snapshots = new Snapshots();
  /** Ids whose records were destroyed, rotated away or found missing. */
  #gone: Set<string> | undefined;
  /** What is stored and the handler does not see: our notes, and data whose names are taken. */
  #hidden: Data = NOTHING;
  /** Its members as text, once they are needed. */
  #hiddenText: string | undefined = "";
  /** Which of stored data the handler is not to see. */
  readonly #hides: ((key: string) => boolean) | undefined;
  /** The expiry was moved for this request. */
  touched = false;
  /** … and the store moved it while reading. */
  touchedInStore = false;
  /** The end the store has of it, where a slightly later one is not worth telling. */
  knownEnd: number | null = null;
  /** Why nothing of this request can be stored: its session could not be read. */
  failure: unknown;

  /** @param hides Which names of stored data are taken, our notes' aside; left out: none. */
  constructor(hides?: (key: string) => boolean) {
    this.#hides = hides;
  }

  get notes(): Notes {
    return this.#hidden === NOTHING ? NO_NOTES : notesIn(this.#hidden);
  }

  set notes(notes: Notes) {
    this.#hide(notedOn(this.#hidden, notes));
  }

  get subject(): string | undefined {
    return subjectIn(this.notes);
  }

  /** Keeps what a record has and the handler must not see; the rest is for the session. */
  hide(data: Data): void {
    const notes = data[META];
    if (this.#hides === undefined) {
      return this.#hide(notes === undefined ? NOTHING : { [META]: notes });
    }
    let hidden: Data | undefined;
    for (const key in data) if (this.isHidden(key)) define(hidden ??= {}, key, data[key]);
    this.#hide(hidden ?? NOTHING);
  }

  isHidden(key: string): boolean {
    return key === META || (this.#hides !== undefined && this.#hides(key));
  }

  /** Nothing is hidden any more: the session began anew. */
  forget(): void {
    this.snapshots.end();
    this.#hide(NOTHING);
  }

  #hide(hidden: Data): void {
    const isNothing = isEmpty(hidden);
    this.#hidden = isNothing ? NOTHING : hidden;
    this.#hiddenText = isNothing ? "" : undefined;
  }

  /** What is to be stored of a session, as text: its data, and what the handler does not see. */
  contentOf(session: object): string {
    return contentText(session, this.#hiddenText ??= membersText(this.#hidden));
  }

  /** The same with other notes. */
  contentWithNotes(session: object, notes: Notes): string {
    return contentText(session, membersText(notedOn(this.#hidden, notes)));
  }

  /** A copy of content, without what the handler does not see … */
  visibleIn(content: string): Data {
    const data = JSON.parse(content) as Data;
    for (const key of Object.keys(data)) if (this.isHidden(key)) delete data[key];
    return data;
  }

  /** … and with it again, when the copy was changed; not if another copy was returned instead. */
  // deno-lint-ignore no-explicit-any
  contentWith(data: Data, content: string, returned?: any): string {
    const hidden: Data = {};
    const all = JSON.parse(content) as Data;
    for (const key of Object.keys(all)) if (this.isHidden(key)) define(hidden, key, all[key]);
    for (const key of Object.keys(data)) if (this.isHidden(key)) delete data[key];
    const text = contentText(data, membersText(hidden));
    const isCopy = returned?.constructor === Object && returned !== data && text === content;
    if (!isCopy || Object.keys(data).some((key) => !(key in returned))) return text;
    throw new TypeError("update() stores changed data, not what is returned");
  }

  /** Whether a session, as an object, holds what is stored of it: no less, and nothing of our notes' name. */
  isWhole(session: object): boolean {
    return this.#hidden === NOTHING && !(META in session);
  }

  /** A session the request begins with and the store does not know. */
  began(id: string, text: string): void {
    this.originalId = id;
    this.originalText = text;
  }

  /** The session the request begins with, made of what the store handed over. */
  loaded(id: string, session: Data, found: Found, resave: boolean): void {
    const { text } = found;
    this.began(id, text);
    this.stored(id, text, session["cookie"], found.stored.version);
    this.foundMaxAge = this.baseCookie.originalMaxAge;
    if (!resave) this.savedText = text;
    this.cameByAlias = this.cookieId !== undefined && this.cookieId !== id;
    this.touchedInStore = found.touched && !this.cameByAlias;
    this.knownEnd = this.cameByAlias ? null : found.end;
  }

  /** `cookie` is the stored one: what the handler does to it from now on is an edit. */
  stored(id: string, text: string, cookie: unknown, version: Version): void {
    this.storedId = id;
    this.baseText = text;
    this.version = version;
    const sent = (cookie ?? NO_COOKIE) as Cookie;
    const { originalMaxAge } = sent;
    this.baseCookie = { ...attributesIn(sent), originalMaxAge };
  }

  /** The session begins anew: whatever it was stored as is not its own any more. */
  forgetStored(): void {
    this.snapshots.end();
    this.storedId =
      this.originalId =
      this.savedText =
      this.version =
        undefined;
    this.baseText = "{}";
  }

  /** Notes a call that stores a new session. */
  creates<T>(created: MaybePromise<T>): MaybePromise<T> {
    if (!isPromise(created)) return created;
    const over = () => {
      if (this.creating === creating) this.creating = undefined;
    };
    const creating = created.then(over, over);
    this.creating = creating;
    return created;
  }

  /** From now on nothing of this request is stored under `id`. */
  markGone(id: string): void {
    (this.#gone ??= new Set()).add(id);
  }

  isGone(id: string): boolean {
    return this.#gone !== undefined && this.#gone.has(id);
  }

  /** The cookie value the browser sent, if it is what it would be sent again. */
  valueFor(id: string): string | undefined {
    return id === this.cookieId ? this.cookieValue : undefined;
  }

  /** Whether the handler changed the cookie's attributes, its end left aside. */
  cookieEdited(session: Data): boolean {
    const cookie = (session["cookie"] ?? NO_COOKIE) as Cookie;
    return this.lifetimeEdited(session) || !sameAttributes(cookie, this.baseCookie);
  }

  /** Whether the handler gave the session another lifetime. */
  lifetimeEdited(session: Data): boolean {
    const { originalMaxAge } = (session["cookie"] ?? NO_COOKIE) as Cookie;
    return originalMaxAge !== this.baseCookie.originalMaxAge;
  }

  /**
   * The facts the policy decides on: `requestId` is the id the response speaks
   * for, `id` the session's own, `text` its data as they are now.
   */
  facts(
    session: Data | null | undefined,
    requestId: unknown,
    id: unknown,
    text: () => string,
  ): Facts {
    if (session === null || session === undefined) {
      return { ...NOBODY, hasId: typeof requestId === "string" && requestId !== "" };
    }
    const isOriginal = this.originalId === id;
    return {
      present: true,
      hasId: typeof requestId === "string",
      fromCookie: this.cookieId === requestId,
      modified: !isOriginal || this.originalText !== text(),
      // Stored once already under a new id: its cookie may have been edited since.
      saved: (isOriginal || (this.storedId === id && !this.cookieEdited(session))) &&
        this.savedText !== undefined && this.savedText === text(),
      everSaved: this.savedText !== undefined,
      // As express-session asks: `expires: false` counts as an end here, though it names none.
      cookieEnds: (session["cookie"] as { expires?: unknown } | undefined)?.expires != null,
    };
  }
}
