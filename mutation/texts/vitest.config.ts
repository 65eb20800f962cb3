/** The tests of a store whose texts have switches; `../trials.ts` switches one after the other on. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { env } from "node:process";
import { defineConfig } from "vitest/config";
import { inOrder } from "./in_order.ts";
import type { TextPlan } from "./test_runs.ts";

const root = join(import.meta.dirname, "../..");
const plan = JSON.parse(readFileSync(env["MUTANTS_PLAN"]!, "utf8")) as TextPlan;

export default defineConfig({
  root,
  plugins: [{
    name: "text mutants",
    enforce: "pre",
    load: (id) => plan.texts[id.split("?")[0]!],
    // Its servers stay up from mutant to mutant: to start one takes longer than all its tests.
    transform: (code, id) =>
      id.endsWith("/sql_statements.test.ts")
        ? code
          .replace(/await (start\w+)(\(\[.*\]\));/g, "await (globalThis.kept_$1 ??= $1$2);")
          .replaceAll("await server?.stop();", "")
        : undefined,
  }],
  test: {
    include: [...plan.tests],
    exclude: [...plan.done],
    runner: join(import.meta.dirname, "../trials.ts"),
    isolate: false,
    pool: "threads",
    // What is broken stays in memory: no other run is to find it in a cache.
    fsModuleCache: false,
    maxWorkers: 1,
    maxConcurrency: 1,
    watch: false,
    env: { RUNS: "12" },
    onConsoleLog: () => false,
    dangerouslyIgnoreUnhandledErrors: true,
    testTimeout: 20_000,
    expect: { poll: { timeout: 2_000, interval: 5 } },
    sequence: { sequencer: inOrder(plan.tests) },
    reporters: [["default", { summary: false }]],
  },
});
