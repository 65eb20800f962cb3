import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    // On a busy machine everything takes ten times as long, and is still right.
    testTimeout: 120_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000 } },
    // Half of the files wait for servers and other programs: one core less would stand idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    reporters: ["default", "./scripts/reporter.ts"],
  },
});
