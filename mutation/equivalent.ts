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

const EQUIVALENT: readonly Equivalent[] = [
  {
    file: "core/merge.ts",
    source: "mine[key] === base[key]) continue;",
    from: "mine[key] === base[key]",
    to: "false",
    reason:
      "a shorter way: the texts, which are compared behind it, are the same as well",
  },
  {
    file: "core/merge.ts",
    source: "keep === false ? [] : keep",
    to: '["Stryker was here"]',
    reason: "a key that nobody has is kept",
  },
  {
    file: "core/outgoing_record.ts",
    source: "this.#handed !== this.owner",
    from: "this.#handed !== this.owner",
    to: "true",
    reason: "marks that are carried from a session onto itself change nothing",
  },
  {
    file: "core/lease.ts",
    source: "look <= LOOKS",
    to: "look < LOOKS",
    reason:
      "the bound is about as long as a lease lasts: a look more or less is no promise",
  },
  {
    file: "core/lease.ts",
    source: "() => false);",
    from: "() => false",
    to: "() => undefined",
    reason:
      "asked for in a condition alone: undefined is as little there as false",
  },
  {
    file: "core/commit_loop.ts",
    source: "text.length * 3 <= maxBytes",
    from: "text.length * 3 <= maxBytes",
    to: "false",
    reason: "a shorter way: counting the bytes says the same",
  },
  {
    file: "core/commit_loop.ts",
    source: "text.length * 3 <= maxBytes",
    from: "text.length * 3 <= maxBytes",
    to: "text.length * 3 < maxBytes",
    reason: "a shorter way: counting the bytes says the same",
  },
  {
    file: "core/commit_loop.ts",
    source: 'newestIn(stored!, "")',
    to: '"Stryker was here!"',
    reason: "the fallback of what has been read already is never needed",
  },
  {
    file: "core/commit_loop.ts",
    source: "if (to === undefined) turn.newest",
    from: "to === undefined",
    to: "true",
    reason:
      "whoever waits for an id the session has left is told that it is gone, whatever it knows",
  },
  {
    file: "core/session_state.ts",
    source: "if (this.#hides === undefined)",
    from: "this.#hides === undefined",
    to: "false",
    reason: "a shorter way where only our notes are hidden: asking for each name says the same",
  },
  {
    file: "core/session_state.ts",
    source: "if (this.#hides === undefined) {",
    to: "{}",
    reason: "a shorter way where only our notes are hidden: asking for each name says the same",
  },
  {
    file: "core/session_state.ts",
    source: "this.#hidden === NOTHING ? NO_NOTES",
    from: "this.#hidden === NOTHING",
    to: "false",
    reason: "a shorter way: there are no notes in nothing",
  },
];

/** Why a mutant makes no difference, if it makes none. */
export function reasonFor(place: Place): string | undefined {
  return EQUIVALENT.find(({ file, source, from, to }) =>
    place.file.endsWith(file) && place.source.includes(source) &&
    (from === undefined || place.from === from) &&
    (to === undefined || place.to === to)
  )?.reason;
}
