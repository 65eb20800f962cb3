/** `update()` of a session no store has yet. */
import { goneError } from "../errors.ts";
import { after, isPromise } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import type { Data } from "./session_data.ts";
import type { SessionState } from "./session_state.ts";
import { Snapshot } from "./snapshot.ts";
import type { UpdateFunction } from "./update.ts";
import { MAX_ROUNDS, tooLate } from "./update_rounds.ts";

/** Where the result goes: `false` says that a call of the same request was faster. */
export type KeepResult = (before: string, text: string) => MaybePromise<boolean | void>;

/** Runs the function on a copy. A visitor who takes what is not there gets no session for it. */
export function updateUnstored<T>(
  state: SessionState,
  session: Data,
  change: UpdateFunction<T>,
  keep: KeepResult,
  again?: () => MaybePromise<T>,
  held?: Snapshot,
  round = 1,
): MaybePromise<T> {
  if (round > MAX_ROUNDS) throw tooLate();
  const now = state.contentOf(session);
  const own = held ?? new Snapshot(state.baseText, now, session);
  const before = own.text;
  const data = state.visibleIn(before);
  const runAgain = again ??
    (() => updateUnstored(state, session, change, keep, undefined, undefined, round + 1));
  const result = state.snapshots.during(own, () => change(data));
  return after(result, (value) => {
    // A call of this very request has left behind what it was asked for.
    if (own.isOver) throw goneError();
    // What the request has done to its session while the function took its time counts as well.
    if (isPromise(result) && state.contentOf(session) !== now) return runAgain();
    const text = state.contentWith(data, before, value);
    if (text === before) return value;
    return after(keep(before, text), (isKept) => isKept === false ? runAgain() : value);
  });
}
