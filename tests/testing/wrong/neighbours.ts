/** What a store may do to another one that shares its server. */
import { memoryStore } from "../../../src/stores/memory.ts";
import { type Late, lateStore } from "../late_store.ts";
import type { AnyStore } from "../../../src/testing/mod.ts";
import type { WrongStore } from "./wrong_store.ts";

const NEIGHBOUR = ["no verb reaches a neighbour's sessions, or its subjects"];

/** A store with a verb that reaches the one next door. */
const reaches = (
  fault: string,
  wrong: (store: Late, neighbour: Late, cut: Set<string>) => object,
): WrongStore => ({
  fault,
  caughtBy: NEIGHBOUR,
  make(now) {
    const [store, next] = [lateStore(now), lateStore(now, memoryStore({ now }))];
    /** The subjects that the neighbour has lost from its index. */
    const cut = new Set<string>();
    const neighbour = {
      ...next,
      list: async (subject: string) => cut.has(subject) ? [] : await next.list(subject),
    };
    return {
      store: { ...store, ...wrong(store, next, cut) } as unknown as AnyStore,
      neighbour: neighbour as unknown as AnyStore,
    };
  },
});

export const wrongNeighbours: readonly WrongStore[] = [
  reaches("sweep() clears the store next door", (store, neighbour) => ({
    async sweep(limit?: number) {
      await neighbour.clear();
      return await store.sweep(limit);
    },
  })),
  reaches("clear() drops the subjects of the store next door", (store, _, cut) => {
    const seen = new Set<string>();
    return {
      async list(subject: string) {
        seen.add(subject);
        return await store.list(subject);
      },
      async clear() {
        for (const subject of seen) cut.add(subject);
        await store.clear();
      },
    };
  }),
  reaches("destroyAll() ends the subject in the store next door", (store, neighbour) => ({
    async destroyAll(subject: string, except?: string) {
      await neighbour.destroyAll(subject);
      return await store.destroyAll(subject, except);
    },
  })),
  reaches("list() names the sessions of the store next door", (store, neighbour) => ({
    list: async (subject: string) => [
      ...await store.list(subject),
      ...await neighbour.list(subject),
    ],
  })),
  reaches("destroy() reaches the id in the store next door", (store, neighbour) => ({
    async destroy(id: string) {
      await neighbour.destroy(id);
      return await store.destroy(id);
    },
  })),
];
