/** What a request can do beyond express-session's methods: such calls count when they are made. */
import { Calls, holding, whilePending } from "../core/calls.ts";
import type { LockedFunction, LockOptions } from "../core/lock_options.ts";
import type { Data, Keep } from "../core/session_data.ts";
import { lockSession } from "../core/session_lock.ts";
import type { SessionManager } from "../core/session_manager.ts";
import {
  checkUpdateFunction,
  elevate,
  login,
  type LoginOptions,
  type Operand,
  rotate,
  takeFrom,
} from "../core/session_operations.ts";
import { hasSignal, loosenSignal, signalOf } from "../core/session_signal.ts";
import { currentOf } from "../core/session_objects.ts";
import type { SessionState } from "../core/session_state.ts";
import { type Ending, type Unheard, unheardFailure } from "../core/unheard.ts";
import type { UpdateFunction } from "../core/update.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { after, isPromise } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import { whenConnectionEnds } from "./connection_end.ts";
import type { ExpressAdapter } from "./express_adapter.ts";
import { dataOf, type Session } from "./session.ts";
import type { OwnCalls } from "./session_actions.ts";
import type { RevocableEnd, SessionRequest } from "./types.ts";

/** A request, as the calls on its session need it. */
export interface CallingRequest {
  readonly adapter: ExpressAdapter;
  readonly manager: SessionManager;
  readonly state: SessionState;
  readonly req: SessionRequest;
  /** `req.session` is another middleware's. */
  readonly isAside: boolean;
  /** The response removes the browser's cookie. */
  clearsCookie: boolean;
  /** The session the response speaks for. */
  readonly endingSession: Session | null | undefined;
  /** It has destroyed its session, and has no other. */
  readonly hasDestroyed: boolean;
  /** Its part in the end of the response. */
  readonly ending: RevocableEnd | undefined;
  destroy(id: string): MaybePromise<void>;
}

/** What is done to the session, by what it held when that was asked for. */
type Act<T> = (session: Session, held?: Snapshot) => MaybePromise<T>;

/** Each begins when those before it are done, awaited or not, and the response waits for all. */
export class SessionCalls implements OwnCalls {
  readonly #request: CallingRequest;
  readonly #calls = new Calls();

  constructor(request: CallingRequest) {
    this.#request = request;
    // Only now the first call: nobody asks for failures any more.
    if (request.ending?.isEnded) this.unheard({ hasFailed: true, isLast: true });
  }

  update<T>(session: Session, change: (data: never) => MaybePromise<T>): MaybePromise<T> {
    checkUpdateFunction(change);
    const { manager, state } = this.#request;
    let next: () => void;
    // One that takes time holds up no other call.
    const run = (data: Data) => whilePending((change as UpdateFunction<T>)(data), () => next());
    const act = this.#asCalled(session, (current, held) => {
      return this.#heard(manager.update(state, dataOf(current), run, held));
    });
    return this.#calls.take((letOthersBegin) => {
      next = letOthersBegin;
      return act();
    });
  }

  /** Runs what is done in a line of calls. */
  inLine<T>(act: () => MaybePromise<T>): Promise<T> {
    return this.#calls.take(act);
  }

  take(session: Session, key: string): MaybePromise<unknown> {
    return this.update(session, (data: Data) => takeFrom(data, key));
  }

  /** In line with the calls before it; where there are none, as express-session does it. */
  save(session: Session): MaybePromise<void> {
    const { manager, state } = this.#request;
    const act = holding(state, dataOf(session), (held) => {
      return this.#heard(manager.save(state, dataOf(session), held));
    });
    if (!this.#calls.isIdle) return this.#calls.take(act);
    const saved = act();
    return isPromise(saved) ? this.#calls.watch(saved) : saved;
  }

  rotate(session: Session, keep: Keep): MaybePromise<void> {
    return this.#move(session, (current, held) => rotate(this.operand(current), keep, held));
  }

  login(session: Session, subject: string, options: LoginOptions): MaybePromise<void> {
    return this.#move(session, (current, held) => {
      return login(this.operand(current), subject, options, held);
    });
  }

  elevate(session: Session): MaybePromise<void> {
    return this.#move(session, (current, held) => elevate(this.operand(current), held));
  }

  #move(session: Session, act: Act<void>): MaybePromise<void> {
    return this.#calls.take(
      this.#asCalled(session, (current, held) => this.#heard(act(current, held))),
    );
  }

  /** The response may be over: its cookie brings no browser a new id any more. */
  #heard<T>(storing: MaybePromise<T>): MaybePromise<T> {
    return after(storing, (value) => {
      this.#request.ending?.late.done();
      return value;
    });
  }

  /**
   * Makes `act` go by what the session holds now, where it has to wait. What was loaded again
   * by then is another object: it goes by that, and what the one before held counts no more.
   */
  #asCalled<T>(session: Session, act: Act<T>): () => MaybePromise<T> {
    const { state } = this.#request;
    const current = (): Session =>
      this.#request.endingSession === session
        ? session
        : currentOf(state, dataOf(session)) as unknown as Session;
    if (this.#calls.isIdle) return () => act(current());
    return holding(state, dataOf(session), (held) => {
      return current() === session ? act(session, held) : act(current());
    });
  }

  lock<T>(session: Session, act: LockedFunction<T>, options: LockOptions): Promise<T> {
    const { manager, state } = this.#request;
    return lockSession({ manager, state, session: dataOf(session) }, act, options);
  }

  endOf(session: Session): number | null {
    return this.#request.manager.endOf(this.#request.state, dataOf(session));
  }

  signal(): AbortSignal {
    const { ending, hasDestroyed, manager, req, state } = this.#request;
    const isFirst = !hasSignal(state);
    const signal = signalOf(manager.settings, state, hasDestroyed);
    if (isFirst && ending) whenConnectionEnds(ending.res, req, () => loosenSignal(state));
    return signal;
  }

  logout(session: Session | undefined): MaybePromise<void> {
    this.#request.clearsCookie = true;
    return session && this.#calls.take(() => {
      // A reload() that nobody awaited has put it there again.
      if (!this.#request.isAside) delete this.#request.req.session;
      return this.#request.destroy(session.id);
    });
  }

  /** The end of those that are not done. */
  pending(): Promise<void> | undefined {
    return this.#calls.afterAll(() => {}) as Promise<void> | undefined;
  }

  /** What the response is to fail by: a call that nobody awaits has. */
  unheard(ending: Ending): Unheard | undefined {
    const { adapter: { events }, state } = this.#request;
    return unheardFailure(this.#calls, events, () => state.storedId, ending);
  }

  operand(session: Session): Operand {
    const { adapter, manager, req, state, isAside } = this.#request;
    return {
      manager,
      state,
      session: dataOf(session),
      drawId: () => adapter.drawId(req),
      setId: (id) => {
        Object.defineProperty(session, "id", { value: id, configurable: true });
        if (!isAside) req.sessionID = id;
      },
    };
  }
}
