/** Where sessions have gone to: the rotations this process has begun lately. */
import { RecentMap } from "../cookie/recent_map.ts";
import { sharedForEach } from "../shared_by_builds.ts";
import type { MaybePromise, SessionStore } from "../store.ts";

/** A rotation, done or under way. */
export interface Move {
  readonly to: string;
  /** Settles when the store has answered; never rejects. */
  settled: unknown;
  /** Not where it has gone, but another that the same form has begun. */
  readonly isTwin?: boolean;
}

/** A request that began before a rotation is over long before so many others have followed. */
const REMEMBERED = 20_000;

export class Moves {
  readonly #byId = new RecentMap<readonly Move[]>(REMEMBERED);

  /** The one list of a store, whichever entries use it. */
  static readonly of: (store: SessionStore) => Moves = sharedForEach("moves", () => new Moves());

  /** Noted before the store is asked: from then on the session may be there. */
  add(from: string, to: string): Move {
    const move: Move = { to, settled: undefined };
    const known = this.from(from);
    this.#byId.set(from, [...known, move]);
    for (const twin of known) if (twin.isTwin) this.#link(to, twin);
    return move;
  }

  /** The store said that it moved nothing. */
  remove(from: string, move: Move): void {
    this.#byId.set(from, this.from(from).filter((each) => each !== move));
  }

  from(id: string): readonly Move[] {
    return this.#byId.get(id) ?? [];
  }

  /** Two sessions that one form has begun: whoever goes from either, or from where it went, comes to the other. */
  join(one: string, other: string, settled: Promise<unknown> | undefined): void {
    this.#link(one, { to: other, settled, isTwin: true });
    this.#link(other, { to: one, settled: undefined, isTwin: true });
  }

  #link(from: string, twin: Move): void {
    const known = this.from(from);
    if (known.some(({ to }) => to === twin.to)) return;
    this.#byId.set(from, [...known, twin]);
    for (const { to, isTwin } of known) if (!isTwin) this.#link(to, twin);
  }

  /** From an id nobody goes on. */
  forget(id: string): void {
    this.#byId.set(id, []);
  }

  /** Runs `act` with each id a session may have gone to, when it is there if it ever is. */
  follow(id: string, act: (to: string) => MaybePromise<unknown>): MaybePromise<void> {
    return this.from(id).length === 0 ? undefined : this.#follow(id, act, new Set([id]));
  }

  async #follow(
    id: string,
    act: (to: string) => MaybePromise<unknown>,
    seen: Set<string>,
  ): Promise<void> {
    for (const { to, settled } of this.from(id)) {
      if (seen.has(to)) continue;
      seen.add(to);
      await settled;
      await act(to);
      await this.#follow(to, act, seen);
    }
  }
}
