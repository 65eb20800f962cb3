/** One piece of source, broken in memory: no file is changed, and no other run notices. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { env } from "node:process";
import { defineConfig } from "vitest/config";
import type { Break } from "./line.ts";

const root = resolve(import.meta.dirname, "../..");
const [file, from, to] = JSON.parse(env["WEBSESSION_BREAK"]!) as Break;
const path = resolve(root, file);

export default defineConfig({
  root,
  plugins: [{
    name: "broken",
    enforce: "pre",
    load(id) {
      if (id.split("?")[0] !== path) return undefined;
      return readFileSync(path, "utf8").replace(from, () => to);
    },
  }],
  test: {
    include: ["tests/**/*.test.ts"],
    // One worker for all files, and what is broken stays in memory: no other run is to find it.
    isolate: false,
    pool: "threads",
    fsModuleCache: false,
    maxWorkers: 1,
    onConsoleLog: () => false,
    // Whatever is broken may be noticed anywhere, and at any time.
    dangerouslyIgnoreUnhandledErrors: true,
    testTimeout: 10_000,
    env: { RUNS: "12", CASES: "60" },
  },
});
