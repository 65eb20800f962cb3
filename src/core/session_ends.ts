/** The end of sessions: in the store, wherever they have moved, and for all who wait for it. */
import { goneError, type SessionEndReason } from "../errors.ts";
import { after, attempt } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import type { CommitLoop } from "./commit_loop.ts";
import { endSession } from "./end_session.ts";
import { endingLive } from "./live_sessions.ts";
import type { LiveSettings } from "./live_session.ts";
import type { Moves } from "./moves.ts";
import { endSignal, replaceSignal } from "./session_signal.ts";
import type { SessionState } from "./session_state.ts";

export class SessionEnds {
  readonly #settings: LiveSettings;
  readonly #loop: CommitLoop;
  readonly #moves: Moves;

  constructor(settings: LiveSettings, loop: CommitLoop, moves: Moves) {
    this.#settings = settings;
    this.#loop = loop;
    this.#moves = moves;
  }

  /** Removes a session that another takes the place of. */
  replaced(state: SessionState | undefined, id: string): MaybePromise<void> {
    state?.markGone(id);
    return after(this.remove(id, "destroyed"), () => {
      if (state !== undefined) replaceSignal(state, "destroyed");
      this.#settings.events.emit("destroyed", {}, id);
    });
  }

  /** Removes a session, and where others have just moved it, under its new id too. */
  everywhere(
    state: SessionState | undefined,
    id: string,
    why: SessionEndReason,
  ): MaybePromise<void> {
    state?.markGone(id);
    // Only a request's own session is known to have been one.
    let hasEnded = state !== undefined;
    const ended = endSession(
      this.#settings,
      this.#moves,
      state,
      id,
      (to) =>
        after(this.remove(to, why), (was) => {
          hasEnded ||= was !== false;
          return was;
        }),
    );
    return after(ended, () => {
      // One that no store has is known to its own request alone.
      if (state?.storedId === undefined && state !== undefined) endSignal(state, why);
      if (hasEnded) this.#settings.events.emit("destroyed", {}, id);
    });
  }

  /** The same where something else than this removes it. */
  replacedBy<T>(state: SessionState, id: string, act: () => MaybePromise<T>): MaybePromise<T> {
    const ended = endingLive(this.#settings.store, id, "destroyed", act);
    return after(ended, (result) => {
      replaceSignal(state, "destroyed");
      return result;
    });
  }

  /** `false`: there was none. */
  remove(id: string, why: SessionEndReason): MaybePromise<boolean | void> {
    const { store } = this.#settings;
    return endingLive(store, id, why, () => this.#loop.calls.ask(id, () => store.destroy(id)));
  }

  /** What a session is by now, by the ids this process has moved it to and it lives on under. */
  async whereabouts(id: string): Promise<ReadonlyMap<string, string>> {
    const texts = new Map<string, string>();
    await this.#moves.follow(id, async (to) => {
      const newest = await this.#loop.read(to);
      if (newest !== undefined) texts.set(to, newest.text);
    });
    return texts;
  }

  /**
   * Stores a session beside those that `from` has moved to: a logout of either ends both.
   * Where the others have ended meanwhile, or nobody can say, this one goes again.
   */
  async storeBeside(
    state: SessionState,
    { from, to, others }: { from: string; to: string; others: Iterable<string> },
    store: () => MaybePromise<void>,
  ): Promise<void> {
    const stored = (async () => await store())();
    const settled = stored.catch(() => {});
    for (const other of [from, ...others]) this.#moves.join(other, to, settled);
    try {
      await stored;
      const alive = await this.whereabouts(from);
      if (alive.size - Number(alive.has(to)) === 0) throw goneError();
    } catch (error) {
      state.markGone(to);
      // It was nobody's: from it none of the others is reached.
      this.#moves.forget(to);
      await attempt(() => this.remove(to, "destroyed"), () => {});
      throw error;
    }
  }
}
