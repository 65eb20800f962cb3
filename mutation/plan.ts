/** What one run of vitest is to do, told in a file. */
export interface Plan {
  /** The files that are broken, from the repository's root. */
  readonly files: readonly string[];
  /** The mutants nobody has noticed yet. */
  readonly alive: readonly string[];
  /** The module each mutant is in, where only the tests of that very name are asked. */
  readonly modules: Readonly<Record<string, string>> | undefined;
  /** What the tests pass through is written down, and nothing is tried. */
  readonly isLook: boolean;
  /** The only tests that are asked, by the mutant. */
  readonly few: Readonly<Record<string, readonly string[]>> | undefined;
  /** Paths of the tests that are named for these files begin so. */
  readonly near: readonly string[];
  /** Only those are asked. */
  readonly isBrief: boolean;
  /** Files of tests that have had their turn. */
  readonly done: readonly string[];
}
