/** Signals that nobody needs are freed, and those that somebody waits for are not. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test, vi } from "vitest";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000 });

test("a signal goes with its connection, or with the last who has it, and never before", () => {
  const script = join(import.meta.dirname, "session_signal_gc.ts");
  const printed = execFileSync("node", ["--expose-gc", script], { encoding: "utf8" });
  expect(JSON.parse(printed)).toEqual({
    heard: ["held", "open"],
    during: 1,
    afterwards: 0,
    held: 1,
    ended: 0,
    left: 0,
  });
});
