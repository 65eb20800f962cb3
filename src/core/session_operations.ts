/** What sessions can do beyond express-session, the same on every entry. */
import { isSessionGone, kindOf, SessionError } from "../errors.ts";
import { attempt } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import { checkNames } from "./known_options.ts";
import { begun } from "./lifecycle.ts";
import { drop, type How, type KeepOf, move, type Operand } from "./move_session.ts";
import { adopt } from "./session_copy.ts";
import { generateSessionId } from "./session_id.ts";
import { checkKeep, type Data, type Keep } from "./session_data.ts";
import {
  type Notes,
  notesIn,
  subjectIn,
  takeFlash,
  textIn,
  withFlash,
} from "./session_metadata.ts";
import { replaceSignal } from "./session_signal.ts";
import type { SessionState } from "./session_state.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";
import type { UpdateFunction } from "./update.ts";

export type { Operand };

/** What a login may say beside who it is. */
export interface LoginOptions {
  /** The data that go along. @default all, and none where somebody else was logged in */
  readonly keep?: Keep | undefined;
  /** What the application calls the device, as its list shows it: "Firefox on Linux". */
  readonly label?: string | undefined;
}

/** Refuses what cannot be called. */
export function checkUpdateFunction(change: unknown): asserts change is UpdateFunction<unknown> {
  if (typeof change === "function") return;
  throw new TypeError(`update() needs a function, not ${kindOf(change)}`);
}

/** Removes a value from data at hand and returns it. */
export function takeFrom(data: Data, key: string): unknown {
  if (!Object.hasOwn(data, key)) return undefined;
  const value = data[key];
  delete data[key];
  return value;
}

/** Leaves a message for the next request, or takes those of a type. */
export function flash(
  state: SessionState,
  type: string,
  message: string | undefined,
): string[] | void {
  if (message !== undefined) {
    if (typeof message !== "string") {
      throw new TypeError(`flash() needs a message that is a string, not ${kindOf(message)}`);
    }
    state.notes = withFlash(state.notes, type, message);
    return;
  }
  const [messages, left] = takeFlash(state.notes, type);
  state.notes = left;
  return messages;
}

/**
 * Moves the session to a new id with the data `keep` names; atomic where it was stored.
 *
 * @param held What the session held when the call was made, where it had to wait: what was
 * written since is not dropped.
 */
export function rotate(operand: Operand, keep: Keep, held?: Snapshot): MaybePromise<void> {
  checkKeep(keep);
  return move(operand, operand.drawId(), { keepOf: () => keep, note: (notes) => notes }, held);
}

/** Replaces an id that has become old; requests that have it reach the session for a while. */
export function renew(operand: Operand): MaybePromise<void> {
  const renewedAt = operand.manager.settings.clock.now();
  const note = (notes: Notes) => ({ ...notes, renewedAt });
  return move(operand, operand.drawId(), { keepOf: () => true, note, leavesAlias: true });
}

/**
 * Notes who logged in and moves the session to a new id. Logging in as another
 * subject keeps nothing unless told to.
 *
 * @param isSame Only where it is his already.
 */
export function login(
  operand: Operand,
  subject: string,
  { keep, label, ...unknown }: LoginOptions,
  held?: Snapshot,
  isSame?: boolean,
): MaybePromise<void> {
  checkNames(unknown, {});
  if (label !== undefined && typeof label !== "string") {
    throw new TypeError(`login() needs a label that is a string, not ${kindOf(label)}`);
  }
  if (typeof subject !== "string" || subject === "") {
    throw new TypeError(`login() needs a subject: a non-empty string, not ${kindOf(subject)}`);
  }
  checkKeep(keep);
  const { state, manager } = operand;
  const own = state.subject;
  const isHis = (who: string | undefined) => who === undefined || who === subject;
  const keepOf: KeepOf = (before) => keep ?? isHis(before);
  const authenticatedAt = manager.settings.clock.now();
  const drawn = generateSessionId();
  const note = (notes: Notes) => {
    // A logout finds the session by it, whatever was kept; nothing leads to it from somebody else's.
    const known = subjectIn(notes) === subject ? textIn(notes, "device") : undefined;
    const named = label === undefined ? notes : { ...notes, label };
    const noted = { ...named, subject, authenticatedAt, device: known ?? drawn };
    return begun(noted, authenticatedAt, manager.settings.rules);
  };
  const to = operand.drawId();
  const from = state.storedId;
  const how = { keepOf, note, isLogin: true };
  return attempt(() => move(operand, to, how, held), async (error) => {
    if (from === undefined || !isSessionGone(error)) throw error;
    const others = await manager.ends.whereabouts(from);
    const newest = [...others.values()].at(-1);
    if (newest === undefined || operand.isDestroyed) throw error;
    const whose = subjectIn(notesIn(JSON.parse(newest) as Data));
    // Whoever proves once more who he is proves nothing where another has logged in meanwhile.
    if (isSame && whose !== subject) throw error;
    const both: KeepOf = (before) => keep ?? (isHis(own) && isHis(before));
    const goBack = beginBeside(operand, to, { ...how, keepOf: both }, newest, held);
    try {
      const beside = { from, to, others: others.keys() };
      await manager.ends.storeBeside(state, beside, () => save(operand));
    } catch (failure) {
      goBack();
      throw failure;
    }
    replaceSignal(state, "login");
  });
}

/** Notes that whoever is logged in has proven it again, and moves the session with all it has. */
export function elevate(operand: Operand, held?: Snapshot): MaybePromise<void> {
  const { subject } = operand.state;
  if (subject !== undefined) return login(operand, subject, { keep: true }, held, true);
  throw new SessionError(
    "SESSION_ANONYMOUS",
    "elevate() needs a session that somebody logged in to",
  );
}

function save({ manager, state, session }: Operand): MaybePromise<void> {
  return manager.save(state, session, snapshotOf(state, session));
}

/**
 * A form that was sent twice: the first login has moved the session. Its data
 * are alive, and whoever proves who he is again has a session of his own with them,
 * as they are by now.
 *
 * @returns What makes it the session it was: a logout looks for the others from there.
 */
function beginBeside(
  operand: Operand,
  to: string,
  how: How,
  newest: string,
  held = snapshotOf(operand.state, operand.session),
): () => void {
  const { state, session } = operand;
  const { text } = held;
  const { storedId, originalId, savedText, version, baseText, baseCookie } = state;
  state.forgetStored();
  const left = drop(operand, held, how, held.onto(newest));
  operand.setId(to);
  return () => {
    Object.assign(state, { storedId, originalId, savedText, version, baseText, baseCookie });
    adopt(session, state, left, text);
    operand.setId(storedId!);
  };
}
