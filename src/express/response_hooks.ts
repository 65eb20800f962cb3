/** The end of an Express response: held until the store has answered. */
import { isPromise } from "../maybe_promise.ts";
import { storeFailure } from "../core/store_failure.ts";
import type { MaybePromise } from "../store.ts";
import { settle } from "./callback_or_promise.ts";
import { areHeadersSent, hasBegun, HeldResponse, refuseWrites } from "./held_response.ts";
import { HeldWrites, type WritingHooks } from "./held_response_writes.ts";
import { type BeforeHeaders, commitHeaders, onHeaders } from "./on_headers.ts";
import type { RequestContext } from "./request_context.ts";
import { setCookie, setCookieAfterFailure } from "./response_cookie.ts";
import {
  type CookieCarrier,
  decideWrite,
  type EndingWrite,
  FinishedRequest,
  type Found,
  LateCalls,
  perform,
} from "./response_session.ts";
import type { Next, RevocableEnd, SessionResponse } from "./types.ts";
import { isErrorPage, isUnsendable, LONGEST_SILENCE, withdraw } from "./unsent_answer.ts";

type End = (...args: unknown[]) => unknown;

export class ResponseHooks implements BeforeHeaders, CookieCarrier, RevocableEnd, WritingHooks {
  readonly context: RequestContext;
  readonly res: SessionResponse;
  headersDone = false;
  found: Found | undefined = undefined;
  storeHasAnswered = false;
  cookieText: string | undefined = undefined;
  announcedId: string | undefined = undefined;
  readonly late: LateCalls = new LateCalls(this);
  readonly #next: Next;
  readonly waiting: HeldWrites;
  isEnded = false;
  /** The session cannot be read, or was not stored: hands off. */
  #failed = false;
  #held: HeldResponse | undefined;
  /** Begins to look for what is written to the session from here on. */
  #watch: (() => void) | undefined;
  /** Ends the wait for an error page. */
  #stopWaiting: (() => void) | undefined;

  constructor(context: RequestContext, res: SessionResponse, next: Next) {
    this.context = context;
    this.res = res;
    this.#next = next;
    context.ending = this;
    this.waiting = new HeldWrites(this);
    onHeaders(res, this, this.waiting);
    const { end } = res;
    res.end = (...args: unknown[]) => this.#end(end as End, args);
  }

  setHeader(name: string, text: string): void {
    if (!areHeadersSent(this.res)) this.res.setHeader?.(name, text);
  }

  /** The last moment before the headers leave. */
  beforeHeaders(): void {
    if (this.context.isLazy) return;
    try {
      if (this.#failed) setCookieAfterFailure(this);
      else setCookie(this, (error) => this.#tell(error));
    } catch (error) {
      // An application may have laid anything over the session. The error page says already that
      // something is wrong, and whoever writes its headers may have nobody to catch this.
      if (this.#failed) return;
      this.#failed = true;
      this.#tell(error);
    }
  }

  #end(end: End, args: unknown[]): unknown {
    if (this.isEnded) return false;
    if (this.context.isLazy || isUnsendable(this.res)) return this.#endNow(end, args);
    const later = () => this.#later(() => void this.#finish(end, args));
    if (!this.waiting.postponesEnd(later)) return this.#finish(end, args);
    this.isEnded = true;
    return this.res;
  }

  /** Stores what has to be stored, then ends: whoever sees the response sees the new session. */
  #finish(end: End, args: unknown[]): unknown {
    let write: EndingWrite = "none";
    this.context.reportLateChanges();
    this.#watch = this.#beginWatch();
    const hasFailed = this.#failed || isErrorPage(this.res);
    const unheard = this.context.unheardFailure({ hasFailed, isLast: true });
    if (unheard !== undefined) return this.#refuse(unheard.error, end, args);
    if (!this.#failed) {
      try {
        write = decideWrite(this, areHeadersSent(this.res));
      } catch (error) {
        return this.#refuse(error, end, args);
      }
    }
    // An implicit header is written inside: what was found still serves it.
    if (write === "none") return this.#endNow(end, args);
    this.isEnded = true;
    let result: MaybePromise<void>;
    try {
      result = perform(this.context, this.found!, write);
      this.storeHasAnswered = !isPromise(result);
    } catch (error) {
      if (this.#isRefusal(write)) return this.#refuse(error, end, args);
      this.#tell(error);
      result = undefined;
    }
    if (!isPromise(result)) {
      const { answersAtOnce } = this.context;
      const ended = answersAtOnce ? this.#endCommitted(end, args) : this.#endNow(end, args);
      // As where the store takes its time: to Node it would be an error that nobody catches.
      refuseWrites(this.res);
      return ended;
    }
    this.#hold();
    settle(() => result, (error) => {
      if (error !== undefined) {
        if (this.#isRefusal(write)) return void this.#refuse(error, end, args);
        this.#tell(error);
      }
      // The cookie is that of the new id.
      if (write === "renew") this.found = undefined;
      this.#later(() => void this.#endCommitted(end, args));
    });
    return this.res;
  }

  /** Nobody who could catch it is there any more: what is thrown calls for an error page. */
  #later(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Writes the headers before the body, as express-session does: their framing shows it. */
  #endCommitted(end: End, args: unknown[]): unknown {
    return this.#endNow((...given) => {
      if (!areHeadersSent(this.res)) commitHeaders(this.res, this);
      return end.apply(this.res, given);
    }, args);
  }

  /** Ends the response. One that refuses (a status line Node will not write) can end otherwise. */
  #endNow(end: End, args: unknown[]): unknown {
    this.#release();
    this.isEnded = true;
    try {
      const ended = end.apply(this.res, args);
      this.late.hasLeft = true;
      this.#stopWaiting?.();
      if (!this.#failed) (this.#watch ?? this.#beginWatch())();
      return ended;
    } catch (error) {
      this.isEnded = false;
      throw error;
    } finally {
      this.found = undefined;
    }
  }

  #beginWatch(): () => void {
    return this.context.adapter.lateWrites.begin(new FinishedRequest(this.context));
  }

  #hold(): void {
    this.isEnded = true;
    this.#held ??= new HeldResponse(this.res).refuseWrites();
  }

  #release(): void {
    this.#held?.release();
    this.#held = undefined;
  }

  /** Whether a failure means that the visitor must not be told that all went well. */
  #isRefusal(write: EndingWrite): boolean {
    return (write === "save" || write === "renew") && this.found!.facts.modified && !this.#hasBegun;
  }

  get #hasBegun(): boolean {
    return this.#held?.hasBegun ?? hasBegun(this.res);
  }

  /** What has begun to leave still ends, and so does an error page: neither says that all went well. */
  #refuse(error: unknown, end: End, args: unknown[]): unknown {
    if (!this.#hasBegun && !isErrorPage(this.res)) return this.fail(error);
    this.#failed = true;
    this.#tell(error);
    return this.#endNow(end, args);
  }

  /** The error goes to `next()`, and its page is sent in place of the answer. */
  fail(error: unknown): SessionResponse {
    const { res, context: { adapter: { options: { clock } } } } = this;
    this.#failed = true;
    this.#hold();
    setImmediate(() => {
      const { hasBegun } = this.#held!;
      this.#release();
      if (hasBegun) this.revoke();
      else {
        this.context.revokeEnd();
        withdraw(res, this.context.req.method === "HEAD");
        this.#stopWaiting = clock.after(LONGEST_SILENCE, () => this.#endDeaf(error));
      }
      this.#hand(error);
    });
    return res;
  }

  /** What was said at the end counts no more: it will be said again. */
  revoke(): void {
    this.isEnded = this.headersDone = this.late.hasLeft = false;
    this.found = undefined;
  }

  /** As express-session: on a later turn, when the response has ended. */
  #tell(error: unknown): void {
    setImmediate(() => this.#hand(error));
  }

  /** Some hosts (@fastify/middie) stumble over a second `next()`: that must end no process. */
  #hand(error: unknown): void {
    try {
      this.#next(error);
    } catch (thrown) {
      this.context.adapter.warn("next", thrown);
      this.#endDeaf(error);
    }
  }

  /** A host that is deaf to it (Koa) would leave the visitor waiting for ever, and nobody told. */
  #endDeaf(error: unknown): void {
    const isWaiting = this.#stopWaiting !== undefined && !this.isEnded;
    if (isWaiting && areHeadersSent(this.res)) return;
    const { adapter, state: { storedId } } = this.context;
    const failure = storeFailure(error, undefined, storedId);
    adapter.events.emit("error", { error: failure, during: "save" }, storedId);
    if (!isWaiting) return;
    // A page that Node has refused must not be refused once more.
    withdraw(this.res);
    this.res.end!();
  }
}
