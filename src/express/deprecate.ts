/** Deprecation notes as express-session gives them: to whoever listens, else once to stderr. */
import process from "node:process";
import { environment } from "./environment.ts";

const NAMESPACES = ["websession", "express-session"];
const told = new Set<string>();

/** `NO_DEPRECATION` silences either name on stderr, or `*`; `--no-deprecation` everything there. */
function isSilenced(): boolean {
  if ((process as { noDeprecation?: boolean }).noDeprecation) return true;
  const listed = (environment("NO_DEPRECATION") ?? "").split(/[ ,]/);
  return listed.some((name) => name === "*" || NAMESPACES.includes(name.toLowerCase()));
}

export function deprecate(message: string): void {
  if (process.listenerCount("deprecation" as "warning") > 0) {
    const error = new Error(message);
    error.name = "DeprecationError";
    process.emit(
      "deprecation" as "warning",
      Object.assign(error, { namespace: "express-session" }),
    );
    return;
  }
  if (isSilenced() || told.has(message)) return;
  told.add(message);
  process.stderr.write(`websession deprecated ${message}\n`);
}
