/** Garbage is collected at any moment: what a callback store is owed is not, and nothing else is held. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const SCRIPT = join(import.meta.dirname, "express_gc.ts");

test("a logout stays and a change stays, when only a touch() under way remembers; nothing leaks", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", SCRIPT]);
  const { held, heldWithoutAnswer, ...others } = JSON.parse(stdout);
  expect(others).toEqual({
    logout: { isFound: false, isStored: false },
    logoutWithoutAnswer: { isFound: false, isStored: false },
    change: "bob",
  });
  // Of 5,000 each.
  expect(held).toBeLessThan(10);
  // A store that never answers is remembered the latest sessions of.
  expect(heldWithoutAnswer).toBeLessThan(1010);
});
