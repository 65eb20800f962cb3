/** How far something has got: a bar for people, a line now and then for a log. */
import { progress, settings } from "@clack/prompts";
import process from "node:process";
import type { Terminal } from "./terminal.ts";

/** A bar, or lines. */
export interface Progress {
  /** So many are done. */
  reach(done: number): void;
  /** Ends it with a last word. */
  stop(message: string): void;
}

/** Lines of a log: one for each tenth. */
const LINES = 10;

/** Starts one for `total` steps, of which there may turn out to be more. */
export function startProgress(terminal: Terminal, total: number, what: string): Progress {
  return terminal.isInteractive ? bar(total, what) : lines(terminal, total, what);
}

function bar(total: number, what: string): Progress {
  const giveBack = takeInterrupt();
  const shown = progress({ max: Math.max(1, total), output: process.stderr });
  shown.start(what);
  let reached = 0;
  return {
    reach(done) {
      shown.advance(done - reached, `${what}: ${done} of ${Math.max(done, total)}`);
      reached = done;
    },
    stop(message) {
      shown.stop(message);
      giveBack();
    },
  };
}

/**
 * A bar takes the keyboard, and at Ctrl+C would end the process in the middle of everything. This
 * makes of that key what it is without a bar: a signal, which whoever works may finish upon.
 */
function takeInterrupt(): () => void {
  const cancelling = [...settings.aliases].filter(([, action]) => action === "cancel");
  for (const [key] of cancelling) settings.aliases.delete(key);
  const onKeys = (keys: unknown): void => {
    if (String(keys).includes("\u0003")) process.kill(process.pid, "SIGINT");
  };
  process.stdin.on("data", onKeys);
  return () => {
    process.stdin.off("data", onKeys).pause();
    for (const [key, action] of cancelling) settings.aliases.set(key, action);
  };
}

function lines(terminal: Terminal, total: number, what: string): Progress {
  const step = Math.max(1, Math.ceil(total / LINES));
  let told = 0;
  return {
    reach(done) {
      if (Math.floor(done / step) === told) return;
      told = Math.floor(done / step);
      terminal.note(`${what}: ${done} of ${Math.max(done, total)}`);
    },
    stop: (message) => terminal.note(message),
  };
}
