/** The contract on top of callbacks that cannot compare and swap. */
import { goneError, kindOf } from "../../errors.ts";
import { after, attempt } from "../../maybe_promise.ts";
import type {
  CommitResult,
  MaybePromise,
  SessionRecord,
  SessionStore,
  StoredSession,
  Version,
} from "../../store.ts";
import { type Deed, type Entry, GONE } from "./entry.ts";
import { type ExpressStoreLike, StoreCalls } from "./express_store_like.ts";
import { FoundSession } from "./found_session.ts";
import { setEnd, withDates } from "./stored_cookie.ts";
import { isGone, type Token, WriteLog } from "./write_log.ts";
import { Written } from "./written.ts";

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
  readonly #calls: StoreCalls;
  readonly #touches: boolean;
  readonly #log: WriteLog;
  /** What was created here, by the session it was made of: `create()` tells no version. */
  readonly #created = new WeakMap<object, { id: string; token: Token }>();
  /** The clock that ends sessions; without one that is somebody else's to decide. */
  now: (() => number) | undefined;

  constructor(store: ExpressStoreLike) {
    for (const name of ["get", "set", "destroy"] as const) {
      if (typeof store?.[name] !== "function") {
        throw new TypeError(`A store must have a method "${name}", not ${kindOf(store?.[name])}`);
      }
    }
    const calls = new StoreCalls(store);
    this.#calls = calls;
    this.#touches = typeof store.touch === "function";
    this.#log = new WriteLog((id, session) => {
      return session === undefined ? calls.destroy(id) : calls.set(id, session);
    });
  }

  create(id: string, record: SessionRecord): MaybePromise<boolean> {
    return after(this.#write(this.#log.entry(id), record, true), (result) => {
      // Created and destroyed at once: it was inserted all the same.
      if (result.status !== "committed") return true;
      const token = result.version as Token;
      const owner = ownerOf(record);
      if (owner !== undefined) this.#created.set(owner, { id, token });
      return true;
    });
  }

  read(id: string): MaybePromise<StoredSession | undefined> {
    const entry = this.#log.entry(id);
    // Marked before asking: whatever happens while the store looks, is seen.
    const token: Token = { entry, mark: entry.mark };
    const began = this.#log.now;
    return attempt(
      () => after(this.#calls.get(id), (session) => this.#found(token, began, session)),
      (error) => {
        const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
        if (code === "ENOENT") return this.#found(token, began, undefined);
        // The store could not parse what it keeps.
        if (name === "SyntaxError") return this.#found(token, began, {});
        throw error;
      },
    );
  }

  commit(id: string, record: SessionRecord, version: Version): MaybePromise<CommitResult> {
    const token = this.#tokenFor(id, record, version);
    if (token === undefined) return this.#conflict(this.#log.entry(id));
    if (isGone(token)) return { status: "gone" };
    if (token.entry.mark > token.mark) return this.#conflict(token.entry);
    return this.#write(token.entry, record, false);
  }

  touch(id: string, expires: number | null, session?: object): MaybePromise<boolean> {
    if (!this.#touches) return true;
    if (session !== undefined) return this.#touch(id, session);
    return after(this.read(id), (found) => {
      if (found === undefined) return false;
      const touched = (found.session ?? JSON.parse(found.json)) as { cookie?: object };
      if (touched.cookie) setEnd(touched.cookie, expires === null ? null : new Date(expires));
      return this.#touch(id, touched);
    });
  }

  rotate(
    from: string,
    to: string,
    record: SessionRecord,
    version: Version,
  ): MaybePromise<CommitResult> {
    const token = this.#tokenFor(from, record, version);
    if (token === undefined) return this.#conflict(this.#log.entry(from));
    const { entry, mark } = token;
    if (isGone(token)) return { status: "gone" };
    if (entry.mark > mark) return this.#conflict(entry);
    // The new one first: a failure in between must not cost the session.
    return after(this.#write(this.#log.entry(to), record, true), (result) => {
      if (result.status !== "committed") return result;
      if (isGone(token)) return after(this.destroy(to), () => ({ status: "gone" }) as const);
      // What was acknowledged under the old id meanwhile goes along.
      if (entry.mark > mark) return after(this.destroy(to), () => this.#conflict(entry));
      // From here on a write to the old id comes too late.
      entry.moved();
      return after(this.destroy(from), () => result);
    });
  }

  destroy(id: string): MaybePromise<void> {
    return this.goneDuring(id, () => this.#calls.destroy(id));
  }

  /** Runs what destroys a record: it is gone for everybody who read it before that has ended. */
  goneDuring<T>(id: string, act: () => MaybePromise<T>): MaybePromise<T> {
    return this.#log.destroy(this.#log.entry(id), act);
  }

  isGone(_id: string, version: Version): boolean {
    const token = version as Token | undefined;
    return token !== undefined && isGone(token);
  }

  /** Whether a call of this id is just being made from here. */
  isAsking(id: string): boolean {
    return this.#calls.isAsking(id);
  }

  /** Whether a call that reaches the store comes from the store itself. */
  isPart(deed: Deed, id: string, session: object | undefined): boolean {
    return this.#log.entry(id).isPart(deed, session);
  }

  /** What a `get()` past this wrapper is to answer: the store may have found something older. */
  seen(id: string, began: number, session: unknown): unknown {
    const entry = this.#log.entry(id);
    if (entry.goneMark > began || entry.isEnding) return undefined;
    if (!isOlder(entry, began)) return session;
    const newest = this.#newestOf(entry);
    return newest && JSON.parse(newest.json);
  }

  /** The mark of this moment. */
  get mark(): number {
    return this.#log.now;
  }

  /** Runs a call that somebody makes past this wrapper: it is in the log like any other. */
  direct(
    deed: Deed,
    id: string,
    session: object | undefined,
    act: () => MaybePromise<unknown>,
  ): MaybePromise<unknown> {
    const entry = this.#log.entry(id);
    const asked = () => this.#calls.during(id, act);
    if (deed === "destroy") return this.#log.destroy(entry, asked);
    const written = deed === "write" && session !== undefined ? Written.from(session) : undefined;
    if (written === undefined) return this.#log.touch(entry, session, asked);
    return after(this.#log.write(entry, written, true, asked), ({ status }) => {
      if (status === "gone") throw goneError();
    });
  }

  #write(entry: Entry, record: SessionRecord, isBlind: boolean): MaybePromise<CommitResult> {
    const { id } = entry;
    const session = record.session ?? withDates(JSON.parse(record.json) as object);
    const written = new Written(record.json, record.expires, session);
    const sent = this.#log.write(entry, written, isBlind, () => this.#calls.set(id, session));
    return after(sent, (outcome): MaybePromise<CommitResult> => {
      if (outcome.status === "overtaken") return this.#conflict(entry);
      return outcome.status === "gone"
        ? { status: "gone" }
        : { status: "committed", version: outcome.version };
    });
  }

  #touch(id: string, session: object): MaybePromise<boolean> {
    const entry = this.#log.entry(id);
    // A store may make in `touch()` what it does not find.
    if (entry.isEnding || entry.newest === GONE) return false;
    return this.#log.touch(entry, session, () => this.#calls.touch(id, session));
  }

  /** What a read answers: what is acknowledged, where the store may hold something older. */
  #found(
    token: Token,
    began: number,
    session: object | null | undefined,
  ): MaybePromise<StoredSession | undefined> {
    const { entry } = token;
    if (entry.goneMark > began || entry.isEnding) return undefined;
    if (isOlder(entry, began)) {
      const newest = this.#newestOf(entry);
      return after(this.#log.mendIfPossible(entry), () => this.#unlessOver(newest));
    }
    if (session === null || session === undefined) return undefined;
    entry.foundAgain();
    return this.#unlessOver(new FoundSession(session, token));
  }

  #newestOf(entry: Entry): StoredSession | undefined {
    const { newest, mark } = entry;
    if (!(newest instanceof Written)) return undefined;
    return { json: newest.json, expires: newest.expires, version: { entry, mark } };
  }

  #unlessOver(stored: StoredSession | undefined): StoredSession | undefined {
    if (stored === undefined || this.now === undefined) return stored;
    const { expires } = stored;
    return expires !== null && expires <= this.now() ? undefined : stored;
  }

  #conflict(entry: Entry): MaybePromise<CommitResult> {
    return after(this.#newestOf(entry) ?? this.read(entry.id), (current) => {
      return current === undefined ? { status: "gone" } : { status: "conflict", current };
    });
  }

  #tokenFor(id: string, record: SessionRecord, version: Version): Token | undefined {
    if (version !== undefined) return version as Token;
    const owner = ownerOf(record);
    const created = owner && this.#created.get(owner);
    return created?.id === id ? created.token : undefined;
  }
}

/** Whether what the store found since `began` may be older than what it was told, and answered to. */
function isOlder(entry: Entry, began: number): boolean {
  return entry.newest !== undefined && (entry.isUnsettled || entry.answeredAt > began);
}

/** The session a record was made of; the object it hands to the store may be another one. */
function ownerOf(record: SessionRecord): object | undefined {
  return (record as { readonly owner?: object }).owner ?? record.session;
}
