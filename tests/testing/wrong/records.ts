/** What a store may do wrong that takes the records for plain objects. */
import type { SessionRecord, StoredSession, Version } from "../../../src/store.ts";
import { but } from "../late_store.ts";
import type { WrongStore } from "./wrong_store.ts";

const finds = (verb: string) =>
  `${verb}() stores a record whose json is a getter, and nothing beside what a record has`;

const COPIES: Record<string, (record: SessionRecord) => SessionRecord> = {
  spreads: (record) => ({ ...record }),
  clones: (record) => structuredClone(record),
  stringifies: (record) => JSON.parse(JSON.stringify(record)) as SessionRecord,
};

export const wrongRecords: readonly WrongStore[] = [
  ...Object.entries(COPIES).flatMap(([copies, copy]): WrongStore[] => [
    {
      fault: `create() ${copies} the record`,
      caughtBy: [finds("create")],
      make: (now) =>
        but(now, (store) => ({
          create: (id: string, record: SessionRecord) => store.create(id, copy(record)),
        })),
    },
    {
      fault: `commit() ${copies} the record`,
      caughtBy: [finds("commit")],
      make: (now) =>
        but(now, (store) => ({
          commit: (id: string, record: SessionRecord, version: Version) =>
            store.commit(id, copy(record), version),
        })),
    },
    {
      fault: `rotate() ${copies} the record`,
      caughtBy: [finds("rotate")],
      make: (now) =>
        but(now, (store) => ({
          rotate: (from: string, to: string, record: SessionRecord, version: Version) =>
            store.rotate(from, to, copy(record), version),
        })),
    },
  ]),
  {
    fault: "create() refuses a record whose text is no property of its own",
    caughtBy: [finds("create")],
    make: (now) =>
      but(now, (store) => ({
        create(id: string, record: SessionRecord) {
          if (!Object.hasOwn(record, "json")) throw new TypeError("a record has a text");
          return store.create(id, record);
        },
      })),
  },
  {
    fault: "what is beside the text is kept, whatever it is",
    caughtBy: ["create", "commit", "rotate"].map(finds),
    make: (now) =>
      but(now, (store) => {
        const beside = new Map<string, object>();
        return {
          create(id: string, record: SessionRecord) {
            beside.set(id, { ...record });
            return store.create(id, record);
          },
          commit(id: string, record: SessionRecord, version: Version) {
            beside.set(id, { ...record });
            return store.commit(id, record, version);
          },
          rotate(from: string, to: string, record: SessionRecord, version: Version) {
            beside.set(to, { ...record });
            return store.rotate(from, to, record, version);
          },
          async read(id: string): Promise<StoredSession | undefined> {
            const stored = await store.read(id);
            return stored && { ...beside.get(id), ...stored };
          },
        };
      }),
  },
];
