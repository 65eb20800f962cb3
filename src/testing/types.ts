/** What a store claims, what the kit hands to its maker, what it gets back. */
import type {
  IterableStore,
  MaybePromise,
  SessionRecord,
  SessionStore,
  SlidingStore,
  SubjectStore,
  SweepableStore,
} from "../store.ts";
import type { WatchableStore } from "../watchable_store.ts";

/** A store with whatever powers it has. */
export type AnyStore =
  & SessionStore
  & Partial<Pick<SlidingStore, "readAndTouch">>
  & Partial<Pick<IterableStore, "all" | "length" | "clear">>
  & Partial<Pick<SweepableStore, "sweep">>
  & Partial<Pick<SubjectStore, "list" | "destroyAll">>
  & Partial<Pick<WatchableStore, "watch" | "announce">>;

/**
 * What a store claims. A power it has but does not claim, or claims and does
 * not have, fails the kit.
 */
export interface StoreCapabilities {
  /**
   * Who is kept in order by `commit()` and `rotate()`, which compare and swap in
   * one step.
   *
   * - `true`: every process that shares the data. That is not believed but
   *   shown: `create()` has to hand over a `peer`, and the races go through both.
   * - `"one process"`: this one, and no other can reach the data (memory does it
   *   so). The store's `atomic` is `true`.
   * - `false`: other processes may overwrite each other. The store's `atomic` is
   *   `false`; the races are run all the same, within this process, see `ordered`.
   */
  readonly atomic: boolean | "one process";
  /**
   * For a store with `atomic: false`: whether calls of one process still answer
   * as if they came one after the other, as a store with locks in memory has it.
   * `false` leaves out the races.
   *
   * @default {true}
   */
  readonly ordered?: boolean;
  /**
   * Whether `rotate()` is one step to whoever looks. `"two steps"`: whoever knows both ids may
   * find both for a moment, and `list()` may name both, as on servers without transactions (nobody
   * knows the new id before the answer). At no moment is none of them there either way.
   *
   * @default {"one step"}
   */
  readonly rotation?: "one step" | "two steps";
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
  /** Has `watch()` and `announce()`: tells every process of sessions that end. @default {false} */
  readonly watch?: boolean;
  /** `create()` hands over `corrupt()`: shows what becomes of a text that is no session. @default {false} */
  readonly corrupt?: boolean;
  /** `create()` hands over `outage()`: shows that an outage is an error and not a state. @default {false} */
  readonly outage?: boolean;
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
   * A second store over the same data by a second connection, which the races go
   * through as well: what `atomic: true` is shown by. A store that queues or locks
   * anything in its own process needs one in another process, or its locks hold
   * the peer too: see {@linkcode remoteStore}.
   *
   * With `atomic: false`, one that is to be in order with the store; leave it out
   * where there is none.
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
  /**
   * Writes `text` over the stored text of the session `id`, behind the store's
   * back. Throws where the server itself refuses the text (a JSON column does).
   */
  readonly corrupt?: (id: string, text: string) => MaybePromise<void>;
  /**
   * Cuts the store off from its data, until the function it answers is called. Where the store
   * claims `watch`, it cuts what it listens by as well.
   */
  readonly outage?: () => MaybePromise<() => MaybePromise<void>>;
  /** Closes connections and drops data; runs after the case, passed or failed. */
  readonly close?: () => MaybePromise<void>;
}

/** What the record of a case is to be like. */
export interface RecordOptions {
  /** Its end; `null` for none. @default {an hour after the case began} */
  readonly expires?: number | null;
  /** Its own lifetime, as its cookie says. @default {an hour where it has an end, else none} */
  readonly lifetime?: number | null;
  /** Whose session it is. @default {nobody's} */
  readonly subject?: string;
  /** The session's data. @default {{}} */
  readonly data?: object;
}

/** What a case of the store author's own has in its hands. */
export interface StoreCaseContext {
  /** The store. */
  readonly store: AnyStore;
  /** Its peer, or the store again where there is none. */
  readonly peer: AnyStore;
  /** Everything that `create()` handed over. */
  readonly subject: StoreUnderTest;
  /** The store's time when the case began. */
  readonly start: number;
  /** The store's time. */
  readonly now: () => MaybePromise<number>;
  /** Lets milliseconds pass: on the injected clock, or really. */
  pass(ms: number): Promise<void>;
  /** An id nobody has used. */
  id(): string;
  /** A record that differs from every other one. */
  record(options?: RecordOptions): SessionRecord;
}

/** A case of the store author's own; it fails by throwing. */
export type AdditionalCase = (context: StoreCaseContext) => MaybePromise<void>;
