/** What may become of an end on its way into the store. */
import type { SessionRecord, Version } from "../../../src/store.ts";
import type { AnyStore } from "../../../src/testing/mod.ts";
import { but } from "../late_store.ts";
import type { WrongStore } from "./wrong_store.ts";

const STANDS = [
  "the end that stands is the one that was written, however near to the last or far",
];
const BEFORE_1970 = ["an end before 1970 is over"];
const ENDLESS = ["a session without an end lives on, and one of ten years keeps its end"];
const LIMIT = [
  "a session without an end lives until keptUntil, where the store says so, and no longer",
];
const DAY = 86_400_000;

type End = number | null;
type Kept = (end: End, now: number, before: End) => End;

const most = (end: End, limit: number): End => end === null ? null : Math.min(end, limit);

const FAULTS: readonly [fault: string, caughtBy: string[], kept: Kept][] = [
  ["takes an end below 0 for none", BEFORE_1970, (end) => end !== null && end < 0 ? null : end],
  ["takes -1 for no end", BEFORE_1970, (end) => end === -1 ? null : end],
  ["ends all in 2038", STANDS, (end) => most(end, 2 ** 31 * 1_000 - 1)],
  ["ends all in 2106", STANDS, (end) => most(end, 2 ** 32 * 1_000 - 1)],
  ["ends all in 9999", STANDS, (end) => most(end, 253_402_300_799_999)],
  ["takes an end that is too late for none", STANDS, (end) => Number(end) > 8.64e15 ? null : end],
  ["takes Infinity for none", STANDS, (end) => end === Infinity ? null : end],
  ["takes the last end for none", STANDS, (end) => end === 8.64e15 ? null : end],
  ["ends all in 30 days", STANDS, (end, now) => most(end, now + 30 * DAY)],
  ["counts milliseconds in 31 bits", STANDS, (end, now) => most(end, now + 2 ** 31)],
  ...[1_000, 60_000].map((least): [string, string[], Kept] => [
    `moves no end by less than ${least} ms`,
    STANDS,
    (end, _, old) => end !== null && old !== null && Math.abs(end - old) < least ? old : end,
  ]),
];

/** What a store may say of the limit of its own by which it drops a session without an end. */
const LIMITS: readonly [fault: string, caughtBy: string[], said: (limit: number) => number][] = [
  ["is 0", ENDLESS, () => 0],
  ["is NaN", ENDLESS, () => NaN],
  ["is Infinity", ENDLESS, () => Infinity],
  ["counts seconds", ENDLESS, (limit) => Math.floor(limit / 1_000)],
  ["is an hour too early", LIMIT, (limit) => limit - 3_600_000],
  ["is an hour too late", LIMIT, (limit) => limit + 3_600_000],
];

/** A store that drops sessions without an end after a day, and says so. */
export function forgetful(
  now: () => number,
  said: (limit: number) => number | undefined = (limit) => limit,
): AnyStore {
  const limits = new Map<string, number>();
  return but(now, (store, memory) => {
    const meet = (id: string) => {
      const limit = limits.get(id);
      if (limit !== undefined && limit <= now()) memory.destroy(id);
    };
    return {
      create: (id: string, record: SessionRecord) => {
        if (record.expires === null) limits.set(id, now() + DAY);
        return store.create(id, record);
      },
      async read(id: string) {
        meet(id);
        const stored = await store.read(id);
        const limit = limits.get(id);
        if (stored?.expires !== null || limit === undefined) return stored;
        return { ...stored, keptUntil: said(limit) };
      },
    };
  });
}

const wrongLimits = LIMITS.map(([fault, caughtBy, said]): WrongStore => ({
  fault: `keptUntil ${fault}`,
  caughtBy,
  make: (now) => forgetful(now, said),
}));

const wrongEnds = FAULTS.flatMap(([fault, caughtBy, kept]): WrongStore[] => [
  {
    fault: `touch() ${fault}`,
    caughtBy,
    make: (now) =>
      but(now, (_, memory) => ({
        touch: async (id: string, end: End) =>
          memory.touch(id, kept(end, now(), memory.read(id)?.expires ?? null)),
      })),
  },
  {
    fault: `commit() ${fault}`,
    caughtBy,
    make: (now) =>
      but(now, (_, memory) => ({
        commit: async (id: string, record: SessionRecord, version: Version) => {
          const expires = kept(record.expires, now(), memory.read(id)?.expires ?? null);
          return memory.commit(id, { ...record, expires }, version);
        },
      })),
  },
]);

export const wrongFarEnds: readonly WrongStore[] = [
  ...wrongEnds,
  ...wrongLimits,
  {
    fault: "answers Infinity where there is no end",
    caughtBy: ENDLESS,
    make: (now) =>
      but(now, (store) => ({
        async read(id: string) {
          const stored = await store.read(id);
          return stored && { ...stored, expires: stored.expires ?? Infinity };
        },
      })),
  },
  {
    fault: "keptUntil stands beside an end",
    caughtBy: ["read() answers what create() stored, unchanged, with its end"],
    make: (now) =>
      but(now, (store) => ({
        async read(id: string) {
          const stored = await store.read(id);
          return stored && { ...stored, keptUntil: now() + DAY };
        },
      })),
  },
];
