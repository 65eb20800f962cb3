/** A store with one fault, and the case of the kit that has to find it. */
import type {
  AnyStore,
  StoreCapabilities,
  StoreTestContext,
  StoreUnderTest,
} from "../../../src/testing/mod.ts";

export interface WrongStore {
  /** What it does wrong, in a sentence without "and". */
  readonly fault: string;
  /**
   * The cases that find it, by their sentences; none for a fault that nobody can
   * tell from outside, and `because` says why.
   */
  readonly caughtBy: readonly string[];
  readonly because?: string;
  /** What it claims beside the full set. */
  readonly claims?: Partial<StoreCapabilities>;
  readonly make: (now: () => number, context: StoreTestContext) => AnyStore | Made;
}

/** More than the store alone. */
export type Made = StoreUnderTest | Promise<StoreUnderTest>;

/** What every wrong store claims unless it says otherwise. */
export const EVERYTHING: StoreCapabilities = {
  atomic: "one process",
  clock: "injected",
  sliding: true,
  iterate: true,
  sweep: true,
  subject: true,
};
