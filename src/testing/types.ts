/** What a store claims, what the kit hands to its maker, what it gets back. */
import type {
  IterableStore,
  MaybePromise,
  SessionStore,
  SlidingStore,
  SubjectStore,
  SweepableStore,
} from "../store.ts";

/** A store with whatever powers it has. */
export type AnyStore =
  & SessionStore
  & Partial<Pick<SlidingStore, "readAndTouch">>
  & Partial<Pick<IterableStore, "all" | "length" | "clear">>
  & Partial<Pick<SweepableStore, "sweep">>
  & Partial<Pick<SubjectStore, "list" | "destroyAll">>;

/**
 * What a store claims. A power it has but does not claim, or claims and does
 * not have, fails the kit.
 */
export interface StoreCapabilities {
  /** Whether `commit()` and `rotate()` compare and swap in one step; turns on the race battery. */
  readonly atomic: boolean;
  /**
   * Whose clock decides about expiry. `"injected"`: the store was built with
   * `context.now` (or `advance()` moves its clock), and the boundary is checked
   * to the millisecond. `"server"`: real time, which the kit waits for; each
   * read is checked against the time before and after it.
   */
  readonly clock: "injected" | "server";
  /**
   * How far, in milliseconds, `expires` and the boundary may be off.
   *
   * @default {0} with an injected clock, 1 with a server clock
   */
  readonly resolution?: number;
  /** Has `readAndTouch()`. @default {false} */
  readonly sliding?: boolean;
  /** Has `all()`, `length()` and `clear()`. @default {false} */
  readonly iterate?: boolean;
  /** Has `sweep()`. @default {false} */
  readonly sweep?: boolean;
  /** Has `list()` and `destroyAll()`. @default {false} */
  readonly subject?: boolean;
}

/** What the kit hands to `create()`. */
export interface StoreTestContext {
  /** The kit's clock, for the store's `now` option. It moves only when the kit moves it. */
  readonly now: () => number;
  /** The name of the case that asks. */
  readonly case: string;
  /** The seed of this run. */
  readonly seed: number;
}

/** What `create()` hands to the kit: one store without a session in it. */
export interface StoreUnderTest {
  /** The store. */
  readonly store: AnyStore;
  /**
   * A second store over the same data, as another process would have it. The
   * race cases use both. Leave it out where other processes may read late.
   */
  readonly peer?: AnyStore;
  /**
   * A store that shares the server but not the sessions (another prefix,
   * another table): `all()`, `length()` and `clear()` must leave it alone.
   */
  readonly neighbour?: AnyStore;
  /**
   * The store's time in milliseconds since the epoch.
   *
   * @default {context.now} with an injected clock, `Date.now` with a server clock
   */
  readonly now?: () => MaybePromise<number>;
  /** Moves the store's clock, where it is an injected one that cannot call `context.now`. */
  readonly advance?: (ms: number) => MaybePromise<void>;
  /** Closes connections and drops data; runs after the case, passed or failed. */
  readonly close?: () => MaybePromise<void>;
}
