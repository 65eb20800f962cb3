/** What sweep() may do wrong. */
import type { SessionRecord } from "../../../src/store.ts";
import { but } from "../late_store.ts";
import type { WrongStore } from "./wrong_store.ts";

const LIMIT =
  "sweep() drops at most `limit` expired sessions, says how many, and keeps the live ones";
const LIVE = "sweep() of live sessions drops none, however soon they end";
const STANDS = "sweep() goes by the end that stands, whichever verb moved it";
const TAKEN = "a session that takes an expired one's place outlives a sweep() under way";

export const wrongSweeps: readonly WrongStore[] = [
  {
    fault: "sweep() knows no limit",
    caughtBy: [LIMIT],
    make: (now) => but(now, (store) => ({ sweep: () => store.sweep() })),
  },
  {
    fault: "sweep() drops what ends within a minute",
    caughtBy: [LIVE],
    make: (now) =>
      but(now, (_, memory) => ({
        async sweep(limit = Infinity) {
          let dropped = 0;
          for (const id of memory.ids()) {
            const end = memory.peek(id)?.expires ?? Infinity;
            if (dropped >= limit || end > now() + 60_000) continue;
            memory.destroy(id);
            dropped++;
          }
          return dropped;
        },
      })),
  },
  {
    fault: "sweep() drops endless sessions",
    caughtBy: [LIVE, LIMIT],
    make: (now) =>
      but(now, (_, memory) => ({
        async sweep(limit?: number) {
          const endless = memory.ids().filter((id) => memory.peek(id)?.expires === null);
          for (const id of endless) memory.destroy(id);
          return await memory.sweep(limit) + endless.length;
        },
      })),
  },
  {
    fault: "sweep() fills its limit with live sessions",
    caughtBy: [LIVE],
    make: (now) =>
      but(now, (_, memory) => ({
        async sweep(limit = 0) {
          let dropped = await memory.sweep(limit);
          for (const id of memory.ids()) {
            if (dropped >= limit) break;
            memory.destroy(id);
            dropped++;
          }
          return dropped;
        },
      })),
  },
  {
    fault: "sweep() goes by the end that create() was given",
    caughtBy: [STANDS],
    make: (now) =>
      but(now, (store, memory) => {
        const ends = new Map<string, number>();
        return {
          create(id: string, record: SessionRecord) {
            ends.set(id, record.expires ?? Infinity);
            return store.create(id, record);
          },
          async sweep(limit = Infinity) {
            const over = [...ends].filter(([, end]) => end <= now()).slice(0, limit);
            for (const [id] of over) {
              ends.delete(id);
              memory.destroy(id);
            }
            return over.length;
          },
        };
      }),
  },
  {
    fault: "sweep() lists, waits and then drops by the id",
    caughtBy: [TAKEN],
    make: (now) => {
      const ends = new Map<string, number>();
      return but(now, (store, memory) => ({
        create(id: string, record: SessionRecord) {
          ends.set(id, record.expires ?? Infinity);
          return store.create(id, record);
        },
        async sweep(limit = Infinity) {
          const over = [...ends].filter(([, end]) => end <= now()).slice(0, limit);
          await store.length();
          for (const [id] of over) {
            memory.destroy(id);
            if ((ends.get(id) ?? 0) <= now()) ends.delete(id);
          }
          return over.length;
        },
      }));
    },
  },
  {
    fault: "sweep() always counts its limit",
    caughtBy: [LIVE],
    make: (now) =>
      but(now, (_, memory) => ({ sweep: async (limit = 0) => (memory.sweep(limit), limit) })),
  },
];
