/** The contract on top of callbacks that cannot compare and swap. */
import { kindOf } from "../../errors.ts";
import { after, attempt } from "../../maybe_promise.ts";
import type {
  CommitResult,
  MaybePromise,
  SessionRecord,
  SessionStore,
  StoredSession,
  Version,
} from "../../store.ts";
import { call } from "./call.ts";
import { FoundSession, parsedSession } from "./found_session.ts";
import { type Entry, isGone, isGoneNow, type Token, WriteLog } from "./write_log.ts";

/** What is asked of a callback store: express-session's `Store`. */
export interface ExpressStoreLike {
  /** Finds a session. */
  // deno-lint-ignore no-explicit-any
  get(id: string, callback: (error: any, session?: any) => void): unknown;
  /** Stores a session. */
  // deno-lint-ignore no-explicit-any
  set(id: string, session: any, callback?: (error?: any) => void): unknown;
  /** Removes a session. */
  // deno-lint-ignore no-explicit-any
  destroy(id: string, callback?: (error?: any) => void): unknown;
  /** Moves a session's end. */
  // deno-lint-ignore no-explicit-any
  touch?(id: string, session: any, callback?: (error?: any) => void): unknown;
}

const wrappers = new WeakMap<object, CallbackStore>();

/** One wrapper a store, whoever uses it: what it remembers belongs to the store. */
export function wrapperOf(store: ExpressStoreLike): CallbackStore {
  const known = wrappers.get(store);
  if (known !== undefined) return known;
  const wrapper = new CallbackStore(store);
  wrappers.set(store, wrapper);
  return wrapper;
}

export class CallbackStore implements SessionStore {
  readonly atomic = false;
  readonly #store: ExpressStoreLike;
  readonly #touches: boolean;
  readonly #log = new WriteLog();
  /** Marks of records this process created, by the session object that was stored. */
  readonly #created = new WeakMap<object, { id: string; token: Token }>();

  constructor(store: ExpressStoreLike) {
    for (const name of ["get", "set", "destroy"] as const) {
      if (typeof store?.[name] !== "function") {
        throw new TypeError(`A store must have a method "${name}", not ${kindOf(store?.[name])}`);
      }
    }
    this.#store = store;
    this.#touches = typeof store.touch === "function";
  }

  create(id: string, record: SessionRecord): MaybePromise<boolean> {
    const entry = this.#log.entry(id);
    return after(this.#send(id, entry, record), (result) => {
      // Created and destroyed at once: it was inserted all the same.
      if (result.status !== "committed") return true;
      const token = result.version as Token;
      if (record.session !== undefined) this.#created.set(record.session, { id, token });
      return true;
    });
  }

  read(id: string): MaybePromise<StoredSession | undefined> {
    // Marked before asking: whatever happens while the store looks, is seen.
    const entry = this.#log.entry(id);
    // While a write is under way the store may answer with what was there before it.
    const mark = entry.writing > 0 ? entry.goneMark : entry.mark;
    const began = this.#log.now;
    return attempt<StoredSession | undefined>(
      () =>
        after(call<object | null | undefined>((done) => this.#store.get(id, done)), (session) => {
          // A late write may have brought a destroyed record back for a moment.
          const hasGone = entry.goneMark > began || isGoneNow(entry);
          if (session === null || session === undefined || hasGone) return undefined;
          return new FoundSession(session, { entry, mark });
        }),
      (error) => {
        const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
        if (code === "ENOENT") return undefined;
        // The store could not parse what it keeps.
        if (name === "SyntaxError") return new FoundSession({}, { entry, mark });
        throw error;
      },
    );
  }

  commit(id: string, record: SessionRecord, version: Version): MaybePromise<CommitResult> {
    const token = this.#tokenFor(id, record, version);
    if (token === undefined) return this.#conflict(id);
    const { entry, mark } = token;
    if (isGone(token)) return { status: "gone" };
    if (entry.mark > mark) {
      const { latest } = entry;
      if (latest === undefined) return this.#conflict(id);
      const current = {
        json: latest.json,
        expires: latest.expires,
        version: { entry, mark: entry.mark },
      };
      return { status: "conflict", current };
    }
    return this.#send(id, entry, record);
  }

  touch(id: string, expires: number | null, session?: object): MaybePromise<boolean> {
    if (!this.#touches) return true;
    if (session !== undefined) return this.#touch(id, session);
    return after(this.read(id), (found) => {
      if (found?.session === undefined) return false;
      const { cookie } = found.session as { cookie?: { expires?: unknown } };
      if (cookie) cookie.expires = expires === null ? null : new Date(expires);
      return this.#touch(id, found.session);
    });
  }

  rotate(
    from: string,
    to: string,
    record: SessionRecord,
    version: Version,
  ): MaybePromise<CommitResult> {
    const token = this.#tokenFor(from, record, version);
    if (token === undefined) return this.#conflict(from);
    if (isGone(token)) return { status: "gone" };
    if (token.entry.mark > token.mark) return this.commit(from, record, version);
    // The new one first: a failure in between must not cost the session.
    return after(this.#send(to, this.#log.entry(to), record), (result) => {
      if (result.status !== "committed") return result;
      return after(this.destroy(from), () => result);
    });
  }

  destroy(id: string): MaybePromise<void> {
    return this.goneDuring(id, () => call<void>((done) => this.#store.destroy(id, done)));
  }

  /** Runs what destroys a record: it is gone for everybody who read it before that has ended. */
  goneDuring<T>(id: string, act: () => MaybePromise<T>): MaybePromise<T> {
    const entry = this.#log.entry(id);
    this.#log.markGone(entry);
    const gone = () =>
      after(act(), (result) => {
        this.#log.markGone(entry);
        return result;
      });
    return attempt(gone, (error) => {
      this.#log.notGone(entry);
      throw error;
    });
  }

  /** The same around a callback: somebody calls the store's `destroy()` directly. */
  watching(
    id: string,
    callback: ((error?: unknown) => void) | undefined,
    act: (done?: (error?: unknown) => void) => unknown,
  ): unknown {
    const entry = this.#log.entry(id);
    const done = (error?: unknown) => {
      if (error) this.#log.notGone(entry);
      else this.#log.markGone(entry);
    };
    this.#log.markGone(entry);
    if (typeof callback === "function") {
      return act((...args) => {
        done(...args);
        callback(...args);
      });
    }
    const returned = act() as Promise<unknown> | undefined;
    if (typeof returned?.then === "function") returned.then(() => done(), done);
    return returned;
  }

  isGone(_id: string, version: Version): boolean {
    const token = version as Token | undefined;
    return token !== undefined && isGone(token);
  }

  #send(id: string, entry: Entry, record: SessionRecord): MaybePromise<CommitResult> {
    const before = { mark: entry.mark, latest: entry.latest };
    const mark = this.#log.wrote(entry, record);
    const session = record.session ?? parsedSession(record);
    return attempt(() => this.#deliver(id, entry, mark, session), (error) => {
      if (entry.mark === mark) Object.assign(entry, before);
      throw error;
    });
  }

  /** Writes, and mends what the write may have trampled on while it was under way. */
  #deliver(id: string, entry: Entry, mark: number, session: object): MaybePromise<CommitResult> {
    if (++entry.writing > 1) entry.overlapped = true;
    const settled = () => void entry.writing--;
    const sent = attempt<void>(
      () => call((done) => this.#store.set(id, session, done)),
      (error) => {
        settled();
        throw error;
      },
    );
    return after(sent, () => {
      settled();
      if (entry.goneMark > mark) {
        // Destroyed while the write was under way: whichever came last, it stays destroyed.
        return after(this.destroy(id), () => ({ status: "gone" }) as const);
      }
      const committed: CommitResult = { status: "committed", version: { entry, mark } };
      if (!entry.overlapped || entry.writing > 0) return committed;
      // Writes crossed, and the store may have applied them in either order: the last one to
      // come back writes the newest text, as it was when it was sent.
      entry.overlapped = false;
      const { latest } = entry;
      if (latest === undefined) return committed;
      const mended = this.#deliver(id, entry, entry.mark, parsedSession(latest));
      return after(mended, (result) => result.status === "gone" ? result : committed);
    });
  }

  #touch(id: string, session: object): MaybePromise<boolean> {
    return after(call<void>((done) => this.#store.touch!(id, session, done)), () => true);
  }

  #conflict(id: string): MaybePromise<CommitResult> {
    return after(this.read(id), (current) => {
      return current === undefined ? { status: "gone" } : { status: "conflict", current };
    });
  }

  #tokenFor(id: string, record: SessionRecord, version: Version): Token | undefined {
    if (version !== undefined) return version as Token;
    const created = record.session && this.#created.get(record.session);
    return created?.id === id ? created.token : undefined;
  }
}
