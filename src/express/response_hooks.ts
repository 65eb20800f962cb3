/** The end of an Express response: held until the store has answered. */
import { SessionError } from "../errors.ts";
import { expiryOf } from "../expiry.ts";
import { isPromise } from "../maybe_promise.ts";
import { saveOrTouch } from "../core/end_of_request.ts";
import { chooseWrite, type Facts, isOrphan, shouldSetCookie, type Write } from "../core/policy.ts";
import type { MaybePromise } from "../store.ts";
import { settle } from "./callback_or_promise.ts";
import { onHeaders } from "./on_headers.ts";
import { dataOf, type RequestContext } from "./request_context.ts";
import { removeCookie, sendCookie, whyBlocked } from "./response_cookie.ts";
import type { Session } from "./session.ts";
import type { Next, SessionResponse } from "./types.ts";

/** A session as `end()` finds it: its data are written once, and used for everything. */
interface Found {
  readonly session: Session;
  readonly text: string;
  readonly facts: Facts;
}

export class ResponseHooks {
  readonly #context: RequestContext;
  readonly #res: SessionResponse;
  readonly #next: Next;
  #ended = false;
  /** The store has answered what the end of the response asks of it. */
  #answered = false;
  #headersDone = false;
  /** The session cannot be read any more (a BigInt, a cycle, no session at all): hands off. */
  #failed = false;
  #found: Found | undefined;

  constructor(context: RequestContext, res: SessionResponse, next: Next) {
    this.#context = context;
    this.#res = res;
    this.#next = next;
    onHeaders(res, () => this.#beforeHeaders());
    const { end } = res;
    res.end = (...args: unknown[]) => this.#end(end as (...args: unknown[]) => unknown, args);
  }

  #facts(session: Session | null | undefined): Facts {
    if (this.#found !== undefined && this.#found.session === session) return this.#found.facts;
    return this.#factsBy(session, () => this.#context.state.contentOf(session as Session));
  }

  #factsBy(session: Session | null | undefined, text: () => string): Facts {
    const { state, req } = this.#context;
    return state.facts(session && dataOf(session), req.sessionID, session?.id, text);
  }

  #touch(session: Session): void {
    if (this.#context.state.touched) return;
    session.touch();
    this.#context.state.touched = true;
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
    if (this.#context.isLazy) return;
    try {
      this.#setCookie();
    } catch (error) {
      this.#fail(error);
    }
  }

  #setCookie(): void {
    const { session, sessionID } = this.#context.req;
    if (!session) return removeCookie(this.#context, this.#res);
    if (!shouldSetCookie(this.#facts(session), this.#context.adapter.options)) return;
    // They are about to leave: whether they have is no question here.
    const reason = whyBlocked(this.#context, session, false);
    if (reason !== undefined) return this.#context.adapter.events.emit("blocked", { reason });
    // A cookie that ends in the past revives nothing: so applications remove it from the browser.
    const ends = expiryOf(session.cookie);
    const isOver = ends !== null && ends <= this.#context.manager.settings.clock.now();
    if (!isOver && this.#isGone(session)) return;
    this.#touch(session);
    try {
      sendCookie(this.#context, this.#res, session, sessionID as string);
    } catch (error) {
      setImmediate(this.#next, error);
    }
  }

  /** A store that has just answered this very request need not be asked again. */
  #isGone({ id }: Session): boolean {
    const { manager, state } = this.#context;
    return this.#answered ? state.isGone(id) : manager.isGone(state, id);
  }

  /** Holds the response until the store has answered: whoever sees it sees the new session. */
  #end(end: (...args: unknown[]) => unknown, args: unknown[]): unknown {
    if (this.#ended) return false;
    const res = this.#res;
    if (this.#context.isLazy) return this.#endNow(end, args);
    const { session } = this.#context.req;
    let write: Write = "none";
    if (!this.#failed) {
      try {
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
      this.#answered = !isPromise(result);
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
    if (!isPromise(result) && !this.#context.answersAtOnce) return this.#endNow(end, args);
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
      this.#found = undefined;
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
      this.#found = undefined;
    }
  }

  #writeAtEnd(session: Session | null | undefined): Write {
    const { options } = this.#context.adapter;
    if (!session) return chooseWrite(this.#facts(session), options);
    const text = this.#context.state.contentOf(session);
    const facts = this.#factsBy(session, () => text);
    this.#found = { session, text, facts };
    const write = chooseWrite(facts, options);
    this.#touch(session);
    if (write === "none") return write;
    if (write === "touch" && !this.#context.access.touches) return "none";
    return write === "save" && this.#isOrphan(session, facts) ? "none" : write;
  }

  #isOrphan(session: Session, { fromCookie }: Facts): boolean {
    const { state, askedToSave, adapter } = this.#context;
    const headersSent = Boolean(this.#res.headersSent);
    const orphan = isOrphan({
      fromCookie,
      isStored: state.storedId === session.id || askedToSave === session.id,
      cookieLeaves: state.cookieSet ||
        whyBlocked(this.#context, session, headersSent) === undefined,
    });
    // Where the headers are still to come, they say why.
    if (orphan && headersSent) adapter.events.emit("blocked", { reason: "headers-sent" });
    return orphan;
  }

  #perform(write: Exclude<Write, "none">, session: Session): MaybePromise<void> {
    if (write === "destroy") return this.#context.destroy(this.#context.req.sessionID as string);
    const { manager, state } = this.#context;
    const { text } = this.#found as Found;
    return saveOrTouch(manager, write, state, dataOf(session), () => text);
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
