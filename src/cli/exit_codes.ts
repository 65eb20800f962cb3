/** How the tool ends, as numbers that scripts may rely on. */

/** Documented in docs/command-line.md; a number never changes its meaning. */
export const EXIT = {
  /** It did what it was asked to. */
  done: 0,
  /** It could not: a server out of reach, a client that is not installed, a file that is there already. */
  failed: 1,
  /** What was asked for makes no sense, and nothing was done. */
  usage: 2,
  /** `doctor` found mistakes. */
  findings: 3,
  /** Nobody said yes, and nothing was done. */
  unconfirmed: 4,
  /** There is no such session. */
  absent: 5,
  /** Ctrl+C: what was under way was finished, the rest left. */
  interrupted: 130,
} as const;

/** One of them. */
export type ExitCode = typeof EXIT[keyof typeof EXIT];
