/** Mutants that nobody could notice, each with the reason. */

/** Where a mutant is: lines move, what stands in them is found again. */
export interface Place {
  readonly file: string;
  /** The source of the line it begins in. */
  readonly source: string;
  readonly from: string;
  readonly to: string;
}

interface Equivalent {
  readonly file: string;
  /** The line holds this. */
  readonly source: string;
  /** What it is replaced by; left out: anything. */
  readonly to?: string;
  readonly from?: string;
  readonly reason: string;
}

const EQUIVALENT: readonly Equivalent[] = [];

/** Why a mutant makes no difference, if it makes none. */
export function reasonFor(place: Place): string | undefined {
  return EQUIVALENT.find(({ file, source, from, to }) =>
    place.file.endsWith(file) && place.source.includes(source) &&
    (from === undefined || place.from === from) &&
    (to === undefined || place.to === to)
  )?.reason;
}
