/**
 * A store in which ids can be replaced while requests that have the old one are under way.
 *
 * The old id becomes an alias for a short time: whoever reads or writes under it reaches the
 * session, and a logout by it ends the session. All of it is said in the six verbs of any
 * store, so that every process sees the same.
 */
import type { Clock } from "../clock.ts";
import { SessionError } from "../errors.ts";
import { after, attempt } from "../maybe_promise.ts";
import { onePer, sharedForEach } from "../shared_by_builds.ts";
import type {
  CommitResult,
  MaybePromise,
  SessionRecord,
  SessionStore,
  SlidingStore,
  StoredSession,
  SubjectStore,
  Version,
} from "../store.ts";
import type { WatchableStore } from "../watchable_store.ts";
import { aliasIn, aliasRecord, endingRecord, targetOf } from "./alias_record.ts";
import { FoundSession, Mark } from "./found_session.ts";
import { endingLive } from "./live_sessions.ts";
import { Moves } from "./moves.ts";
import { storeFailure } from "./store_failure.ts";

type Native = SessionStore & Partial<SlidingStore & SubjectStore & WatchableStore> & {
  isGone?: (id: string, version: Version) => boolean;
};

/** An alias may lead to an alias, as often as ids are replaced within its time. */
const LONGEST_WAY = 8;
/** Others who write to a session while it is being ended are few. */
const MAX_ROUNDS = 100;

export class RenewingStore implements SessionStore {
  readonly atomic: boolean;
  /** The store that keeps the sessions. */
  readonly behind: SessionStore;
  // Only declared: who asks whether a store has a power looks whether it has a property.
  declare readonly readAndTouch?: SlidingStore["readAndTouch"];
  declare readonly list?: SubjectStore["list"];
  declare readonly destroyAll?: SubjectStore["destroyAll"];
  declare readonly isGone?: (id: string, version: Version) => boolean;
  readonly #store: Native;
  readonly #clock: Clock;

  /** The ones of a store by their clocks, whichever entries use it. */
  static readonly of: (store: SessionStore) => (clock: Clock) => RenewingStore = sharedForEach(
    "renewing",
    (store: SessionStore) => onePer((clock: Clock) => new RenewingStore(store, clock)),
  );

  private constructor(store: Native, clock: Clock) {
    this.atomic = store.atomic;
    this.behind = store;
    this.#store = store;
    this.#clock = clock;
    if (store.readAndTouch !== undefined) {
      this.readAndTouch = (id, maxAge) => {
        return this.#find(id, (at) => store.readAndTouch!(at, maxAge));
      };
    }
    if (store.list !== undefined) this.list = (subject) => store.list!(subject);
    if (store.destroyAll !== undefined) {
      this.destroyAll = (subject, except) => store.destroyAll!(subject, except);
    }
    if (store.isGone !== undefined) {
      this.isGone = (id, mark) => {
        const { id: at, version } = markOf(id, mark);
        return store.isGone!(at, version);
      };
    }
  }

  create(id: string, record: SessionRecord): MaybePromise<boolean> {
    return this.#store.create(id, record);
  }

  read(id: string): MaybePromise<FoundSession | undefined> {
    return this.#find(id, (at) => this.#store.read(at));
  }

  /** The answer says `at` which id it is stored: another may have taken the place of this one. */
  commit(
    id: string,
    record: SessionRecord,
    mark: Version,
  ): MaybePromise<CommitResult & { readonly at?: string }> {
    const { id: at, version } = markOf(id, mark);
    const asked = this.#ask([id, at], () => this.#store.commit(at, record, version));
    const marked = after(asked, (result) => this.#marked(at, at, result));
    return after(marked, (result) => ({ ...result, at }));
  }

  /**
   * An atomic store may move the alias of an id that was replaced meanwhile: what it says has
   * an end of its own. A callback store may put the whole session back in its place.
   */
  touch(id: string, expires: number | null, session?: object): MaybePromise<boolean> {
    if (this.atomic) return this.#store.touch(id, expires, session);
    return after(this.read(id), (found) => {
      if (found === undefined) return false;
      return this.#ask([id, found.id], () => this.#store.touch(found.id, expires, session));
    });
  }

  rotate(
    from: string,
    to: string,
    record: SessionRecord,
    mark: Version,
  ): MaybePromise<CommitResult> {
    const { id: at, version } = markOf(from, mark);
    const asked = this.#ask([from, at, to], () => this.#store.rotate(at, to, record, version));
    // Who moves it has noted where from as far as he knows.
    if (at !== from) {
      Moves.of(this).add(at, to).settled = attempt(() => asked, () => undefined as unknown);
    }
    return after(asked, (result) => this.#marked(at, to, result));
  }

  /**
   * As `rotate()`, but the old id leads to the new one for a while. The new record stands
   * before the old one becomes an alias: what fails in between leaves the session as it was.
   * Where others have just replaced the id, theirs is taken: the answer names it.
   */
  async renew(
    from: string,
    to: string,
    record: SessionRecord,
    mark: Version,
  ): Promise<CommitResult & { readonly id?: string }> {
    const { id: at, version } = markOf(from, mark);
    if (at !== from) return { ...await this.commit(from, record, mark), id: at };
    const store = this.#store;
    const alias = await aliasRecord(at, to, this.#clock.now());
    return await this.#ask([from, at, to], async () => {
      if (!await store.create(to, record)) {
        throw new SessionError("SESSION_CONFLICT", "A generated id exists already");
      }
      const result = await attempt<CommitResult>(
        () => store.commit(at, alias, version),
        async (error) => {
          if (await this.#hasMoved(at, to)) return { status: "committed" };
          throw error;
        },
      );
      if (result.status === "committed") {
        // No verb that tells of moves has made it: other processes would lose sight of it.
        await attempt(() => store.announce?.({ what: "moved", id: at, to }), () => {});
        return { status: "committed" };
      }
      await store.destroy(to);
      return await this.#marked(at, at, result);
    });
  }

  /** A failed write leaves open whether it was done. Where it was not, the new record goes again. */
  async #hasMoved(from: string, to: string): Promise<boolean> {
    return await attempt(async () => {
      const stored = await this.#store.read(from);
      if (stored === undefined) return false;
      const alias = aliasIn(stored);
      if (alias !== undefined) return await targetOf(from, alias) === to;
      await this.#store.destroy(to);
      return false;
    }, () => false);
  }

  /** Ends the session wherever it is: nobody replaces an id that says it is ending. */
  async destroy(id: string): Promise<boolean | void> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const found = await this.read(id);
      // What an alias led to may have moved on: there is no session here.
      if (found === undefined) return after(this.#store.destroy(id), () => false);
      const { id: at, version } = found.version;
      const ending = endingRecord(this.#clock.now());
      const { status } = await this.#ask([id, at], () => this.#store.commit(at, ending, version));
      // Written to, or moved on, meanwhile: the next look says which.
      if (status !== "committed") continue;
      if (at !== id) await this.#destroyAt(id, at);
      break;
    }
    return await this.#store.destroy(id);
  }

  /** Nobody but this store knows that it is there. */
  #destroyAt(id: string, at: string): MaybePromise<boolean | void> {
    const act = () => this.#ask([id, at], () => this.#store.destroy(at));
    return endingLive(this.#store, at, "destroyed", act);
  }

  #find(
    id: string,
    read: (id: string) => MaybePromise<StoredSession | undefined>,
  ): MaybePromise<FoundSession | undefined> {
    return after(read(id), (stored) => this.#follow(id, stored, read));
  }

  #follow(
    id: string,
    stored: StoredSession | undefined,
    read = (at: string) => this.#store.read(at),
    steps = 1,
  ): MaybePromise<FoundSession | undefined> {
    if (stored === undefined) return undefined;
    const alias = aliasIn(stored);
    if (alias === undefined) return new FoundSession(id, stored);
    if (alias.until <= this.#clock.now() || steps > LONGEST_WAY) return undefined;
    return targetOf(id, alias).then(async (to) => {
      if (to === undefined) return undefined;
      return await this.#follow(to, await this.#ask([id, to], () => read(to)), read, steps + 1);
    });
  }

  /** A result as whoever asked understands it: of an alias that stands there, what it leads to. */
  #marked(at: string, stored: string, result: CommitResult): MaybePromise<CommitResult> {
    if (result.status === "gone") return result;
    if (result.status === "committed") {
      const { version } = result;
      if (version === undefined) return result;
      return { status: "committed", version: new Mark(stored, version) };
    }
    return after(this.#follow(at, result.current), (current) => {
      return current === undefined ? { status: "gone" } : { status: "conflict", current };
    });
  }

  /** What the store throws tells none of the ids. */
  #ask<T>(ids: readonly string[], act: () => MaybePromise<T>): MaybePromise<T> {
    return attempt(act, (error) => {
      throw storeFailure(error, this.#store, ids);
    });
  }
}

/** Whoever knows no version, or one of a record he made himself, asks by the id. */
function markOf(id: string, mark: Version): Mark {
  return mark instanceof Mark ? mark : new Mark(id, mark);
}
