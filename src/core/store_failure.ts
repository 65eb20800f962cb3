/** What a store throws, without what it threw it about. */
import { SessionError } from "../errors.ts";

/** Ids and subjects a call was about: what its failure must not tell. */
export type Names = string | undefined | readonly (string | undefined)[];

/** What of a driver's error says what happened, and not to whom. */
const TELLING = ["code", "errno", "syscall", "address", "port", "severity", "sqlState", "status"];

/**
 * The error a failing store is reported by: which store, and its driver's code.
 * What the driver said is its `cause`, which no log prints by itself.
 */
export function storeFailure(
  error: unknown,
  store: object | undefined,
  names: Names,
): SessionError {
  if (error instanceof SessionError) return error;
  const { code, name, message } = Object(error) as Record<string, unknown>;
  // Another build's own words tell nothing of the session, as ours.
  const word = name === "SessionError" ? message : code;
  const why = /string|number/.test(typeof word) ? `: ${word}` : "";
  const failure = new SessionError(
    "STORE_FAILED",
    `The session store${nameOf(store)} failed${why}`,
  );
  const cause = stripped(error, [names].flat());
  Object.defineProperty(failure, "cause", { value: cause, configurable: true, writable: true });
  return failure;
}

/**
 * A copy of a driver's error that holds no command, no query, no row: drivers
 * keep the arguments of a call on its error, and with them ids and data.
 */
function stripped(error: unknown, names: readonly (string | undefined)[]): unknown {
  if (typeof error === "string") return without(names, error);
  if (typeof error !== "object" || error === null) return error;
  const { name, message, stack } = error as { name?: unknown; message?: unknown; stack?: unknown };
  const copy = new Error(without(names, message));
  const kind = typeof name === "string" ? name : "Error";
  Object.defineProperty(copy, "name", { value: kind, configurable: true, writable: true });
  copy.stack = [`${kind}: ${copy.message}`, ...framesIn(stack)].join("\n");
  for (const field of TELLING) {
    const value = (error as Record<string, unknown>)[field];
    if (typeof value === "string" || typeof value === "number") {
      (copy as unknown as Record<string, unknown>)[field] = value;
    }
  }
  return copy;
}

/** Where a driver begins to quote what it choked on; a table's name may be told. */
const QUOTED = /(?<!\w)(["'`])(?![\w.$[\]-]{0,64}\1)|[{<\n]/;

/** A driver's words, up to those that are not its own: a path, a query, a piece of the data. */
function without(names: readonly (string | undefined)[], text: unknown): string {
  let told = typeof text === "string" ? text : "";
  for (const name of names) {
    if (name === undefined || name === "") continue;
    told = told.replaceAll(name, "[id]").replaceAll(encodeURIComponent(name), "[id]");
  }
  const end = told.search(QUOTED);
  return end < 0 ? told : `${told.slice(0, end)}…`;
}

/** Where it happened: the lines behind the message, which is told already. */
function framesIn(stack: unknown): string[] {
  if (typeof stack !== "string") return [];
  return stack.split("\n").filter((line) => /^\s+at /.test(line));
}

/** The class of a store, where it has one of its own. */
function nameOf(store: object | undefined): string {
  const name: unknown = store?.constructor?.name;
  return typeof name === "string" && name !== "" && name !== "Object" ? ` (${name})` : "";
}
