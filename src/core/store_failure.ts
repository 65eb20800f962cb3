/** What a store throws, without what it threw it about. */
import { SessionError } from "../errors.ts";

/** What of a driver's error says what happened, and not to whom. */
const TELLING = ["code", "errno", "syscall", "address", "port", "severity", "sqlState", "status"];

/**
 * The error a failing store is reported by: which store, and its driver's code.
 * What the driver said is its `cause`, which no log prints by itself.
 */
export function storeFailure(error: unknown, store: object, id: string | undefined): SessionError {
  if (error instanceof SessionError) return error;
  const { code } = Object(error) as { code?: unknown };
  const why = typeof code === "string" || typeof code === "number" ? `: ${code}` : "";
  const failure = new SessionError(
    "STORE_FAILED",
    `The session store${nameOf(store)} failed${why}`,
  );
  const cause = stripped(error, id);
  Object.defineProperty(failure, "cause", { value: cause, configurable: true, writable: true });
  return failure;
}

/**
 * A copy of a driver's error that holds no command, no query, no row: drivers
 * keep the arguments of a call on its error, and with them ids and data.
 */
export function stripped(error: unknown, id: string | undefined): unknown {
  if (error instanceof SessionError || typeof error !== "object" || error === null) return error;
  const { name, message, stack } = error as { name?: unknown; message?: unknown; stack?: unknown };
  const copy = new Error(without(id, message));
  const name_ = typeof name === "string" ? name : "Error";
  Object.defineProperty(copy, "name", { value: name_, configurable: true, writable: true });
  copy.stack = without(id, stack);
  for (const field of TELLING) {
    const value = (error as Record<string, unknown>)[field];
    if (typeof value === "string" || typeof value === "number") {
      (copy as unknown as Record<string, unknown>)[field] = value;
    }
  }
  return copy;
}

function without(id: string | undefined, text: unknown): string {
  const given = typeof text === "string" ? text : "";
  return id === undefined || id === "" ? given : given.replaceAll(id, "[id]");
}

/** The class of a store, where it has one of its own. */
function nameOf(store: object): string {
  const name: unknown = store.constructor?.name;
  return typeof name === "string" && name !== "" && name !== "Object" ? ` (${name})` : "";
}
