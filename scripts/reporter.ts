/** Closes a run of vitest with one plain line: `N passed, N failed`. */
import type { Reporter, TestModule } from "vitest/node";

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      // A file that does not load, or a hook that throws, fails no test of its own.
      const before = count.failed;
      for (const test of module.children.allTests()) count[test.result().state]++;
      if (module.state() === "failed" && count.failed === before) count.failed++;
    }
    const skipped = count.skipped + count.pending;
    // CI has every server: what skips there is a test that cannot fail.
    if (skipped > 0 && process.env.WEBSESSION_NO_SKIP) process.exitCode = 1;
    // After the summary of the reporter before.
    process.once("exit", () => {
      const line = `${count.passed} passed, ${count.failed} failed`;
      process.stdout.write(`${line}${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
    });
  }
}
