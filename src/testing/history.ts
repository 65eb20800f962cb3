/**
 * Checks a history of concurrent verbs against the sequential model: there must
 * be one order of them, true to real time, in which a store that does one thing
 * at a time would have answered the same.
 */
import type { CommitResult, StoredSession } from "../store.ts";
import { hasLifetime } from "../own_lifetime.ts";

interface Held {
  readonly json: string;
  readonly expires: number;
}

/** What is stored, as the model sees it. */
export type State = ReadonlyMap<string, Held>;

/** One call and its answer. */
export interface Operation {
  readonly verb: "create" | "read" | "commit" | "touch" | "rotate" | "destroy" | "readAndTouch";
  readonly worker: number;
  readonly id: string;
  /** The new id of a rotate. */
  readonly to?: string;
  /** What was written; every write has another text. */
  readonly json?: string;
  readonly expires?: number;
  /** Whose end a `readAndTouch()` moves: sessions of this lifetime. */
  readonly maxAge?: number;
  /** The text that the given version belongs to; `undefined` for a mark that never matches. */
  readonly base?: string | undefined;
  /** The turn of the call and the turn of its answer. */
  readonly called: number;
  readonly answered: number;
  readonly answer: unknown;
}

/** How far two ends may differ and still be the same: the races keep more between them. */
const NEAR = 20_000;

/** Whether some order of `operations` leads from `before` to `after` with these answers. */
export function explains(before: State, operations: readonly Operation[], after: State): boolean {
  const failed = new Set<string>();
  const search = (state: State, left: readonly Operation[]): boolean => {
    if (left.length === 0) return equalStates(state, after);
    const key = fingerprint(state, left);
    if (failed.has(key)) return false;
    const firstAnswer = Math.min(...left.map(({ answered }) => answered));
    for (const operation of left) {
      // Something that answered before this was called must come first.
      if (operation.called > firstAnswer) continue;
      const next = step(state, operation);
      if (next !== undefined && search(next, left.filter((other) => other !== operation))) {
        return true;
      }
    }
    failed.add(key);
    return false;
  };
  return search(before, operations);
}

/** The state after `operation`, or `undefined` when the model would have answered otherwise. */
function step(state: State, operation: Operation): State | undefined {
  const { verb, id, answer } = operation;
  const held = state.get(id);
  switch (verb) {
    case "create":
      if (answer !== (held === undefined)) return undefined;
      return held === undefined ? write(state, id, operation) : state;
    case "read":
      return sameSession(answer, held) ? state : undefined;
    case "readAndTouch": {
      if (held === undefined) return answer === undefined ? state : undefined;
      const next = hasLifetime(held.json, operation.maxAge!)
        ? { json: held.json, expires: operation.expires! }
        : held;
      return sameSession(answer, next) ? new Map(state).set(id, next) : undefined;
    }
    case "touch":
      if (answer !== (held !== undefined)) return undefined;
      return held === undefined
        ? state
        : new Map(state).set(id, { json: held.json, expires: operation.expires! });
    case "destroy":
      // "There was none" is a promise; whoever says nothing, or that there was one, makes none.
      return answer === false && held !== undefined ? undefined : without(state, id);
    case "commit":
    case "rotate": {
      const result = answer as CommitResult;
      if (held === undefined) return result.status === "gone" ? state : undefined;
      if (operation.base !== held.json) {
        return result.status === "conflict" && sameSession(result.current, held)
          ? state
          : undefined;
      }
      if (result.status !== "committed") return undefined;
      return verb === "commit"
        ? write(state, id, operation)
        : write(without(state, id), operation.to!, operation);
    }
  }
}

function write(state: State, id: string, { json, expires }: Operation): State {
  return new Map(state).set(id, { json: json!, expires: expires! });
}

function without(state: State, id: string): State {
  const next = new Map(state);
  next.delete(id);
  return next;
}

function sameSession(answer: unknown, held: Held | undefined): boolean {
  const stored = answer as StoredSession | undefined;
  if (stored === undefined || held === undefined) return stored === held;
  return stored.json === held.json && near(stored.expires, held.expires);
}

function near(one: number | null, other: number): boolean {
  return one !== null && Math.abs(one - other) <= NEAR;
}

function equalStates(one: State, other: State): boolean {
  if (one.size !== other.size) return false;
  for (const [id, held] of one) if (!sameSession(other.get(id), held)) return false;
  return true;
}

function fingerprint(state: State, left: readonly Operation[]): string {
  return JSON.stringify([[...state].sort(), left.map(({ called }) => called)]);
}

/** The history in words, for the message of a failure. */
export function describe(
  before: State,
  operations: readonly Operation[],
  after: State,
): string {
  const names = new Map<string, string>();
  const name = (text: string | undefined): string => {
    if (text === undefined) return "nothing";
    if (!names.has(text)) names.set(text, `#${names.size + 1}`);
    return names.get(text)!;
  };
  const states = (state: State) =>
    [...state].map(([id, held]) => `${name(id)}=${name(held.json)} until ${held.expires}`).join(
      ", ",
    ) ||
    "nothing";
  const answers = (answer: unknown): string => {
    if (typeof answer !== "object" || answer === null) return String(answer);
    const { status, current, json, expires } = answer as Record<string, unknown> & {
      current?: StoredSession;
      json?: string;
    };
    if (json !== undefined) return `${name(json)} until ${expires}`;
    return current ? `${status} (${name(current.json)} until ${current.expires})` : String(status);
  };
  const lines = [...operations].sort((a, b) => a.called - b.called).map((one) =>
    `  [${one.called}–${one.answered}] worker ${one.worker}: ${one.verb}(${name(one.id)}` +
    (one.to === undefined ? "" : ` to ${name(one.to)}`) +
    (one.json === undefined ? "" : `, writes ${name(one.json)} over ${name(one.base)}`) +
    (one.maxAge === undefined ? "" : `, of ${one.maxAge} ms`) +
    (one.expires === undefined ? "" : `, until ${one.expires}`) +
    `) = ${answers(one.answer)}`
  );
  return `before: ${states(before)}\n${lines.join("\n")}\nafter: ${states(after)}`;
}
