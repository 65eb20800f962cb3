/** What Stryker reports, boiled down to what is recorded. */
import { matchesGlob } from "node:path";
import { reasonFor } from "./equivalent.ts";

interface Position {
  readonly line: number;
  readonly column: number;
}

/** One way of breaking a file. */
interface Mutant {
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly status: string;
  readonly static?: boolean;
  readonly location: { readonly start: Position; readonly end: Position };
}

/** Stryker's own file, as far as it is read here. */
export interface Report {
  readonly files: Readonly<
    Record<
      string,
      { readonly source: string; readonly mutants: readonly Mutant[] }
    >
  >;
  readonly framework?: { readonly version?: string };
}

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
  readonly command: string;
}

export interface Summary extends Made {
  readonly stryker: string;
  readonly files: readonly FileSummary[];
}

const LIVES = new Set(["Survived", "NoCoverage"]);
const DIES = new Set(["Killed", "Timeout"]);

export function summarize(
  report: Report,
  globs: readonly string[],
  made: Made,
): Summary {
  const files = Object.entries(report.files)
    // What an earlier run left in Stryker's memory is not of this one.
    .filter(([file]) => globs.some((glob) => matchesGlob(file, glob)))
    .map(([file, { source, mutants }]): FileSummary => {
      const counted = mutants.filter(({ status }) =>
        LIVES.has(status) || DIES.has(status)
      );
      const survivors = counted.filter(({ status }) => LIVES.has(status));
      return {
        file,
        mutants: counted.length,
        killed: counted.length - survivors.length,
        survivors: survivors.map((mutant) =>
          survivorOf(file, source.split("\n"), mutant)
        ),
      };
    })
    .filter(({ mutants }) => mutants > 0)
    .sort((one, other) => one.file < other.file ? -1 : 1);
  return { ...made, stryker: report.framework?.version ?? "unknown", files };
}

function survivorOf(
  file: string,
  lines: readonly string[],
  mutant: Mutant,
): Survivor {
  const { start, end } = mutant.location;
  const broken = lines.slice(start.line - 1, end.line);
  const last = broken.length - 1;
  broken[last] = broken[last]!.slice(0, end.column - 1);
  broken[0] = broken[0]!.slice(start.column - 1);
  const source = lines[start.line - 1]!.trim();
  const [from, to] = [broken.join("\n"), mutant.replacement ?? ""].map(
    inOneLine,
  );
  const equivalent = reasonFor({ file, source, from: from!, to: to! });
  return {
    line: start.line,
    mutator: mutant.mutatorName,
    source,
    from: from!,
    to: to!,
    isUncovered: mutant.status === "NoCoverage",
    ...(equivalent === undefined ? {} : { equivalent }),
  };
}

function inOneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
