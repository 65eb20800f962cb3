/** What is called on a response while calls on its session are under way: done in order afterwards. */
import type { Ending, Unheard } from "../core/unheard.ts";
import { settle } from "./callback_or_promise.ts";
import { areHeadersSent, type EndingResponse, HeldResponse } from "./held_response.ts";
import type { HeadWaiting } from "./on_headers.ts";
import { isErrorPage, isUnsendable } from "./unsent_answer.ts";

/** The calls of a request, on whichever middleware's session. */
interface PendingCalls {
  /** Says when those are over that are not done. */
  pendingCalls(): Promise<void> | undefined;
  /** What the response is to fail by: a call that nobody awaits has. */
  unheardFailure(ending: Ending): Unheard | undefined;
}

/** Whose response it is. */
export interface WritingHooks {
  readonly res: EndingResponse;
  /** `end()` was called: what comes now is its own doing. */
  readonly isEnded: boolean;
  readonly context: PendingCalls;
  /** What was called could not be done, and its caller has gone on. */
  fail(error: unknown): unknown;
}

/**
 * A login that nobody awaits gives the session another id, and headers that left before would not
 * tell it. To whoever looks, they are sent when they would have been.
 */
export class HeldWrites implements HeadWaiting {
  readonly #hooks: WritingHooks;
  #acts: (() => unknown)[] | undefined;
  #held: HeldResponse | undefined;
  #bytes = 0;
  /** Somebody was told to wait for "drain". */
  #drains = false;
  #isReleasing = false;

  constructor(hooks: WritingHooks) {
    this.#hooks = hooks;
    const { res } = hooks;
    const { write, flushHeaders } = res;
    if (typeof write === "function") {
      res.write = (...args: unknown[]) => {
        // What it cannot write it refuses by itself.
        if (!isChunk(args[0]) || !this.#postpones(() => write.apply(res, args))) {
          return write.apply(res, args);
        }
        return this.#hasRoomFor(args[0] as string | Uint8Array);
      };
    }
    if (typeof flushHeaders !== "function") return;
    res.flushHeaders = () => {
      if (!this.#postpones(() => flushHeaders.call(res))) flushHeaders.call(res);
    };
  }

  /** `writeHead()` with a status and a reason: says whether it is done later. */
  postponesHead([status, reason]: unknown[], act: () => unknown): boolean {
    const { res } = this.#hooks;
    if (!this.#mustWait()) return false;
    const statusLine = { _header: null, statusCode: status as number };
    const hasReason = typeof reason === "string";
    if (isUnsendable(hasReason ? { ...statusLine, statusMessage: reason } : statusLine)) {
      return false;
    }
    if (hasReason) res.statusMessage = reason;
    return this.#postpones(act);
  }

  /** `end()`, likewise: what is written from here on comes too late. */
  postponesEnd(act: () => unknown): boolean {
    const calls = this.#acts === undefined ? this.#hooks.context.pendingCalls() : undefined;
    if (calls !== undefined) this.#hold(calls);
    if (this.#acts === undefined) return false;
    this.#acts.push(act);
    this.#held!.refuseWrites();
    return true;
  }

  /** As Node answers: its streams, and compression's, would be full by then. */
  #hasRoomFor({ length }: string | Uint8Array): boolean {
    this.#bytes += length;
    const hasRoom = this.#bytes < (this.#hooks.res.writableHighWaterMark ?? 16_384);
    this.#drains ||= !hasRoom;
    return hasRoom;
  }

  #postpones(act: () => unknown): boolean {
    if (this.#acts === undefined) {
      if (!this.#mustWait() || isUnsendable(this.#hooks.res)) return false;
      this.#hold(this.#hooks.context.pendingCalls()!);
    }
    this.#acts!.push(act);
    return true;
  }

  #mustWait(): boolean {
    const { isEnded, res } = this.#hooks;
    if (isEnded || this.#isReleasing || this.#hooks.context.pendingCalls() === undefined) {
      return false;
    }
    return !areHeadersSent(res);
  }

  #hold(calls: Promise<void>): void {
    const { res } = this.#hooks;
    const acts: (() => unknown)[] = this.#acts = [];
    this.#held = new HeldResponse(res);
    if (!this.#held.hasBegun && Object.hasOwn(res, "_header")) {
      // Whoever kept Node's own methods from before must not write a body without headers.
      const { write } = Object.getPrototypeOf(res);
      res._send = (...args: unknown[]) => {
        acts.push(() => write.apply(res, args));
        return true;
      };
    }
    this.#waitFor(calls);
  }

  #waitFor(calls: Promise<void>): void {
    settle(() => calls, () => {
      const others = this.#hooks.context.pendingCalls();
      if (others === undefined) this.#release();
      else this.#waitFor(others);
    });
  }

  #release(): void {
    const { res } = this.#hooks;
    const acts = this.#acts!;
    const drains = this.#drains;
    this.#acts = undefined;
    this.#bytes = 0;
    // Where something cannot be done, whoever waits would write into the error page.
    this.#drains = false;
    delete res._send;
    this.#held!.release();
    this.#isReleasing = true;
    let isFull = false;
    try {
      this.#failUnheard();
      for (const act of acts) if (act() === false) isFull = true;
    } catch (error) {
      return void this.#hooks.fail(error);
    } finally {
      this.#isReleasing = false;
    }
    // Where it is full by now, Node says so once it is not.
    if (drains && !isFull && !this.#hooks.isEnded) res.emit?.("drain");
  }

  /** The headers are about to leave: it is still time for an error page. */
  #failUnheard(): void {
    const { res, context } = this.#hooks;
    if (areHeadersSent(res) || isErrorPage(res)) return;
    const unheard = context.unheardFailure({ hasFailed: false, isLast: false });
    if (unheard !== undefined) throw unheard.error;
  }
}

function isChunk(chunk: unknown): boolean {
  return typeof chunk === "string" || chunk instanceof Uint8Array;
}
