/** The line that tells machines how a run ended. */
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { root, run } from "./pack.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const folder = join(root, "tests/package/fixtures/closing");
const closing = (...files: string[]) =>
  run("vitest", ["run", "--root", folder, ...files]).catch((error: Error) => error.message)
    .then((printed) => /^\d+ passed, .*$/m.exec(printed)?.[0]);

describe("a run of tests closes with", () => {
  test("what passed, failed and was skipped, alone on a line", async () => {
    expect(await closing("mixed")).toBe("2 passed, 1 failed, 1 skipped");
  });

  test("a failure where a file did not load", async () => {
    expect(await closing("broken")).toBe("0 passed, 1 failed");
  });
});
