/** The tests of the Web entries themselves, run by Node 20, Deno and Bun. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { skipWithout } from "../servers/process.ts";
import { node20 } from "./servers.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const root = join(import.meta.dirname, "../..");
const bin = (name: string) => join(root, "node_modules/.bin", name);
const vitest = join(root, "node_modules/vitest/vitest.mjs");

const runners: [string, string | undefined, string[]][] = [
  ["Node 20", node20, [vitest, "run"]],
  ["Deno", bin("deno"), ["run", "-A", "npm:vitest", "run"]],
  // Bun's workers crash in vitest's default pool.
  ["Bun", bin("bun"), ["--bun", vitest, "run", "--pool=threads"]],
];

for (const [name, program, args] of runners) {
  describe.skipIf(name === "Node 20" && skipWithout(program, "nodejs (major 20)"))(name, () => {
    test("passes the tests of the Web entries", () => {
      const { stdout, stderr, status } = spawnSync(
        program!,
        [
          ...args,
          "tests/web",
          // These are about programs and bundles, not about the runtime they run in.
          ...["examples", "process", "size"].flatMap((file) => ["--exclude", `**/${file}.test.ts`]),
          "--reporter=default",
        ],
        { cwd: root, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" }, timeout: 280_000 },
      );
      expect(status, stdout + stderr).toBe(0);
      const passed = Number(/Tests +(\d+) passed/.exec(stdout)?.[1]);
      expect(passed).toBeGreaterThan(200);
      expect(stdout).not.toMatch(/\d+ skipped/);
    });
  });
}
