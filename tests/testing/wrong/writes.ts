/** What create() and commit() may do wrong. */
import type { CommitResult, SessionRecord, StoredSession, Version } from "../../../src/store.ts";
import { but } from "../late_store.ts";
import type { AnyStore } from "../../../src/testing/mod.ts";
import type { WrongStore } from "./wrong_store.ts";

const INTERLEAVED = "concurrent verbs answer as if they came one after the other";
const INCREMENTS = "concurrent increments are all counted";
const TAKE = "a value that is taken once has one taker";
const REVIVED = "a destroyed session is never revived, whatever was in flight";
const STALE = "commit() with an old version is a conflict that hands back what stands there";

/** A store whose versions are made of what they mark. */
function marked(now: () => number, mark: (stored: StoredSession) => unknown): AnyStore {
  return but(now, (_, memory) => {
    const outward = (stored: StoredSession | undefined) =>
      stored && { ...stored, version: mark(stored) };
    return {
      read: async (id: string) => outward(memory.read(id)),
      async commit(id: string, record: SessionRecord, version: Version): Promise<CommitResult> {
        const current = memory.read(id);
        if (current === undefined) return { status: "gone" };
        if (mark(current) !== version) return { status: "conflict", current: outward(current)! };
        memory.commit(id, record, current.version);
        return { status: "committed", version: mark(memory.read(id)!) };
      },
    };
  });
}

export const wrongWrites: readonly WrongStore[] = [
  {
    fault: "destroy() says that there was no record where there was one",
    caughtBy: [
      "destroy() removes the record, and again is fine, and of nothing is fine",
      INTERLEAVED,
    ],
    make: (now) =>
      but(now, (_, memory) => ({
        destroy: async (id: string) => {
          memory.destroy(id);
          return false;
        },
      })),
  },
  {
    fault: "destroy() says that there was a record where there was none",
    caughtBy: ["destroy() removes the record, and again is fine, and of nothing is fine"],
    make: (now) =>
      but(now, (_, memory) => ({
        destroy: async (id: string) => {
          memory.destroy(id);
          return true;
        },
      })),
  },
  {
    fault: "commit() creates",
    caughtBy: [
      "commit() never creates: an unknown id is gone",
      "commit() after destroy() is gone and revives nothing",
      "commit() of an expired session is gone and revives nothing",
      REVIVED,
      INTERLEAVED,
      "parallel requests of an application lose nothing, and revive no logout",
    ],
    make: (now) =>
      but(now, (_, memory) => ({
        async commit(id: string, record: SessionRecord, version: Version) {
          const result = memory.commit(id, record, version);
          if (result.status !== "gone") return result;
          memory.create(id, record);
          return { status: "committed" };
        },
      })),
  },
  {
    fault: "commit() says gone and creates all the same",
    caughtBy: ["commit() after destroy() is gone and revives nothing", REVIVED],
    make: (now) =>
      but(now, (_, memory) => ({
        async commit(id: string, record: SessionRecord, version: Version) {
          const result = memory.commit(id, record, version);
          if (result.status === "gone") memory.create(id, record);
          return result;
        },
      })),
  },
  {
    fault: "commit() ignores the version",
    caughtBy: [STALE, "commit() with the version undefined is a conflict", INCREMENTS, TAKE],
    make: (now) =>
      but(now, (_, memory) => ({
        commit: async (id: string, record: SessionRecord) =>
          memory.commit(id, record, memory.read(id)?.version),
      })),
  },
  {
    fault: "commit() takes undefined for any version",
    caughtBy: ["commit() with the version undefined is a conflict"],
    make: (now) =>
      but(now, (store, memory) => ({
        commit: (id: string, record: SessionRecord, version: Version) =>
          store.commit(id, record, version ?? memory.read(id)?.version),
      })),
  },
  {
    fault: "commit() compares, waits and then swaps",
    caughtBy: [INTERLEAVED, INCREMENTS, TAKE],
    make: (now) =>
      but(now, (store, memory) => ({
        async commit(id: string, record: SessionRecord, version: Version): Promise<CommitResult> {
          const current = await store.read(id);
          if (current === undefined) return { status: "gone" };
          if (current.version !== version) return { status: "conflict", current };
          return memory.commit(id, record, memory.read(id)?.version);
        },
      })),
  },
  {
    fault: "a conflict hands back the loser's text",
    caughtBy: [STALE],
    make: (now) =>
      but(now, (store) => ({
        async commit(id: string, record: SessionRecord, version: Version) {
          const result = await store.commit(id, record, version);
          if (result.status !== "conflict") return result;
          return { status: "conflict", current: { ...result.current, json: record.json } };
        },
      })),
  },
  {
    fault: "create() overwrites",
    caughtBy: [
      "create() answers false for a live id and leaves its record as it is",
      "of two concurrent create() of one id one wins, and the other changes nothing",
    ],
    make: (now) =>
      but(now, (_, memory) => ({
        async create(id: string, record: SessionRecord) {
          memory.destroy(id);
          return memory.create(id, record);
        },
      })),
  },
  {
    fault: "create() looks, waits and then writes",
    caughtBy: ["of two concurrent create() of one id one wins, and the other changes nothing"],
    make: (now) =>
      but(now, (store, memory) => ({
        async create(id: string, record: SessionRecord) {
          if (await store.read(id)) return false;
          memory.destroy(id);
          return memory.create(id, record);
        },
      })),
  },
  {
    fault: "versions count from 1 for each record",
    caughtBy: ["a version from before destroy() does not match a new record of the same id"],
    make: (now) =>
      but(now, (_, memory) => {
        const first = new Map<string, number>();
        const outward = (id: string, stored: StoredSession | undefined) =>
          stored && { ...stored, version: Number(stored.version) - (first.get(id) ?? 0) };
        return {
          async create(id: string, record: SessionRecord) {
            const made = memory.create(id, record);
            if (made) first.set(id, Number(memory.read(id)?.version) - 1);
            return made;
          },
          read: async (id: string) => outward(id, memory.read(id)),
          commit: async (id: string, record: SessionRecord, version: Version) => {
            const result = memory.commit(id, record, Number(version) + (first.get(id) ?? 0));
            if (result.status === "gone") return result;
            const current = outward(id, memory.read(id));
            return result.status === "conflict"
              ? { status: "conflict", current }
              : { status: "committed", version: current?.version };
          },
        };
      }),
  },
  {
    fault: "a version is the second it was made in",
    caughtBy: [STALE],
    make: (now) => marked(now, () => Math.floor(now() / 1_000)),
  },
  {
    fault: "a version is the length of the text",
    caughtBy: [STALE],
    make: (now) => marked(now, ({ json }) => json.length),
  },
  {
    fault: "commit() answers the version from before",
    caughtBy: ["commit() answers a mark that the next commit() may use"],
    make: (now) =>
      but(now, (store) => ({
        async commit(id: string, record: SessionRecord, version: Version) {
          const result = await store.commit(id, record, version);
          return result.status === "committed" ? { ...result, version } : result;
        },
      })),
  },
  {
    fault: "a conflict changes the record all the same",
    caughtBy: [STALE],
    make: (now) =>
      but(now, (_, memory) => ({
        async commit(id: string, record: SessionRecord, version: Version) {
          const result = memory.commit(id, record, version);
          if (result.status === "conflict") memory.commit(id, record, result.current.version);
          return result;
        },
      })),
  },
  {
    fault: "destroy() leaves the text for a read within the same second",
    caughtBy: ["destroy() removes the record, and again is fine, and of nothing is fine"],
    make: (now) =>
      but(now, (store) => {
        const cache = new Map<string, [StoredSession | undefined, number]>();
        return {
          async read(id: string) {
            const [stored, time] = cache.get(id) ?? [];
            if (time === now()) return stored;
            const found = await store.read(id);
            cache.set(id, [found, now()]);
            return found;
          },
        };
      }),
  },
  {
    fault: "destroy() of nothing is an error",
    caughtBy: ["destroy() removes the record, and again is fine, and of nothing is fine"],
    make: (now) =>
      but(now, (_, memory) => ({
        async destroy(id: string) {
          if (memory.read(id) === undefined) throw new Error("no such session");
          memory.destroy(id);
        },
      })),
  },
  {
    fault: "a missing session is null",
    caughtBy: ["read() of an unknown id is undefined"],
    make: (now) =>
      but(now, (store) => ({ read: async (id: string) => await store.read(id) ?? null })),
  },
  {
    fault: "read() hands out the object that the next write changes",
    caughtBy: ["what read() handed out stays as it was, whatever is written afterwards"],
    make: (now) =>
      but(now, (_, memory) => {
        const handed = new Map<string, object>();
        return {
          async read(id: string) {
            const stored = memory.read(id);
            if (stored === undefined) return undefined;
            const one = Object.assign(handed.get(id) ?? {}, stored);
            handed.set(id, one);
            return one;
          },
        };
      }),
  },
];
