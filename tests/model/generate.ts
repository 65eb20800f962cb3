/** Random programs. */
import { type Random, seeded } from "../../src/testing/random.ts";
import {
  type Attribute,
  type Deed,
  EDITS,
  type Ending,
  ENTRIES,
  type EntryName,
  type Fault,
  type FaultKind,
  type Keep,
  type Op,
  type Program,
  type Request,
  STORES,
  type UpdateKind,
  type Wave,
} from "./program.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const LIVES = [5 * MINUTE, 15 * MINUTE, 30 * DAY];
const ATTRIBUTES = Object.keys(EDITS) as Attribute[];
const KEYS = ["a", "b", "c"];
const KEEPS: readonly Keep[] = [true, false, [], ["a"], ["a", "log", "last"], [
  "b",
  "gift",
  "flash",
]];
const UPDATES: readonly UpdateKind[] = ["sync", "sync", "async", "throws", "rejects", "retried"];

/** Things and how often each is drawn. */
type Weighted<T> = readonly (readonly [weight: number, make: (random: Random) => T])[];

function draw<T>(random: Random, things: Weighted<T>): T {
  let left = random.below(things.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, make] of things) {
    if (left < weight) return make(random);
    left -= weight;
  }
  throw new Error("Nothing to draw from");
}

const OPS: Weighted<Op> = [
  [10, (random) => ["set", random.pick(KEYS)]],
  [2, (random) => ["delete", random.pick(KEYS)]],
  [3, () => ["nest"]],
  [6, () => ["save"]],
  [2, () => ["reload"]],
  [2, () => ["touch"]],
  [3, (random) => ["maxAge", random.pick(LIVES)]],
  [2, (random) => ["attribute", random.pick(ATTRIBUTES)]],
  [2, () => ["regenerate"]],
  [4, (random) => ["regenerate", random.pick(KEEPS)]],
  [5, (random) => ["login", random.pick(["ann", "bob"])]],
  [3, (random) => ["login", random.pick(["ann", "bob"]), random.pick(KEEPS)]],
  [8, (random) => ["update", random.pick(UPDATES)]],
  [3, () => ["take", "gift"]],
  [2, () => ["set", "gift"]],
  [3, () => ["say"]],
  [2, () => ["hear"]],
  [3, () => ["destroy"]],
  [2, () => ["logout"]],
  [1, () => ["revoke"]],
  [1, () => ["expel"]],
  [1, (random) => ["revokeAll", random.pick(["ann", "bob"])]],
  [1, (random) => ["revokeAll", random.pick(["ann", "bob"]), true]],
  [2, () => ["wait", 1000]],
  [2, () => ["void", ["save"]]],
  [1, (random) => ["void", ["update", random.pick(["sync", "async"])]]],
];

const ENDINGS: Weighted<Ending> = [
  [14, () => "ok"],
  [2, () => "redirect"],
  [2, () => "error"],
  [2, () => "throw"],
  [1, () => "throwResponse"],
  [1, () => "throwRedirect"],
  [1, () => "abort"],
  [2, () => "stream"],
  [1, () => "cut"],
];

/** What a handler of this entry can throw as an answer; with the others it redirects. */
const THROWS: Record<EntryName, readonly Ending[]> = {
  express: [],
  wrap: ["throwResponse", "throwRedirect"],
  open: ["throwResponse"],
  hono: ["throwResponse"],
};

const DEEDS: readonly Deed[] = [
  "read",
  "write",
  "write",
  "write",
  "touch",
  "touch",
  "destroy",
  "destroy",
  "index",
];
/** How many calls of a deed a wave mostly has, and more. */
const NTHS: Record<Deed, number> = { read: 4, write: 4, touch: 2, destroy: 2, index: 1 };
const KINDS: readonly FaultKind[] = ["before", "before", "after", "after", "hang", "mute", "late"];

function several<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

/** What the visitors of a program have done before it becomes interesting. */
function setUp(random: Random, visitors: number): Wave {
  const requests = several(visitors, () => 0).map((_, visitor): Request => {
    const all: readonly Op[] = [
      ["set", "a"],
      ["set", "b"],
      ["nest"],
      ["set", "gift"],
      ["update", "sync"],
      ["say"],
      ["maxAge", random.pick(LIVES)],
      ["login", "ann"],
    ];
    return { visitor, ops: all.filter(() => random.below(2) === 0), ends: "ok" };
  });
  return { requests };
}

function request(random: Random, entry: EntryName, visitors: number, isAuto: boolean): Request {
  const ops = several(random.below(4), () => draw(random, OPS));
  const drawn = draw(random, ENDINGS);
  const isPossible = !drawn.startsWith("throwRe") || THROWS[entry].includes(drawn);
  const ends = isPossible ? drawn : "redirect";
  const visitor = random.below(4) === 0 ? random.below(visitors) : 0;
  const isStream = ends === "stream" || ends === "cut";
  const rest = isStream && { rest: several(random.below(3), () => draw(random, OPS)) };
  return { visitor, ops, ends, ...rest, ...isAuto && random.below(2) === 0 && { isPlain: true } };
}

/** Many writers of one session at once. */
function burst(random: Random): Request[] {
  return several(17 + random.below(24), () => 0).map((_, index): Request => {
    const op: Op = random.below(3) === 0 ? ["update", "sync"] : ["set", `k${index}`];
    return { visitor: 0, ops: [op], ends: "ok" };
  });
}

function faults(random: Random): Fault[] {
  const count = Math.max(0, random.below(6) - 3);
  return several(count, () => {
    const deed = random.pick(DEEDS);
    return { deed, nth: 1 + random.below(NTHS[deed]), how: random.pick(KINDS) };
  });
}

/** The program of a seed; for one entry, or on one store, if these are given. */
export function generate(seed: number, given: Partial<Pick<Program, "entry" | "store">> = {}) {
  return programOf(seeded(seed), given);
}

/** Ids that become old, in a program that was drawn without: the seeds before it stay what they were. */
function withOldIds(random: Random, program: Program): Program {
  if (random.below(4) !== 0) return program;
  // A store that cannot compare and loses an answer may leave a session at two places: see the README.
  const canCompare = program.store === "atomic" || program.store === "sliding";
  const [begin, first, ...others] = program.waves.map(({ faults, ...wave }): Wave => {
    return canCompare && faults !== undefined ? { ...wave, faults } : wave;
  });
  return {
    ...program,
    rotateAfter: MINUTE,
    waves: [
      begin!,
      { ...first!, later: random.pick([MINUTE, MINUTE, 4 * MINUTE]) },
      // Within the time that an old id leads on, at its end, and beyond it.
      ...others.map((wave) => ({ ...wave, later: random.pick([10_000, 28_000, 32_000, MINUTE]) })),
    ],
  };
}

function programOf(random: Random, given: Partial<Program>): Program {
  const visitors = 1 + random.below(2);
  const drawn = { entry: random.pick(ENTRIES), store: random.pick(STORES) };
  const { entry, store } = { ...drawn, ...given };
  const isAuto = entry === "express" && random.below(4) === 0;
  const wave = (): Wave => {
    const isBurst = random.below(40) === 0;
    const count = 1 + random.below(4);
    const requests = isBurst
      ? burst(random)
      : several(count, () => request(random, entry, visitors, isAuto));
    const planned = isBurst ? [] : faults(random);
    // Hardly anybody asks for what such a fault is about.
    if (planned.some(({ deed }) => deed === "index")) {
      requests.push({ visitor: 0, ops: [["revokeAll", "ann"]], ends: "ok" });
    }
    return {
      ...random.below(2) === 0 && { later: random.pick([MINUTE, 4 * MINUTE, 12 * MINUTE, DAY]) },
      requests,
      ...planned.length > 0 && { faults: planned },
    };
  };
  return withOldIds(random, {
    entry,
    store,
    life: random.pick([null, 15 * MINUTE, 15 * MINUTE]),
    ...random.below(3) === 0 && { rolling: true },
    ...random.below(4) === 0 && { resave: true },
    ...isAuto && { isAuto },
    ...random.below(30) === 0 && { gc: true },
    waves: [setUp(random, visitors), wave(), ...random.below(2) === 0 ? [wave()] : []],
    schedule: [],
  });
}
