/** The memory store, as if it were far away. */
import type { AnyStore } from "../../src/testing/mod.ts";
import { type MemorySessionStore, memoryStore } from "../../src/stores/memory.ts";

/** A memory store whose verbs take a few turns, as if they went over a wire. */
export function lateStore(now: () => number, store: MemorySessionStore = memoryStore({ now })) {
  let calls = 0;
  const wire = async () => {
    for (let turns = (calls++ * 7) % 5; turns > 0; turns--) await undefined;
  };
  const late = <A extends unknown[], R>(verb: (...args: A) => R) =>
  async (
    ...args: A
  ): Promise<Awaited<R>> => {
    await wire();
    const answer = await verb(...args);
    await wire();
    return answer;
  };
  return {
    atomic: true,
    create: late(store.create.bind(store)),
    read: late(store.read.bind(store)),
    readAndTouch: late(store.readAndTouch.bind(store)),
    commit: late(store.commit.bind(store)),
    touch: late(store.touch.bind(store)),
    rotate: late(store.rotate.bind(store)),
    destroy: late(store.destroy.bind(store)),
    all: store.all.bind(store),
    length: late(store.length.bind(store)),
    clear: late(store.clear.bind(store)),
    sweep: late(store.sweep.bind(store)),
    list: late(store.list.bind(store)),
    destroyAll: late(store.destroyAll.bind(store)),
  };
}

export type Late = ReturnType<typeof lateStore>;

type Overrides = { [Verb in keyof AnyStore]?: unknown };

/** A late store with one thing done wrong. */
export function but(
  now: () => number,
  wrong: (store: Late, memory: MemorySessionStore) => Overrides,
): AnyStore {
  const memory = memoryStore({ now });
  const store = lateStore(now, memory);
  return { ...store, ...wrong(store, memory) } as unknown as AnyStore;
}
