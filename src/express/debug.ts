/** What happens to a session, step by step, for whoever looks for a reason: `DEBUG=express-session`. */
import process from "node:process";
import { environment } from "./environment.ts";

/** Ours, and the one that express-session's users know. */
const NAMESPACES = ["express-session", "websession"];

const namespace = enabledIn(environment("DEBUG"));
let before = 0;

/** Whether anybody looks: asked before a text is made. */
export const isDebugging = namespace !== undefined;

/** Writes a line to stderr, if anybody looks. */
export function debug(message: string, id?: unknown): void {
  if (namespace === undefined) return;
  const now = Date.now();
  const since = before === 0 ? 0 : now - before;
  before = now;
  const about = id === undefined ? "" : ` ${masked(id)}`;
  process.stderr.write(`  ${namespace} ${message}${about} +${since}ms\n`);
}

/** Enough of an id to tell it from others, too little to be one. */
function masked(id: unknown): string {
  return typeof id === "string" ? `${id.slice(0, 4)}…` : "(no id)";
}

/** As the package `debug` reads it: names, `*` for anything, `-` before what is left out. */
export function enabledIn(value: string | undefined): string | undefined {
  const listed = (value ?? "").split(/[\s,]/);
  const matches = (name: string) => (pattern: string) =>
    new RegExp(`^${pattern.split("*").map(escaped).join(".*?")}$`).test(name);
  const left = listed.filter((name) => name.startsWith("-")).map((name) => name.slice(1));
  // No name of ours begins with "-": what is left out matches none.
  return NAMESPACES.find((name) => listed.some(matches(name)) && !left.some(matches(name)));
}

function escaped(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
}
