/** Mutants of texts that no test could notice, each with the reason. */
import type { Outcome } from "./tables.ts";

/** What a mutant is known by: part of its line, what was there, what came there. */
interface Known {
  readonly file: string;
  readonly source: string;
  readonly from?: RegExp;
  readonly to?: RegExp;
  readonly because: string;
}

const KNOWN: readonly Known[] = [];

/** Why nobody could notice, if that is known. */
export function reasonFor(
  { file, source, from, to }: Outcome,
): string | undefined {
  return KNOWN.find((known) =>
    file.endsWith(known.file) && source.includes(known.source) &&
    (known.from?.test(from) ?? true) && (known.to?.test(to) ?? true)
  )?.because;
}
