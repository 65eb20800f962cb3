/** The end of sessions: in the store, wherever they have moved, and for all who wait for it. */
import type { SessionEndReason } from "../errors.ts";
import { after } from "../maybe_promise.ts";
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
    const ended = endSession(this.#settings, state, id, (to) => this.remove(to, why));
    return after(ended, () => {
      // One that no store has is known to its own request alone.
      if (state?.storedId === undefined && state !== undefined) endSignal(state, why);
      this.#settings.events.emit("destroyed", {}, id);
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

  /** Whether a session lives on under an id this process has moved it to. */
  async livesElsewhere(id: string): Promise<boolean> {
    let lives = false;
    await this.#moves.follow(id, async (to) => {
      lives ||= await this.#loop.read(to) !== undefined;
    });
    return lives;
  }
}
