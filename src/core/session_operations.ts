/** What sessions can do beyond express-session, the same on every door. */
import { kindOf } from "../errors.ts";
import { after, attempt, isPromise } from "../maybe_promise.ts";
import type { Data } from "./session_data.ts";
import type { Keep } from "./session_data.ts";
import type { SessionManager } from "./session_manager.ts";
import type { SessionState } from "./session_state.ts";
import type { MaybePromise } from "../store.ts";
import { META, metaOf } from "./session_metadata.ts";

/** A door's session, as these operations need it. */
export interface Operand {
  readonly manager: SessionManager;
  readonly state: SessionState;
  readonly session: Data;
  /** Draws an id, without giving it to the session yet. */
  drawId(): string;
  /** The session has moved to this id. */
  setId(id: string): void;
}

export function update<T>(operand: Operand, change: (data: Data) => T): MaybePromise<T> {
  if (typeof change !== "function") {
    throw new TypeError(`update() needs a function, not ${kindOf(change)}`);
  }
  return operand.manager.update(operand.state, operand.session, (data) => {
    const result = change(data);
    // What it does later would be stored by nobody.
    if (isPromise(result)) throw new TypeError("update() needs a function that is not async");
    return result;
  });
}

export function take(operand: Operand, key: string): MaybePromise<unknown> {
  return update(operand, (data) => takeFrom(data, key));
}

/** Removes a value from data at hand and returns it. */
export function takeFrom(data: Data, key: string): unknown {
  if (!Object.hasOwn(data, key)) return undefined;
  const value = data[key];
  delete data[key];
  return value;
}

/** Messages for the next request; they are kept among our notes, under one key. */
export function flash(session: Data, type: string, message?: string): string[] | void {
  const { flash: messages = {}, ...notes } = metaOf(session) ?? {};
  const ofType = Object.hasOwn(messages, type) ? messages[type]! : [];
  if (message !== undefined) {
    session[META] = { ...notes, flash: { ...messages, [type]: [...ofType, message] } };
    return;
  }
  if (ofType.length === 0) return ofType;
  const { [type]: _, ...others } = messages;
  const hasOthers = Object.keys(others).length > 0;
  if (hasOthers) session[META] = { ...notes, flash: others };
  else if (Object.keys(notes).length > 0) session[META] = notes;
  else delete session[META];
  return ofType;
}

/** Moves the session to a new id with the data `keep` names; atomic where it was stored. */
export function rotate(operand: Operand, keep: Keep): MaybePromise<void> {
  const { manager, state, session } = operand;
  const to = operand.drawId();
  keepOnly(session, keep);
  // In this order: a session that was never stored may have no id yet, and reading it draws one.
  if (state.storedId === undefined || state.storedId !== session["id"]) {
    operand.setId(to);
    return;
  }
  return after(manager.rotate(state, session, to), () => operand.setId(to));
}

export function login(operand: Operand, subject: string, keep: Keep): MaybePromise<void> {
  if (typeof subject !== "string" || subject === "") {
    throw new TypeError(`login() needs a subject: a non-empty string, not ${kindOf(subject)}`);
  }
  const { session, manager } = operand;
  const before = metaOf(session);
  const authenticatedAt = manager.settings.clock.now();
  keepOnly(session, keep);
  session[META] = { ...before, subject, authenticatedAt };
  return attempt(() => rotate(operand, true), (error) => {
    // The old id may be an attacker's: under it, nobody has logged in.
    if (before === undefined) delete session[META];
    else session[META] = before;
    throw error;
  });
}

function keepOnly(session: Data, keep: Keep): void {
  if (keep === true) return;
  const kept = new Set<string>(keep === false ? [] : keep);
  for (const key of Object.keys(session)) {
    if (key !== "cookie" && key !== META && !kept.has(key)) delete session[key];
  }
}
