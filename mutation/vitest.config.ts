/** The quick tests of the repository: in this process, without servers or other programs. */
import { resolve } from "node:path";
import { defineConfig } from "vitest/config";
import { ByModule } from "./by_module.ts";

export default defineConfig({
  root: resolve(import.meta.dirname, ".."),
  test: {
    include: [
      "tests/{clock,expiry}.test.ts",
      "tests/{cookie,core,express,model,races,web}/**/*.test.ts",
      "tests/stores/{clock,cookie}.test.ts",
      "tests/stores/express_{crossings,direct,failures,log,mends}.test.ts",
    ],
    exclude: [
      // Other programs, other runtimes, whole frameworks, the size of a bundle.
      "tests/express/{debug,hosts}.test.ts",
      "tests/web/{examples,process,size}.test.ts",
    ],
    // Random programs: enough to find what is broken, few enough to be run a thousand times.
    env: { RUNS: "12", CASES: "60" },
    // One worker for all files: nothing here is left behind in a module that the next file minds.
    isolate: false,
    testTimeout: 5_000,
    expect: { poll: { timeout: 2_000, interval: 5 } },
    sequence: { sequencer: ByModule },
    reporters: [],
  },
});
