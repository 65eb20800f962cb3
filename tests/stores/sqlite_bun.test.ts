import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findBinary, skipWithout } from "../servers/process.ts";

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
