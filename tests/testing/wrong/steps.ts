/** What takes more than one step, or stops half way. */
import type { CommitResult, SessionRecord, Version } from "../../../src/store.ts";
import { but } from "../late_store.ts";
import type { WrongStore } from "./wrong_store.ts";

const ONE = ["at no moment of a rotate() are both ids alive, or both dead"];
const ANOTHERS = ["destroyAll() ends no session that has become another subject's"];
const TAKEN = ["a rotate() that does not take place leaves the session that has the new id"];
const WHOLE = ["a rotate() of a larger text moves it whole, or is refused and moves nothing"];
const MANY = ["clear() reaches every session, however many"];

const turns = async (count: number) => {
  for (let left = count; left > 0; left--) await undefined;
};

type Rotate = (from: string, to: string, record: SessionRecord, version: Version) => unknown;

export const wrongSteps: readonly WrongStore[] = [
  ...["makes the new session before it drops the old one", "drops the old session first"].map(
    (fault, at): WrongStore => ({
      fault: `rotate() ${fault}`,
      caughtBy: ONE,
      make: (now) =>
        but(now, (_, memory) => ({
          async rotate(
            from: string,
            to: string,
            record: SessionRecord,
            version: Version,
          ): Promise<CommitResult> {
            const current = memory.read(from);
            if (current === undefined) return { status: "gone" };
            if (current.version !== version) return { status: "conflict", current };
            const steps = [() => memory.create(to, record), () => memory.destroy(from)];
            if (at === 1) steps.reverse();
            steps[0]!();
            await turns(12);
            steps[1]!();
            return { status: "committed" };
          },
        })),
    }),
  ),
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
