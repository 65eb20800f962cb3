/** Runs the tests that are named for a module before those that merely pass through it. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Many worlds, many requests, or a server: they notice much, and take long. */
const LATE = [
  "tests/model/",
  "tests/races/",
  "differential",
  "crossings",
  "/promises",
  // Over real HTTP, with keys and signatures.
  "tests/dbsc/express",
];

export class ByModule extends BaseSequencer {
  static near: readonly string[] = [];

  static after(near: readonly string[]): typeof ByModule {
    ByModule.near = near;
    return ByModule;
  }

  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve(
      [...files].sort((a, b) => rank(a.moduleId) - rank(b.moduleId) || compare(a, b)),
    );
  }
}

function rank(path: string): number {
  if (LATE.some((part) => path.includes(part))) return 2;
  return ByModule.near.some((part) => path.includes(part)) ? 0 : 1;
}

function compare(a: TestSpecification, b: TestSpecification): number {
  return a.moduleId < b.moduleId ? -1 : 1;
}
