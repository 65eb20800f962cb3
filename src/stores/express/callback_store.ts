/** The contract on top of callbacks that cannot compare and swap. */
import { sharedByBuilds } from "../../shared_by_builds.ts";
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
import { toMoment } from "../shared/moment.ts";
import { DirectCalls } from "./direct_calls.ts";
import type { Entry } from "./entry.ts";
import { GONE } from "./sent.ts";
import { type ExpressStoreLike, StoreCalls } from "./express_store_like.ts";
import { FoundSession, UNREADABLE } from "./found_session.ts";
import { setEnd, withDates } from "./stored_cookie.ts";
import { isGone, newestOf, type Token, WriteLog } from "./write_log.ts";
import { Written } from "./written.ts";

const wrappers = sharedByBuilds("wrappers", () => new WeakMap<object, CallbackStore>());

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
  /** What the application asks of the store itself. */
  readonly direct: DirectCalls;
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
    this.direct = new DirectCalls(this.#log, calls);
  }

  create(id: string, record: SessionRecord): MaybePromise<boolean> {
    return after(this.#write(this.#log.entry(id), record, "create"), (result) => {
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
        if (name === "SyntaxError") return this.#found(token, began, UNREADABLE);
        throw error;
      },
    );
  }

  commit(id: string, record: SessionRecord, version: Version): MaybePromise<CommitResult> {
    const token = this.#tokenFor(id, record, version);
    if (token === undefined) return this.#conflict(this.#log.entry(id));
    if (isGone(token)) return { status: "gone" };
    if (token.entry.mark > token.mark) return this.#conflict(token.entry);
    return this.#write(token.entry, record, "commit");
  }

  touch(id: string, expires: number | null, session?: object): MaybePromise<boolean> {
    if (session !== undefined && this.#touches) return this.#touch(id, session);
    return after(this.read(id), (found) => {
      if (found === undefined) return false;
      const touched = (found.session ?? JSON.parse(found.json)) as { cookie?: object };
      const end = expires === null ? null : new Date(toMoment(expires));
      if (touched.cookie) setEnd(touched.cookie, end);
      if (this.#touches) return this.#touch(id, touched);
      // Whoever is storing it moves its end as well, and would find his own change made by somebody else.
      if (this.#log.entry(id).isUnderWay("write")) return true;
      // A store that cannot touch is told all of it again.
      const record = { json: JSON.stringify(touched), expires };
      return after(this.commit(id, record, found.version), ({ status }) => {
        return status === "conflict" ? this.touch(id, expires) : status === "committed";
      });
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
    const begun = attempt(() => this.#write(this.#log.entry(to), record, "create"), (error) => {
      const failed = (): never => {
        throw error;
      };
      // It may be there all the same, and nobody would ever ask for it.
      return after(attempt(() => this.destroy(to), () => {}), failed);
    });
    return after(begun, (result) => {
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
    return this.#log.destroy(this.#log.entry(id), "wrapper", act);
  }

  isGone(_id: string, version: Version): boolean {
    const token = version as Token | undefined;
    return token !== undefined && isGone(token);
  }

  /** Whether others have stored it with another lifetime since it was read: that one is its own. */
  livesOtherwise(version: Version, lifetime: number | null): boolean {
    const { entry, mark } = (version ?? {}) as Partial<Token>;
    if (entry === undefined || entry.mark <= mark!) return false;
    return entry.lifetime !== undefined && entry.lifetime !== lifetime;
  }

  /** As `touch()`, where that gives the session another lifetime than it was read with. */
  touchAnew(id: string, expires: number | null, session?: object): MaybePromise<boolean> {
    return session !== undefined && this.#touches
      ? this.#touch(id, session, true)
      : this.touch(id, expires, session);
  }

  #write(
    entry: Entry,
    record: SessionRecord,
    how: "create" | "commit",
  ): MaybePromise<CommitResult> {
    const { id } = entry;
    const { json, expires, session: model } = record;
    const session = model ?? withDates(JSON.parse(json) as object);
    const written = new Written(json, expires, model, session);
    const sent = this.#log.write(entry, written, how, () => this.#calls.set(id, session));
    return after(sent, (outcome): MaybePromise<CommitResult> => {
      if (outcome.status === "overtaken") return this.#conflict(entry);
      return outcome.status === "gone"
        ? { status: "gone" }
        : { status: "committed", version: outcome.version };
    });
  }

  #touch(id: string, session: object, isAnew = false): MaybePromise<boolean> {
    const entry = this.#log.entry(id);
    // A store may make in `touch()` what it does not find.
    if (entry.isEnding || entry.newest === GONE) return false;
    const act = () => this.#calls.touch(id, session);
    return this.#log.touch(entry, session, "wrapper", act, isAnew);
  }

  /** What a read answers: what is acknowledged, where the store may hold something older. */
  #found(
    token: Token,
    began: number,
    session: object | null | undefined,
  ): StoredSession | undefined {
    const { entry } = token;
    if (entry.goneMark > began || entry.isEnding) return undefined;
    const isFound = session !== null && session !== undefined;
    if (isFound) entry.foundAfterAll();
    if (entry.mayBeAhead(began)) {
      // Told once more, if it must be; nobody waits for that.
      void this.#log.mendIfPossible(entry);
      return this.#unlessOver(newestOf(entry));
    }
    if (!isFound) return undefined;
    entry.foundAgain();
    return this.#unlessOver(new FoundSession(session, token));
  }

  #unlessOver(stored: StoredSession | undefined): StoredSession | undefined {
    if (stored === undefined || this.now === undefined) return stored;
    const { expires } = stored;
    return expires !== null && expires <= this.now() ? undefined : stored;
  }

  #conflict(entry: Entry): MaybePromise<CommitResult> {
    return after(newestOf(entry) ?? this.read(entry.id), (current) => {
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

/** The session a record was made of; the object it hands to the store may be another one. */
function ownerOf(record: SessionRecord): object | undefined {
  return (record as { readonly owner?: object }).owner ?? record.session;
}
