/** What takes more than one step, or stops half way. */
import type { CommitResult, SessionRecord, Version } from "../../../src/store.ts";
import type { AnyStore } from "../../../src/testing/mod.ts";
import { but } from "../late_store.ts";
import type { WrongStore } from "./wrong_store.ts";

export const ONE = ["at no moment of a rotate() are both ids alive, or both dead"];
const ANOTHERS = ["destroyAll() ends no session that has become another subject's"];
const TAKEN = ["a rotate() that does not take place leaves the session that has the new id"];
const WHOLE = ["a rotate() of a larger text moves it whole, or is refused and moves nothing"];
const MANY = ["clear() reaches every session, however many"];

const turns = async (count: number) => {
  for (let left = count; left > 0; left--) await undefined;
};

type Rotate = (from: string, to: string, record: SessionRecord, version: Version) => unknown;

type Step = () => unknown;

/** A store that rotates in two steps, with turns between them. */
function rotatingIn(now: () => number, order: (make: Step, drop: Step) => Step[]): AnyStore {
  return but(now, (_, memory) => ({
    rotate: (async (from, to, record, version): Promise<CommitResult> => {
      const current = memory.read(from);
      if (current === undefined) return { status: "gone" };
      if (current.version !== version) return { status: "conflict", current };
      for (const step of order(() => memory.create(to, record), () => memory.destroy(from))) {
        step();
        await turns(12);
      }
      return { status: "committed" };
    }) satisfies Rotate,
  }));
}

/** One that makes the new session first. */
export const newFirst = (now: () => number): AnyStore =>
  rotatingIn(now, (make, drop) => [make, drop]);

export const wrongSteps: readonly WrongStore[] = [
  {
    fault: "rotate() makes the new session before it drops the old one",
    caughtBy: ONE,
    make: newFirst,
  },
  ...(["one step", "two steps"] as const).map((rotation): WrongStore => ({
    fault: `rotate() drops the old session first, of a store that claims ${rotation}`,
    caughtBy: ONE,
    claims: { rotation },
    make: (now) => rotatingIn(now, (make, drop) => [drop, make]),
  })),
  {
    fault: "destroyAll() drops what it has listed, whosever it is by then",
    caughtBy: ANOTHERS,
    make: (now) =>
      but(now, (_, memory) => ({
        async destroyAll(subject: string, except?: string) {
          const ids = memory.list(subject).filter((id) => id !== except);
          await turns(4);
          return ids.filter((id) => memory.destroy(id)).length;
        },
      })),
  },
  ...(["conflict", "gone"] as const).map((status): WrongStore => ({
    fault: `a rotate() that is ${status} drops the session that has the new id`,
    caughtBy: TAKEN,
    make: (now) =>
      but(now, (_, memory) => ({
        rotate: (async (from, to, record, version) => {
          const result = memory.rotate(from, to, record, version);
          if (result.status === status) memory.destroy(to);
          return result;
        }) satisfies Rotate,
      })),
  })),
  {
    fault: "a rotate() that is refused for its size drops the old session",
    caughtBy: WHOLE,
    make: (now) =>
      but(now, (_, memory) => ({
        rotate: (async (from, to, record, version) => {
          if (record.json.length < 100_000) return memory.rotate(from, to, record, version);
          memory.destroy(from);
          throw new RangeError("too large");
        }) satisfies Rotate,
      })),
  },
  {
    fault: "rotate() cuts at 70,000 characters",
    caughtBy: WHOLE,
    make: (now) =>
      but(now, (_, memory) => ({
        rotate: (async (from, to, record, version) => {
          const json = record.json.slice(0, 70_000);
          return memory.rotate(from, to, { ...record, json }, version);
        }) satisfies Rotate,
      })),
  },
  ...[500, 1_000].map((most): WrongStore => ({
    fault: `clear() stops after ${most} sessions`,
    caughtBy: MANY,
    make: (now) =>
      but(now, (_, memory) => ({
        clear: async () => memory.ids().slice(0, most).forEach((id) => memory.destroy(id)),
      })),
  })),
];
