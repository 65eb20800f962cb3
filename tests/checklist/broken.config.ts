/** A piece of source, broken in memory: no file is changed, and no other run notices. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { env } from "node:process";
import { defineConfig } from "vitest/config";
import { type Break, brokenTexts } from "./line.ts";

const root = resolve(import.meta.dirname, "../..");
const broken = JSON.parse(env["WEBSESSION_BREAK"]!) as Break;
const texts = new Map(
  [...brokenTexts(broken, (file) => readFileSync(resolve(root, file), "utf8"))]
    .map(([file, text]) => [resolve(root, file), text]),
);

export default defineConfig({
  root,
  plugins: [{
    name: "broken",
    enforce: "pre",
    load: (id) => texts.get(id.split("?")[0]!),
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
