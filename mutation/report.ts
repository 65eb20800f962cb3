/** What came of the mutants, boiled down to what is recorded. */
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { reasonFor } from "./equivalent.ts";
import type { Mutant } from "./instrument.ts";
import type { Outcome } from "./try_all.ts";

/** A way of breaking a file that no test noticed. */
export interface Survivor {
  readonly line: number;
  readonly mutator: string;
  /** The source of the line it is in, without its indentation. */
  readonly source: string;
  readonly from: string;
  readonly to: string;
  /** No test runs it. */
  readonly isUncovered: boolean;
  /** Why nobody could notice. */
  readonly equivalent?: string;
}

export interface FileSummary {
  readonly file: string;
  readonly mutants: number;
  readonly killed: number;
  readonly survivors: readonly Survivor[];
}

/** When, of what and how it was measured. */
export interface Made {
  readonly date: string;
  readonly commit: string;
  readonly node: string;
  readonly stryker: string;
  readonly command: string;
}

export interface Summary extends Made {
  readonly files: readonly FileSummary[];
}

const root = fileURLToPath(new URL("../", import.meta.url));

export function summarize(outcomes: readonly Outcome[], made: Made): Summary {
  const paths = [...new Set(outcomes.map(({ mutant }) => mutant.fileName))];
  const files = paths.map((path): FileSummary => {
    const all = outcomes.filter(({ mutant }) => mutant.fileName === path);
    const lines = readFileSync(path, "utf8").split("\n");
    const file = relative(root, path);
    const lived = all.filter(({ death }) => death === undefined);
    return {
      file,
      mutants: all.length,
      killed: all.length - lived.length,
      survivors: lived.map(({ mutant, isCovered }) => survivorOf(file, lines, mutant, isCovered)),
    };
  });
  return { ...made, files };
}

function survivorOf(
  file: string,
  lines: readonly string[],
  { location: { start, end }, mutatorName, replacement }: Mutant,
  isCovered: boolean,
): Survivor {
  const broken = lines.slice(start.line, end.line + 1);
  const last = broken.length - 1;
  broken[last] = broken[last]!.slice(0, end.column);
  broken[0] = broken[0]!.slice(start.column);
  const source = lines[start.line]!.trim();
  const [from, to] = [broken.join("\n"), replacement].map(inOneLine) as [
    string,
    string,
  ];
  const equivalent = reasonFor({ file, source, from, to });
  return {
    line: start.line + 1,
    mutator: mutatorName,
    source,
    from,
    to,
    isUncovered: !isCovered,
    ...(equivalent === undefined ? {} : { equivalent }),
  };
}

function inOneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
