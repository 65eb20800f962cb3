/** What the kit does not ask of Deno KV: each case that `deno_kv_faults.deno.ts` ran is a test here. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const local = (path: string) => new URL(path, import.meta.url).pathname;
const { stdout } = spawnSync(
  local("../../node_modules/.bin/deno"),
  ["run", "-A", "--no-lock", "--no-check", "--unstable-kv", local("./deno_kv_faults.deno.ts")],
  {
    timeout: 300_000,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
    // What it measured goes to whoever reads the run.
    stdio: ["ignore", "pipe", "inherit"],
  },
);
const lines: { name: string; error?: string }[] = stdout.trim().split("\n").map((line) =>
  JSON.parse(line)
);

for (const { name, error } of lines) {
  test(name, () => {
    if (error !== undefined) throw new Error(error);
  });
}

test("every case was run", () => expect(lines.length).toBe(8));
