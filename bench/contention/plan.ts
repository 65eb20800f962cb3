/** What is measured where many requests write to one session at the same time. */

/** What the requests do to the session. */
export const CHANGES = ["a key each", "one counter"] as const;
export type Change = typeof CHANGES[number];

/** Where the sessions are kept. */
export type Place = "memory, 20 ms a call" | "Redis" | "Redis, 3 processes";

export interface Contestant {
  readonly name: string;
  readonly entry: "express" | "fetch" | "hono" | "express-session";
}

/** The real express-session: every claim stands beside what it does in the same run. */
export const PEER: Contestant = {
  name: "express-session",
  entry: "express-session",
};

export const OURS: readonly Contestant[] = [
  { name: "websession (Express)", entry: "express" },
  { name: "websession (fetch)", entry: "fetch" },
  { name: "websession (Hono)", entry: "hono" },
];

export const CONTESTANTS: readonly Contestant[] = [...OURS, PEER];

export interface Shape {
  /**
   * `burst`: so many requests at once, and the next ones when all are answered.
   * `steady`: so many clients, each sending its next request when the last one is answered.
   * `apart`: the same, each with a session of its own: what the machine does without contention.
   */
  readonly kind: "burst" | "steady" | "apart";
  readonly writers: number;
}

/** Nobody else writes: what the others' waiting is compared with. */
export const ALONE: Shape = { kind: "steady", writers: 1 };

/** The shape of the target, and what is left of it without contention. */
export const TARGET: Shape = { kind: "steady", writers: 32 };
export const TARGET_APART: Shape = { kind: "apart", writers: 32 };

/** What p99 of that shape may be, in medians of a writer alone. */
export const MOST_TIMES_ALONE = 20;

const burst = (writers: number): Shape => ({ kind: "burst", writers });
const steady = (writers: number): Shape => ({ kind: "steady", writers });

const STEADY = [4, 8, 16, 64].map(steady);
const BURSTS = [8, 20, 50, 100, 200].map(burst);
/** 16 on each of three processes. */
const SPREAD = steady(48);

/** How much of each shape is run in a round: what is reached first ends it. */
export interface Bounds {
  /** No burst and no request begins later than this. */
  readonly milliseconds: number;
  /** The most requests of all bursts; each is whole, and there is at least one. */
  readonly requests: number;
  /** The most requests of a steady writer. */
  readonly each: number;
}

export interface Part {
  readonly place: Place;
  readonly processes: number;
  /** In the order they are run: what all are compared with, the target, and what may be left out. */
  readonly shapes: readonly Shape[];
  /** Milliseconds of each row that nobody counts, before the first: until the compiler is done. */
  readonly warm: number;
  /** A row is run so often, all rows of a shape in turn; its times are the medians of the rounds. */
  readonly rounds: number;
  readonly bounds: Bounds;
  /** All rows of a shape at the same time: they wait, they do not compute. */
  readonly together: boolean;
  /** What would begin later than this is left out, and the report says so. */
  readonly mostSeconds: number;
}

export const PARTS: readonly Part[] = [
  {
    place: "memory, 20 ms a call",
    processes: 1,
    shapes: [ALONE, TARGET, ...STEADY, ...BURSTS],
    warm: 500,
    rounds: 1,
    bounds: { milliseconds: 3000, requests: 100, each: 15 },
    together: true,
    mostSeconds: 50,
  },
  {
    place: "Redis",
    processes: 1,
    shapes: [ALONE, TARGET, TARGET_APART, ...STEADY, ...BURSTS],
    warm: 2000,
    rounds: 3,
    bounds: { milliseconds: 300, requests: 150, each: 1000 },
    together: false,
    mostSeconds: 120,
  },
  {
    place: "Redis, 3 processes",
    processes: 3,
    shapes: [ALONE, SPREAD],
    warm: 400,
    rounds: 3,
    bounds: { milliseconds: 250, requests: 150, each: 1000 },
    together: false,
    mostSeconds: 35,
  },
];

/** The store of the first part answers after so long. */
export const LATENCY = 20;

export function nameOf({ kind, writers }: Shape): string {
  if (kind === "burst") return `burst of ${writers}`;
  if (kind === "apart") return `${writers} writers, a session each`;
  return writers === 1 ? "1 writer alone" : `${writers} steady writers`;
}

/** The shapes in the order they are read. */
export const READING_ORDER: readonly string[] = [
  ALONE,
  ...BURSTS,
  ...[...STEADY, TARGET, SPREAD].sort((a, b) => a.writers - b.writers),
  TARGET_APART,
].map(nameOf);
