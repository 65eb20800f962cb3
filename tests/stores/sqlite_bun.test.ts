import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { findBinary, skipWithout } from "../servers/process.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const root = join(import.meta.dirname, "../..");
const bun = findBinary("bun", [join(root, "node_modules/.bin")]);

test.skipIf(skipWithout(bun, "bun (of npm)"))(
  "the kit passes on bun:sqlite under Bun",
  async () => {
    const child = spawn(bun!, [join(root, "tests/stores/sqlite.bun.ts")], { cwd: root });
    let printed = "";
    child.stdout.on("data", (text) => (printed += text));
    child.stderr.on("data", (text) => (printed += text));
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect(printed.split("\n").filter((line) => !line.startsWith("ok "))).toEqual([
      expect.stringMatching(/^\d{2,} passed, 0 failed$/),
      "",
    ]);
    expect(code).toBe(0);
  },
);
