/** What is known of one session while calls that change it are under way. */
import { type Deed, GONE, isCrossing, isOld, type Newest, repeats, type Sent } from "./sent.ts";
import { type CookieText, Written } from "./written.ts";

/** The store is being told again. */
export interface Mending {
  readonly sent: Sent;
  /** Somebody came meanwhile, for whom it began too early. */
  isOnceMore: boolean;
}

/** Marks order what happened, to whichever session. */
export class Marks {
  now = 0;

  next(): number {
    return ++this.now;
  }
}

export class Entry {
  readonly id: string;
  /** The mark of the newest that was acknowledged; the first moves where ending it failed, too. */
  mark: number;
  acknowledgedAt = 0;
  /** Whoever read the record, or began to write it, before this mark is too late. */
  goneMark = 0;
  newest: Newest;
  /** How long the session was to live when it was last stored, in milliseconds. */
  lifetime: unknown;
  /** Calls have crossed it: what the store holds may be something older. */
  isUnsettled = false;
  /** One of those calls has ended since the store was last told. */
  #isDisturbed = false;
  mending: Mending | undefined;
  /** When the store last answered that it has the newest: what it found before may be older. */
  #answeredAt = 0;
  /** The cookie of the latest `touch()` that was answered while other calls were under way. */
  #touch: { readonly cookie: CookieText; readonly began: number } | undefined;
  #isMoving = false;
  readonly #marks: Marks;
  readonly #calls = new Set<Sent>();

  constructor(id: string, marks: Marks) {
    this.id = id;
    this.#marks = marks;
    this.mark = marks.now;
  }

  /** Nothing is under way, and the store has what it should. */
  get isQuiet(): boolean {
    return this.#calls.size === 0 && !this.isUnsettled;
  }

  /** Somebody is ending the session. */
  get isEnding(): boolean {
    return this.isUnderWay("destroy");
  }

  /** Whether somebody does this: what the store holds need not be acknowledged yet. */
  isUnderWay(deed: Deed): boolean {
    for (const sent of this.#calls) {
      if (sent.deed === deed && sent.by !== "mend" && !isOld(sent)) return true;
    }
    return false;
  }

  /** Whether the session ended while a call was under way. */
  isTooLate({ began }: Sent): boolean {
    return this.goneMark > began || (this.isEnding && (this.#isMoving || this.newest === GONE));
  }

  /** Whether what the store found since `began` may be older than what it was told, and answered to. */
  mayBeAhead(began: number): boolean {
    return this.newest !== undefined && (this.isUnsettled || this.#answeredAt > began);
  }

  begin(deed: Deed, session: object | undefined, by: Sent["by"], repeats?: Newest): Sent {
    const now = { began: this.#marks.next(), since: performance.now() };
    const flags = { isSeen: by === "application", isCrossed: false, isDisturbed: false };
    const sent: Sent = { ...now, deed, session, by, repeats, ...flags };
    for (const other of this.#calls) {
      if (isOld(other)) this.end(other);
      else if (isCrossing(sent, other)) sent.isCrossed = other.isCrossed = true;
    }
    this.#calls.add(sent);
    return sent;
  }

  /** The store has answered, or will not. Whatever overlapped it may have to be sent again. */
  end(sent: Sent): void {
    const mayHaveUndone = sent.began < this.#answeredAt && !repeats(sent, this.newest);
    if (!this.#calls.delete(sent)) {
      // Nobody waited for it any more: it may have come after anything.
      sent.isCrossed = sent.isDisturbed = true;
      if (mayHaveUndone) this.isUnsettled = this.newest !== undefined;
    }
    for (const other of this.#calls) if (isCrossing(sent, other)) other.isDisturbed = true;
    if (mayHaveUndone) this.#isDisturbed = true;
  }

  /** The store has done what was sent: from now on everybody sees it. */
  acknowledge(newest: Written | typeof GONE, sent: Sent): void {
    this.mark = this.acknowledgedAt = this.#answeredAt = this.#marks.next();
    if (newest === GONE) this.goneMark = this.mark;
    this.newest = newest;
    this.isUnsettled = sent.isCrossed;
    this.#isDisturbed = sent.isDisturbed || this.#mayNeverEnd(newest);
    this.#isMoving = false;
    if (newest === GONE) return;
    this.lifetime = newest.lifetime;
    newest.began = sent.began;
    if (this.#touch !== undefined) newest.touched(this.#touch.cookie, this.#touch.began);
  }

  /** The store has touched: where it is told again, that cookie goes along. */
  touched(cookie: CookieText, { began }: Pick<Sent, "began">): void {
    if (this.#touch === undefined || began > this.#touch.began) this.#touch = { cookie, began };
    if (this.newest instanceof Written) this.newest.touched(cookie, began);
  }

  /**
   * … with a lifetime that nobody had stored: whoever read the session before has not seen it, and
   * what was stored meanwhile has an older one.
   */
  livesAnew({ json }: CookieText): { readonly began: number } {
    this.lifetime = (JSON.parse(json) as { originalMaxAge?: unknown }).originalMaxAge;
    this.mark = this.acknowledgedAt = this.#marks.next();
    return { began: this.mark };
  }

  /** Nothing is under way, and the store has what it should: what served to tell it again may go. */
  rest(): void {
    this.#touch = undefined;
    if (this.newest instanceof Written) this.newest.model = undefined;
  }

  /** The store has done again what had been acknowledged. */
  mended(sent: Sent): void {
    if (this.newest !== sent.repeats) return;
    this.#answeredAt = this.#marks.next();
    this.isUnsettled = sent.isCrossed;
    this.#isDisturbed = sent.isDisturbed;
  }

  /** The store is sure not to have it: whatever began until now was too late. */
  ended(sent: Sent): void {
    this.end(sent);
    if (this.newest === GONE) this.goneMark = this.mark = this.#marks.next();
  }

  /** The session lives under another id from now on, unless its record cannot be ended. */
  moved(): void {
    this.#isMoving = true;
  }

  /** The store failed to end the session: whoever has read it asks again whether it is there. */
  failedToEnd(): void {
    this.#isMoving = false;
    this.mark = this.#marks.next();
    if (!this.isUnsettled) this.newest = undefined;
  }

  /** The store has a record that has ended: it was told so in vain … */
  foundAfterAll(): void {
    if (this.newest === GONE && this.isUnsettled) this.#isDisturbed = true;
  }

  /** … or somebody else, in another process, has begun it anew. */
  foundAgain(): void {
    if (this.newest === GONE) this.newest = undefined;
  }

  /** Whether the store has to be told again. */
  needsMend(): boolean {
    if (!this.isUnsettled) return false;
    for (const sent of this.#calls) if (isOld(sent)) this.end(sent);
    // Who ends the session will say what becomes of it.
    return this.#isDisturbed && (this.newest === GONE || !this.isEnding);
  }

  /**
   * Whether a call is under way that may have undone this already and never
   * answer: writers take turns, so that a write that others overtake has most
   * likely been given up; and what has ended is ended twice rather than never.
   */
  #mayNeverEnd(newest: Newest): boolean {
    if (newest === GONE) return true;
    for (const { deed } of this.#calls) if (deed === "write") return true;
    return false;
  }

  /**
   * Whether a call that reaches the store is one of this wrapper's, or part of
   * one: stores call their own `set()` in their `touch()`, with what they have just read.
   */
  isPart(deed: Deed, session: object | undefined): boolean {
    for (const sent of this.#calls) {
      if (sent.deed !== deed || sent.isSeen) continue;
      sent.isSeen = true;
      return true;
    }
    if (session === undefined) return false;
    for (const sent of this.#calls) {
      if (sent.deed === deed) continue;
      if (sent.session === session) return true;
      // An application saves sessions, and those have methods.
      const isSaved = typeof (session as { save?: unknown }).save === "function";
      if (sent.deed === "touch" && !isSaved) return true;
    }
    return false;
  }
}
