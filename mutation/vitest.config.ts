/** The quick tests of the repository, on broken source: in this process, without servers or other programs. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { env } from "node:process";
import { defineConfig } from "vitest/config";
import { ByModule } from "./by_module.ts";
import { TESTS, UNFIT } from "./folders.ts";
import { instrument } from "./instrument.ts";
import type { Plan } from "./plan.ts";

const root = resolve(import.meta.dirname, "..");
const plan = JSON.parse(readFileSync(env["MUTANTS_PLAN"]!, "utf8")) as Plan;
const { texts } = await instrument(plan.files);

export default defineConfig({
  root,
  plugins: [{
    name: "mutants",
    enforce: "pre",
    load: (id) => texts.get(id.split("?")[0]!),
  }],
  test: {
    include: plan.isBrief ? plan.near.map((begin) => `${begin}*.test.ts`) : [...TESTS],
    exclude: [...UNFIT, ...plan.done],
    runner: resolve(import.meta.dirname, "trials.ts"),
    // Random programs: enough to find what is broken, few enough to be run a thousand times.
    env: { RUNS: "12", CASES: "60" },
    // One worker for all files: nothing here is left behind in a module that the next file minds.
    isolate: false,
    pool: "threads",
    // What is broken stays in memory: no other run is to find it in a cache.
    fsModuleCache: false,
    maxWorkers: 1,
    maxConcurrency: 1,
    watch: false,
    onConsoleLog: () => false,
    // Whatever is broken may be noticed anywhere, and at any time.
    dangerouslyIgnoreUnhandledErrors: true,
    testTimeout: 5_000,
    hookTimeout: 3_000,
    expect: { poll: { timeout: 2_000, interval: 5 } },
    sequence: { sequencer: ByModule.after(plan.near) },
    reporters: [["default", { summary: false }]],
  },
});
