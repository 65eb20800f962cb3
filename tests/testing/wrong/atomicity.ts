/** What a store may claim of atomicity without having it. */
import type { CommitResult, SessionRecord, Version } from "../../../src/store.ts";
import { type MemorySessionStore, memoryStore } from "../../../src/stores/memory.ts";
import type { AnyStore } from "../../../src/testing/mod.ts";
import { but, type Late, lateStore } from "../late_store.ts";
import type { WrongStore } from "./wrong_store.ts";

const PEER = "a store that is atomic between processes has a second connection to show it by";
const INTERLEAVED = "concurrent verbs answer as if they came one after the other";
const INCREMENTS = "concurrent increments are all counted";
const CREATED = "of two concurrent create() of one id one wins, and the other changes nothing";
const ROTATED = "of concurrent rotate() of one id one wins, and one new id lives";

/** One caller after the other. */
export function lock() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(run: () => Promise<T>): Promise<T> => {
    const done = last.then(run);
    last = done.catch(() => {});
    return done;
  };
}

/** Compares, waits and swaps, with a lock around: as good as the lock is far-reaching. */
export function lockedStore(
  now: () => number,
  memory: MemorySessionStore,
  locked: ReturnType<typeof lock>,
): AnyStore {
  const store = lateStore(now, memory);
  const all = store as unknown as Record<string, (...args: never[]) => Promise<unknown>>;
  const verbs: Record<string, unknown> = { ...store };
  for (const verb of ["create", "read", "readAndTouch", "touch", "destroy", "destroyAll"]) {
    verbs[verb] = (...args: never[]) => locked(() => all[verb]!(...args));
  }
  return {
    ...verbs,
    commit: (id: string, record: SessionRecord, version: Version) =>
      locked(() => slowly(store, memory, id, version, (now) => memory.commit(id, record, now))),
    rotate: (from: string, to: string, record: SessionRecord, version: Version) =>
      locked(() =>
        slowly(store, memory, from, version, (now) => memory.rotate(from, to, record, now))
      ),
  } as unknown as AnyStore;
}

async function slowly(
  store: Late,
  memory: MemorySessionStore,
  id: string,
  version: Version,
  write: (version: Version) => CommitResult,
): Promise<CommitResult> {
  const current = await store.read(id);
  if (current === undefined) return { status: "gone" };
  if (current.version !== version) return { status: "conflict", current };
  return write(memory.read(id)?.version);
}

export const wrongAtomicity: readonly WrongStore[] = [
  {
    fault: "atomic between processes, and no second connection to show it",
    caughtBy: [PEER],
    claims: { atomic: true },
    make: (now) => lateStore(now) as AnyStore,
  },
  {
    fault: "atomic between processes, and the store again for a second connection",
    caughtBy: [PEER],
    claims: { atomic: true },
    make(now) {
      const store = lateStore(now) as AnyStore;
      return { store, peer: store };
    },
  },
  {
    fault: "the lock is each connection's own",
    caughtBy: [INTERLEAVED, INCREMENTS],
    claims: { atomic: true },
    make(now) {
      const memory = memoryStore({ now });
      return {
        store: lockedStore(now, memory, lock()),
        peer: lockedStore(now, memory, lock()),
      };
    },
  },
  {
    fault: "the lock is the whole process's, which a second connection in it cannot tell",
    caughtBy: [],
    because: "both connections wait for the same lock: the peer has to be in another process, " +
      "as in atomic_between_processes.test.ts",
    claims: { atomic: true },
    make(now) {
      const [memory, locked] = [memoryStore({ now }), lock()];
      return { store: lockedStore(now, memory, locked), peer: lockedStore(now, memory, locked) };
    },
  },
  {
    fault: "a second connection that has sessions of its own",
    caughtBy: [
      "a second handle sees every write of the first, and writes with what it saw",
      INTERLEAVED,
    ],
    claims: { atomic: true },
    make: (now) => ({ store: lateStore(now) as AnyStore, peer: lateStore(now) as AnyStore }),
  },
  {
    fault: "a second connection that reads what it remembers",
    caughtBy: ["a second handle sees every write of the first, and writes with what it saw"],
    claims: { atomic: true },
    make(now) {
      const memory = memoryStore({ now });
      const remembered = new Map<string, ReturnType<typeof memory.read>>();
      return {
        store: lateStore(now, memory) as AnyStore,
        peer: {
          ...lateStore(now, memory),
          async read(id: string) {
            if (!remembered.has(id)) remembered.set(id, memory.read(id));
            return remembered.get(id);
          },
        } as AnyStore,
      };
    },
  },
  {
    fault: "a store that says it is not atomic, against its claim",
    caughtBy: ["claims what it has and has what it claims"],
    make: (now) => but(now, () => ({ atomic: false })),
  },
  ...notAtomic("commit() compares, waits and then swaps", [INTERLEAVED, INCREMENTS], {
    commit: (store, memory) => (id: string, record: SessionRecord, version: Version) =>
      slowly(store, memory, id, version, (now) => memory.commit(id, record, now)),
  }),
  ...notAtomic("create() looks, waits and then writes", [CREATED], {
    create: (store, memory) => async (id: string, record: SessionRecord) => {
      if (await store.read(id)) return false;
      memory.destroy(id);
      return memory.create(id, record);
    },
  }),
  ...notAtomic("rotate() compares, waits and then swaps", [INTERLEAVED], {
    rotate: (store, memory) => (from: string, to: string, record: SessionRecord, mark: Version) =>
      slowly(store, memory, from, mark, (now) => memory.rotate(from, to, record, now)),
  }),
  ...notAtomic("rotate() makes, waits and then destroys", [ROTATED, INTERLEAVED], {
    rotate: (store) => async (from: string, to: string, record: SessionRecord, mark: Version) => {
      const current = await store.read(from);
      if (current === undefined) return { status: "gone" };
      if (current.version !== mark) return { status: "conflict", current };
      await store.create(to, record);
      await store.destroy(from);
      return { status: "committed" };
    },
  }),
  ...notAtomic(
    "touch() looks, waits and then writes the session anew",
    ["a destroyed session is never revived, whatever was in flight"],
    {
      touch: (store, memory) => async (id: string, expires: number | null) => {
        const stored = await store.read(id);
        if (stored === undefined) return false;
        memory.create(id, { json: stored.json, expires });
        return memory.touch(id, expires);
      },
    },
  ),
];

/** The races of a store that claims no more than order within its process. */
function notAtomic(
  fault: string,
  caughtBy: readonly string[],
  // deno-lint-ignore no-explicit-any
  verbs: Record<string, (store: Late, memory: MemorySessionStore) => (...args: any[]) => unknown>,
): WrongStore[] {
  return [{
    fault: `not atomic, in its own process either: ${fault}`,
    caughtBy,
    claims: { atomic: false },
    make: (now) =>
      but(now, (store, memory) => ({
        atomic: false,
        ...Object.fromEntries(
          Object.entries(verbs).map(([verb, make]) => [verb, make(store, memory)]),
        ),
      })),
  }];
}
