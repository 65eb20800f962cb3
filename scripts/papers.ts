/** What is published beside the code: all that README.md, SECURITY.md, CHANGELOG.md and docs/ have links to. */

/** Folders and files, for npm and JSR alike. */
export const PAPERS: readonly string[] = [
  "ARCHITECTURE.md",
  "CHANGELOG.md",
  "SECURITY.md",
  "bench/README.md",
  "bench/results/express.svg",
  "bench/results/real_servers.md",
  "bench/results/tables.md",
  "docs",
  "examples",
];

/** Of these folders, what only the repository's own start page needs. */
export const NOT_PUBLISHED: readonly string[] = ["examples/start", "examples/start.ts"];
