/** What touch() and rotate() may do wrong. */
import type { CommitResult, SessionRecord, Version } from "../../../src/store.ts";
import { but } from "../late_store.ts";
import type { WrongStore } from "./wrong_store.ts";

const INTERLEAVED = "concurrent verbs answer as if they came one after the other";
const REVIVED = "a destroyed session is never revived, whatever was in flight";

const VISITORS =
  "an application keeps its visitors' data, logs them in and out, and forgets them in time";

export const wrongMoves: readonly WrongStore[] = [
  {
    fault: "touch() revives",
    caughtBy: [
      "touch() never creates: an unknown or destroyed id is false",
      "touch() of an expired session is false and revives nothing",
      REVIVED,
    ],
    make: (now) =>
      but(now, (_, memory) => {
        const last = new Map<string, string>();
        return {
          async create(id: string, record: SessionRecord) {
            last.set(id, record.json);
            return memory.create(id, record);
          },
          async touch(id: string, expires: number | null) {
            return memory.touch(id, expires) ||
              memory.create(id, { json: last.get(id) ?? "{}", expires });
          },
        };
      }),
  },
  {
    fault: "touch() makes a new version",
    caughtBy: ["touch() leaves the version valid"],
    make: (now) =>
      but(now, (_, memory) => ({
        async touch(id: string, expires: number | null) {
          const stored = memory.read(id);
          if (!stored) return false;
          memory.commit(id, { json: stored.json, expires }, stored.version);
          return true;
        },
      })),
  },
  {
    fault: "touch() reads, waits and writes the old text back",
    caughtBy: [INTERLEAVED],
    make: (now) =>
      but(now, (store, memory) => ({
        async touch(id: string, expires: number | null) {
          const stored = await store.read(id);
          const current = memory.read(id);
          if (!stored || !current) return false;
          if (current.version === stored.version) return memory.touch(id, expires);
          memory.commit(id, { json: stored.json, expires }, current.version);
          return true;
        },
      })),
  },
  {
    fault: "rotate() leaves the old id alive",
    caughtBy: ["rotate() replaces the old id by the new one", INTERLEAVED, VISITORS],
    make: (now) =>
      but(now, (_, memory) => ({
        async rotate(from: string, to: string, record: SessionRecord, version: Version) {
          const result = memory.commit(from, record, version);
          if (result.status === "committed") memory.create(to, record);
          return result;
        },
      })),
  },
  {
    fault: "rotate() takes two steps",
    caughtBy: [INTERLEAVED, "of concurrent rotate() of one id one wins, and one new id lives"],
    make: (now) =>
      but(now, (store) => ({
        async rotate(
          from: string,
          to: string,
          record: SessionRecord,
          version: Version,
        ): Promise<CommitResult> {
          const current = await store.read(from);
          if (current === undefined) return { status: "gone" };
          if (current.version !== version) return { status: "conflict", current };
          await store.create(to, record);
          await store.destroy(from);
          return { status: "committed" };
        },
      })),
  },
  {
    fault: "rotate() ignores the version",
    caughtBy: ["rotate() with an old or undefined version is a conflict and changes nothing"],
    make: (now) =>
      but(now, (_, memory) => ({
        rotate: async (from: string, to: string, record: SessionRecord) =>
          memory.rotate(from, to, record, memory.read(from)?.version),
      })),
  },
  {
    fault: "rotate() keeps the text of the old id",
    caughtBy: ["rotate() replaces the old id by the new one"],
    make: (now) =>
      but(now, (store, memory) => ({
        rotate: (from: string, to: string, record: SessionRecord, version: Version) =>
          store.rotate(
            from,
            to,
            { ...record, json: memory.read(from)?.json ?? record.json },
            version,
          ),
      })),
  },
  {
    fault: "rotate() of a missing session makes the new one",
    caughtBy: ["rotate() never creates: an unknown or destroyed id is gone"],
    make: (now) =>
      but(now, (_, memory) => ({
        async rotate(from: string, to: string, record: SessionRecord, version: Version) {
          const result = memory.rotate(from, to, record, version);
          if (result.status === "gone") memory.create(to, record);
          return result;
        },
      })),
  },
  {
    fault: "touch() writes the text anew, in a place of its own",
    caughtBy: ["touch() moves the end and nothing else"],
    make: (now) =>
      but(now, (_, memory) => ({
        async touch(id: string, expires: number | null) {
          const stored = memory.read(id);
          if (stored === undefined) return false;
          memory.commit(id, { json: stored.json.replace("{", "{ "), expires }, stored.version);
          return true;
        },
      })),
  },
];
