/** A program of the oracle: what visitors ask for at the same time, and what goes wrong meanwhile. */

export type Keep = boolean | readonly string[];

/** What of a cookie, its lifetime aside, a handler changes, and to what. */
export const EDITS = { sameSite: "strict", httpOnly: false, secure: false, path: "/app" } as const;
export type Attribute = keyof typeof EDITS;

/** How the function of an `update()` behaves: it throws or rejects after it has changed its data. */
export const UPDATE_KINDS = ["sync", "async", "throws", "rejects", "retried"] as const;
export type UpdateKind = typeof UPDATE_KINDS[number];

export type Op =
  | readonly ["set" | "delete", string]
  | readonly ["nest"]
  | readonly ["save" | "reload" | "touch"]
  | readonly ["maxAge", number]
  /** Another value of an attribute than the options say. */
  | readonly ["attribute", Attribute]
  | readonly ["regenerate"]
  | readonly ["regenerate", Keep]
  | readonly ["login", string]
  | readonly ["login", string, Keep]
  | readonly ["update", UpdateKind]
  | readonly ["take", string]
  /** A flash message is left, or all are read. */
  | readonly ["say" | "hear"]
  | readonly ["destroy" | "logout"]
  /** The session is ended by those who administer sessions, past the request's own methods. */
  | readonly ["revoke"]
  /** The store itself is told, past the library. */
  | readonly ["expel"]
  /** Everybody who logged in as somebody is logged out; with `true` this session is spared. */
  | readonly ["revokeAll", string, true?]
  /** The clock moves on by so many milliseconds. */
  | readonly ["wait", number]
  /** The call is made and not awaited. */
  | readonly ["void", Op];

/**
 * How a request ends. `throwResponse`: an answer is thrown; `throwRedirect`: a framework's
 * redirect is, which has no answer in it; `abort`: the visitor leaves before the handler answers;
 * `stream`: the headers leave first, and `rest` is done before the end; `cut`: the visitor leaves
 * between the headers and the rest.
 */
export const ENDINGS = [
  "ok",
  "redirect",
  "error",
  "throw",
  "throwResponse",
  "throwRedirect",
  "abort",
  "stream",
  "cut",
] as const;
export type Ending = typeof ENDINGS[number];

export interface Request {
  /** Whose browser sends it: the cookies of a visitor are shared by what that visitor asks for. */
  readonly visitor: number;
  readonly ops: readonly Op[];
  readonly ends: Ending;
  readonly rest?: readonly Op[];
  /** Asked for without encryption. */
  readonly isPlain?: true;
}

/** What a store is asked to do, by whichever name it knows it. */
export const DEEDS = ["read", "write", "touch", "destroy", "index"] as const;
export type Deed = typeof DEEDS[number];

/**
 * What happens to a call: the store fails `before` it took effect or `after`;
 * it does nothing and does not answer (`hang`), does it and does not answer
 * (`mute`), or does it when nobody waits any more (`late`).
 */
export const FAULT_KINDS = ["before", "after", "hang", "mute", "late"] as const;
export type FaultKind = typeof FAULT_KINDS[number];

/** A fault of the nth call of its deed within a wave. */
export interface Fault {
  readonly deed: Deed;
  readonly nth: number;
  readonly how: FaultKind;
}

/** Requests that are in flight together. */
export interface Wave {
  /** Milliseconds that pass before it begins. */
  readonly later?: number;
  readonly requests: readonly Request[];
  readonly faults?: readonly Fault[];
}

export const ENTRIES = ["express", "wrap", "open", "hono"] as const;
export type EntryName = typeof ENTRIES[number];

export const STORES = [
  /** Atomic, behind gates; `sliding` can read and extend in one step. */
  "atomic",
  "sliding",
  /** Callbacks: `touch()` is one step, reads then writes, never calls back, or is not there. */
  "callback",
  "slowTouch",
  "muteTouch",
  "noTouch",
  /** express-session's own MemoryStore, of its own `Store`. */
  "expressSession",
] as const;
export type StoreName = typeof STORES[number];

export interface Program {
  /** Nothing is excused: see "What is excused" in the README beside this file. */
  readonly isStrict?: true;
  readonly entry: EntryName;
  readonly store: StoreName;
  /** The lifetime the options give; `null`: until the browser closes. */
  readonly life: number | null;
  readonly rolling?: true;
  /** How old an id becomes, in milliseconds. */
  readonly rotateAfter?: number;
  readonly resave?: true;
  /** Express: `cookie.secure: "auto"`. */
  readonly isAuto?: true;
  /** Garbage is collected again and again. */
  readonly gc?: true;
  readonly waves: readonly Wave[];
  /** Who goes next, at each step; after the end the first in line does. */
  readonly schedule: readonly number[];
}

/** An operation without its arguments, as it is counted. */
export function titleOf(op: Op): string {
  const [name, first, second] = op;
  switch (name) {
    case "void":
      return `void ${titleOf(first)}`;
    case "update":
    case "attribute":
      return `${name} ${first}`;
    case "revokeAll":
      return second === undefined ? name : "revokeAll, others";
    case "regenerate":
      return `${name} ${keepTitle(first)}`;
    case "login":
      return `${name} ${keepTitle(second)}`;
    default:
      return name;
  }
}

function keepTitle(keep: Keep | undefined): string {
  return typeof keep === "object" ? "keep: [..]" : keep === undefined ? "" : `keep: ${keep}`;
}

/** The program as code that can be pasted into a test. */
export function asCode(program: Program): string {
  const { waves, schedule, ...options } = program;
  const lines = Object.entries(options).map(([name, value]) => `  ${name}: ${text(value)},`);
  lines.push("  waves: [");
  for (const { requests, ...wave } of waves) {
    const head = Object.entries(wave).map(([name, value]) => `${name}: ${text(value)}, `).join("");
    lines.push(`    { ${head}requests: [`);
    for (const request of requests) lines.push(`      ${text(request)},`);
    lines.push("    ] },");
  }
  lines.push("  ],", `  schedule: ${text(schedule)},`);
  return `await expectNoFailure({\n${lines.join("\n")}\n});`;
}

function text(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(text).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{ ${fields.map(([name, field]) => `${name}: ${text(field)}`).join(", ")} }`;
}
