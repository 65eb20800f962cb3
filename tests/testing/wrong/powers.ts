/** What the other powers may do wrong. */
import type { SessionRecord, StoredSession } from "../../../src/store.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { but } from "../late_store.ts";
import type { WrongStore } from "./wrong_store.ts";

export const wrongPowers: readonly WrongStore[] = [
  {
    fault: "all() shows expired sessions",
    caughtBy: ["all() and length() leave expired sessions out"],
    make: (now) => {
      const blind = memoryStore({ now: () => 0 });
      return but(now, (store) => ({
        async create(id: string, record: SessionRecord) {
          blind.create(id, record);
          return await store.create(id, record);
        },
        all: () => blind.all(),
      }));
    },
  },
  {
    fault: "all() stops after a page of 100",
    caughtBy: ["all() yields every live session once, and length() counts them"],
    make: (now) =>
      but(now, (store) => ({
        async *all() {
          let left = 100;
          for await (const entry of store.all()) if (left-- > 0) yield entry;
        },
      })),
  },
  {
    fault: "all() keeps its first answer",
    caughtBy: ["all() yields every live session once, and length() counts them"],
    make: (now) => {
      let kept: [string, StoredSession][] | undefined;
      return but(now, (store) => ({
        async *all() {
          const all = kept ?? [];
          if (kept === undefined) { for await (const entry of store.all()) all.push(entry); }
          if (all.length > 0) kept = all;
          yield* all;
        },
      }));
    },
  },
  {
    fault: "all() shows the texts of its first answer",
    caughtBy: ["all() yields every live session once, and length() counts them"],
    make: (now) => {
      const texts = new Map<string, StoredSession>();
      return but(now, (store) => ({
        async *all() {
          for await (const [id, stored] of store.all()) {
            const kept = texts.get(id) ?? stored;
            texts.set(id, kept);
            yield [id, kept];
          }
        },
      }));
    },
  },
  {
    fault: "a power is missing",
    caughtBy: ["claims what it has and has what it claims"],
    make: (now) => but(now, () => ({ sweep: undefined })),
  },
  {
    fault: "all() shows a session twice",
    caughtBy: ["all() yields every live session once, and length() counts them"],
    make: (now) =>
      but(now, (store) => ({
        async *all() {
          for await (const entry of store.all()) {
            yield entry;
            if (entry[0].endsWith("7")) yield entry;
          }
        },
      })),
  },
  {
    fault: "length() counts expired sessions",
    caughtBy: ["all() and length() leave expired sessions out"],
    make: (now) => {
      let made = 0;
      return but(now, (store) => ({
        async create(id: string, record: SessionRecord) {
          made++;
          return await store.create(id, record);
        },
        length: () => made,
      }));
    },
  },
  {
    fault: "clear() keeps endless sessions",
    caughtBy: ["clear() removes every session of this store, and nothing else"],
    make: (now) =>
      but(now, (_, memory) => ({
        async clear() {
          for (const id of memory.ids()) if (memory.peek(id)?.expires !== null) memory.destroy(id);
        },
      })),
  },
  {
    fault: "clear() keeps what rotate() made",
    caughtBy: ["clear() removes every session of this store, and nothing else"],
    make: (now) =>
      but(now, (store, memory) => {
        const born = new Set<string>();
        return {
          create(id: string, record: SessionRecord) {
            born.add(id);
            return store.create(id, record);
          },
          clear: async () => born.forEach((id) => memory.destroy(id)),
        };
      }),
  },
  {
    fault: "clear() reaches the store next door",
    caughtBy: ["clear() removes every session of this store, and nothing else"],
    make(now) {
      const neighbour = memoryStore({ now });
      return {
        store: but(now, (_, memory) => ({
          clear: async () => (neighbour.clear(), memory.clear()),
        })),
        neighbour,
      };
    },
  },
  {
    fault: "what has expired stays in memory for ever",
    caughtBy: [],
    because: "no verb shows what is kept beside the sessions: measure it",
    make: (now) => {
      const kept: SessionRecord[] = [];
      return but(now, (store) => ({
        create: (
          id: string,
          record: SessionRecord,
        ) => (kept.push(record), store.create(id, record)),
      }));
    },
  },
];
