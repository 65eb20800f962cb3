/** The move of a session to another id, with what goes along. */
import { type Lifetime, restartLifetime } from "../cookie/lifetime.ts";
import { after } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import { keepOnly, withNotes } from "./merge.ts";
import { adopt } from "./session_copy.ts";
import type { Data, Keep } from "./session_data.ts";
import type { SessionManager } from "./session_manager.ts";
import { keptNotes, type Notes, notesIn, subjectIn } from "./session_metadata.ts";
import { replaceSignal } from "./session_signal.ts";
import type { SessionState } from "./session_state.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";

/** An entry's session, as these operations need it. */
export interface Operand {
  readonly manager: SessionManager;
  readonly state: SessionState;
  readonly session: Data;
  /** A later call has ended it already: nothing more is stored of it. */
  readonly isDestroyed?: boolean;
  /** Draws an id, without giving it to the session yet. */
  drawId(): string;
  /** The session has moved to this id. */
  setId(id: string): void;
}

/** What is kept, where somebody was logged in before, or nobody. */
export type KeepOf = (subject: string | undefined) => Keep;

/** What becomes of a session by its move. */
export interface How {
  readonly keepOf: KeepOf;
  readonly note: (notes: Notes) => Notes;
  readonly leavesAlias?: boolean;
  readonly isLogin?: boolean;
}

export function move(operand: Operand, to: string, how: How, held?: Snapshot): MaybePromise<void> {
  const { manager, state, session } = operand;
  const { keepOf, note, leavesAlias, isLogin } = how;
  const { creating } = state;
  if (creating !== undefined) {
    const own = held ?? snapshotOf(state, session);
    const again = () => move(operand, to, how, own);
    return state.snapshots.during(own, () => creating.then(again));
  }
  if (state.storedId === undefined || state.storedId !== session["id"]) {
    if (isLogin) replaceSignal(state, "login");
    const keep = keepOf(state.subject);
    if (keep !== true) state.snapshots.end();
    if (held !== undefined) {
      // It waited for other calls: what the handler has written since stays.
      drop(operand, held, how);
      return operand.setId(to);
    }
    // Nobody else knows it: nothing can fail, and there is nothing to merge.
    keepOnly(session, keep);
    state.notes = note(keptNotes(state.notes, keep));
    operand.setId(to);
    return;
  }
  // A visit begins the lifetime again, and nothing stores this one after its move.
  const cookie = session["cookie"] as Lifetime | undefined;
  if (cookie) restartLifetime(cookie);
  const own = held ?? snapshotOf(state, session);
  let leavesSomething = false;
  const keepOfAll: KeepOf = (before) => {
    const keep = keepOf(before);
    leavesSomething = keep !== true;
    return keep;
  };
  // Nothing has to be read again where all is kept, and nobody wrote meanwhile.
  const { base } = own;
  const whole = held === undefined && keepOfAll(state.subject) === true
    ? state.contentWithNotes(session, note(state.notes))
    : undefined;
  const onto = (theirs: string) => {
    if (whole !== undefined && theirs === base && own.base === base) return whole;
    return moved(own.onto(theirs), { keepOf: keepOfAll, note });
  };
  const change = { state, session, held: own, onto, to, leavesAlias, isLogin };
  const rotated = () => manager.rotate(change);
  return after(state.snapshots.during(own, rotated), () => {
    if (leavesSomething) state.snapshots.end();
    operand.setId(state.storedId!);
  });
}

/** What is kept is decided on what is stored: nobody who wrote meanwhile gets anything else through. */
function moved(content: string, { keepOf, note }: How): string {
  const data = JSON.parse(content) as Data;
  const notes = notesIn(data);
  const keep = keepOf(subjectIn(notes));
  keepOnly(data, keep);
  return withNotes(data, note(keptNotes(notes, keep)));
}

/** Leaves of what the session held, or of what it is by now, what is kept, and of what came since all. */
export function drop(
  { state, session }: Operand,
  { text }: Snapshot,
  how: How,
  newest = text,
): string {
  const left = moved(newest, how);
  adopt(session, state, text, left);
  return left;
}
