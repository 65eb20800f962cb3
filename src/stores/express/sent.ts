/** A call to a store that is under way. */
import type { Written } from "./written.ts";

/** The newest that was acknowledged is that there is no record any more. */
export const GONE = "gone";

/** What was acknowledged last; `undefined`: this process does not know. */
export type Newest = Written | typeof GONE | undefined;

/** What a call does to a record. A store may read in its `touch()`, and write what it read later. */
export type Deed = "write" | "touch" | "destroy";

/** A call under way. */
export interface Sent {
  readonly deed: Deed;
  /** What the store was handed. */
  readonly session: object | undefined;
  /** When it was sent: as a mark, and in milliseconds. */
  readonly began: number;
  readonly since: number;
  /** Whose call it is: a mend repeats what has been acknowledged already. */
  readonly by: "wrapper" | "mend" | "application";
  /** A call of this wrapper's has been seen on its way to the store. */
  isSeen: boolean;
  /** What a mend sends again. */
  readonly repeats: Newest;
  /** Another call was under way meanwhile, and the store may have done the two in either order … */
  isCrossed: boolean;
  /** … and that one has ended first. */
  isDisturbed: boolean;
}

/** Longer than this nobody waits for an answer: a store that lost a call must not be distrusted for ever. */
const PATIENCE = 60_000;

/** Whether nobody waits for a call any more. */
export function isOld({ since }: { readonly since: number }): boolean {
  return performance.now() - since > PATIENCE;
}

/** Whether it matters in which order two calls take effect. */
export function isCrossing(one: Sent, other: Sent): boolean {
  if (one.deed !== other.deed) return true;
  return one.deed === "write" && (one.repeats === undefined || one.repeats !== other.repeats);
}

/** Whether a call does nothing that is not acknowledged. */
export function repeats({ deed, repeats }: Sent, newest: Newest): boolean {
  return newest === GONE ? deed === "destroy" : repeats === newest;
}
