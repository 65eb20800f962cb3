/** What a limit of the store's own, for sessions without an end, may do to others, or not. */
import type { SessionRecord, StoredSession, Version } from "../../../src/store.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import type { AnyStore } from "../../../src/testing/mod.ts";
import { lateStore } from "../late_store.ts";
import type { WrongStore } from "./wrong_store.ts";

const ENDS = "a session with an end lives until then, whatever limit there is for those without";
const MOVES =
  "keptUntil moves along with each touch(), commit() and rotate() of a session without end";

const FORTNIGHT = 14 * 86_400_000;

type Limited = (kind: "create" | "commit" | "touch" | "rotate", end: number | null) => boolean;

/**
 * A store that drops a session without an end after a fortnight without a write, and says so.
 *
 * @param isMoved Whether a write moves the limit; by default each does.
 * @param caps Whether the limit holds for sessions with an end as well.
 */
export function fortnightStore(
  now: () => number,
  isMoved: Limited = () => true,
  caps = false,
): AnyStore {
  const memory = memoryStore({ now });
  const store = lateStore(now, memory);
  const limits = new Map<string, number>();
  const limit = (id: string, from: string, kind: Parameters<Limited>[0], end: number | null) => {
    const before = limits.get(from);
    if (from !== id) limits.delete(from);
    limits.set(id, isMoved(kind, end) || before === undefined ? now() + FORTNIGHT : before);
  };
  /** What is met is dropped, and what is found says until when it is kept. */
  const meet = (id: string): StoredSession | undefined => {
    const stored = memory.peek(id);
    if (stored === undefined) return undefined;
    const keptUntil = limits.get(id)!;
    if ((stored.expires === null || caps) && keptUntil <= now()) {
      memory.destroy(id);
      return undefined;
    }
    return stored.expires === null ? { ...stored, keptUntil } : stored;
  };
  return {
    ...store,
    async create(id: string, record: SessionRecord) {
      meet(id);
      const isMade = memory.create(id, record);
      if (isMade) {
        limits.delete(id);
        limit(id, id, "create", record.expires);
      }
      return await isMade;
    },
    read: async (id: string) => await meet(id),
    async commit(id: string, record: SessionRecord, version: Version) {
      meet(id);
      const done = memory.commit(id, record, version);
      if (done.status === "committed") limit(id, id, "commit", record.expires);
      return await done;
    },
    async touch(id: string, end: number | null) {
      meet(id);
      const isDone = memory.touch(id, end);
      if (isDone) limit(id, id, "touch", end);
      return await isDone;
    },
    async rotate(from: string, to: string, record: SessionRecord, version: Version) {
      meet(from);
      const done = memory.rotate(from, to, record, version);
      if (done.status === "committed") limit(to, from, "rotate", record.expires);
      return await done;
    },
  } as AnyStore;
}

export const wrongLimitsOfItsOwn: readonly WrongStore[] = [
  {
    fault: "a limit for sessions without an end is one for all",
    caughtBy: [ENDS],
    make: (now) => fortnightStore(now, undefined, true),
  },
  ...(["commit", "touch", "rotate"] as const).map((verb): WrongStore => ({
    fault: `${verb}() of a session without an end leaves its limit where it was`,
    caughtBy: [MOVES],
    make: (now) => fortnightStore(now, (kind, end) => kind !== verb || end !== null),
  })),
];
