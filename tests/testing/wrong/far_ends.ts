/** What may become of an end on its way into the store. */
import type { SessionRecord, Version } from "../../../src/store.ts";
import { but } from "../late_store.ts";
import type { WrongStore } from "./wrong_store.ts";

const STANDS = [
  "the end that stands is the one that was written, however near to the last or far",
];
const BEFORE_1970 = ["an end before 1970 is over"];
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
  ["takes the last end for none", STANDS, (end) => end === 8.64e15 ? null : end],
  ["ends all in 30 days", STANDS, (end, now) => most(end, now + 30 * DAY)],
  ["counts milliseconds in 31 bits", STANDS, (end, now) => most(end, now + 2 ** 31)],
  ...[1_000, 60_000].map((least): [string, string[], Kept] => [
    `moves no end by less than ${least} ms`,
    STANDS,
    (end, _, old) => end !== null && old !== null && Math.abs(end - old) < least ? old : end,
  ]),
];

export const wrongFarEnds: readonly WrongStore[] = FAULTS.flatMap(([fault, caughtBy, kept]) => [
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
