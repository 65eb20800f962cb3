/** The kit over stores with one fault each: which case finds it. */
import { describe, expect, test } from "vitest";
import type { AnyStore, StoreTestContext, StoreUnderTest } from "../../src/testing/mod.ts";
import { outcomes, red } from "./outcomes.ts";
import { lateStore } from "./late_store.ts";
import { wrongAtomicity } from "./wrong/atomicity.ts";
import { wrongClocks } from "./wrong/clocks.ts";
import { wrongEncodings } from "./wrong/encodings.ts";
import { distantStore, readingStore, wrongFailures } from "./wrong/failures.ts";
import { wrongFarEnds } from "./wrong/far_ends.ts";
import { patientStore, wrongGhosts } from "./wrong/ghosts.ts";
import { wrongHearing } from "./wrong/hearing.ts";
import { fortnightStore, wrongLimitsOfItsOwn } from "./wrong/limits.ts";
import { wrongLinks } from "./wrong/links.ts";
import { wrongMarks } from "./wrong/marks.ts";
import { wrongMoments } from "./wrong/moments.ts";
import { wrongMoves } from "./wrong/moves.ts";
import { wrongNeighbours } from "./wrong/neighbours.ts";
import { wrongOwners } from "./wrong/owners.ts";
import { wrongPowers } from "./wrong/powers.ts";
import { wrongRecords } from "./wrong/records.ts";
import { wrongSeldom } from "./wrong/seldom.ts";
import { limitedStore, wrongServerLimits } from "./wrong/server_limits.ts";
import { wrongSliding } from "./wrong/sliding.ts";
import { newFirst, ONE, wrongSteps } from "./wrong/steps.ts";
import { wrongSubjects } from "./wrong/subjects.ts";
import { wrongSweeps } from "./wrong/sweeps.ts";
import { wrongTexts } from "./wrong/texts.ts";
import { wrongWalks } from "./wrong/walks.ts";
import { tellingStore, wrongWatching } from "./wrong/watching.ts";
import { wrongWrites } from "./wrong/writes.ts";
import { EVERYTHING, type WrongStore } from "./wrong/wrong_store.ts";

const WRONG: readonly WrongStore[] = [
  ...wrongWrites,
  ...wrongRecords,
  ...wrongMarks,
  ...wrongMoves,
  ...wrongMoments,
  ...wrongFarEnds,
  ...wrongLimitsOfItsOwn,
  ...wrongClocks,
  ...wrongServerLimits,
  ...wrongSliding,
  ...wrongTexts,
  ...wrongEncodings,
  ...wrongPowers,
  ...wrongWalks,
  ...wrongSweeps,
  ...wrongNeighbours,
  ...wrongSubjects,
  ...wrongOwners,
  ...wrongSteps,
  ...wrongSeldom,
  ...wrongLinks,
  ...wrongFailures,
  ...wrongGhosts,
  ...wrongAtomicity,
  ...wrongWatching,
  ...wrongHearing,
];

const told = WRONG.filter(({ caughtBy }) => caughtBy.length > 0);
const untold = WRONG.filter(({ caughtBy }) => caughtBy.length === 0);

/** The kit over a wrong store, by the cases that have to find it or by all. */
function run({ make, claims, caughtBy }: WrongStore) {
  const create = async (context: StoreTestContext): Promise<StoreUnderTest> => {
    const made = await make(context.now, context);
    return "store" in made ? made : { store: made };
  };
  const capabilities = { ...EVERYTHING, ...claims };
  const named = (name: string) => caughtBy.length === 0 || caughtBy.includes(name);
  // Who waits for a notice that never comes need not wait for long: nothing is far away here.
  const patience = capabilities.watch && caughtBy.length > 0 ? { answerWithin: 2_000 } : {};
  return outcomes({ create, capabilities, seed: 7, ...patience }, named);
}

test("at least forty stores are wrong, each in its own way", () => {
  expect(told.length).toBeGreaterThanOrEqual(40);
  expect(new Set(WRONG.map(({ fault }) => fault)).size).toBe(WRONG.length);
});

describe("the kit finds that", () => {
  test.for(told)("$fault ← $caughtBy.0", async (wrong) => {
    const found = await run(wrong);
    expect(found.map(({ name }) => name).sort()).toEqual([...wrong.caughtBy].sort());
    expect(red(found).sort()).toEqual([...wrong.caughtBy].sort());
    for (const { error } of found) expect(error?.message).toMatch(/seed 7; WEBSESSION_SEED=7/);
  });
});

describe("nobody can tell from outside that", () => {
  test.for(untold)("$fault: $because", async (wrong) => {
    expect(red(await run(wrong))).toEqual([]);
    expect(wrong.because).toBeDefined();
  });
});

describe("the kit is green for what the wrong stores are made of:", () => {
  const right: Record<string, Omit<WrongStore, "fault" | "caughtBy">> = {
    "a store that answers late": { make: (now) => lateStore(now) as AnyStore },
    "one that drops in a fortnight what has no end": { make: (now) => fortnightStore(now) },
    "one on a server with a limit of its own": { make: (now) => limitedStore(now) },
    "the same on the server's clock": {
      make: () => limitedStore(() => Date.now()),
      claims: { clock: "server" },
    },
    "one that knows a text that is no session": {
      make: (now) => readingStore(now),
      claims: { corrupt: true },
    },
    "one that says when its server is away": {
      make: (now) => distantStore(now),
      claims: { outage: true },
    },
    "one that waits until its server is back, and compares then": {
      make: (now) => patientStore(now),
      claims: { outage: true },
    },
    "one that tells of ends, and is away at times": {
      make: (now) => tellingStore(now),
      claims: { watch: true, outage: true },
    },
    "one that is in order within its process and claims no more": {
      make: (now) => ({ ...lateStore(now), atomic: false }) as AnyStore,
      claims: { atomic: false },
    },
  };
  test.for(Object.entries(right))("%s", async ([, one]) => {
    const all = await run({ fault: "none", caughtBy: [], ...one });
    expect(all.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(all.length).toBeGreaterThan(70);
  });
});

test("a rotation in two steps may leave both ids alive for a moment, where it is claimed", async () => {
  const claims = { rotation: "two steps" } as const;
  const found = await run({ fault: "none", caughtBy: ONE, claims, make: newFirst });
  expect(found.map(({ name, error }) => [name, error])).toEqual([[ONE[0], undefined]]);
});
