/** What a store may make of a text that is no session, or of an outage. */
import type { SessionRecord, StoredSession, Version } from "../../../src/store.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import type { AnyStore, StoreUnderTest } from "../../../src/testing/mod.ts";
import { lateStore } from "../late_store.ts";
import type { WrongStore } from "./wrong_store.ts";

const TEXTS = "a text that is no session is read as nothing, and makes no verb fail";
const OUTAGE =
  "a server that cannot be asked is an error of every verb, not a session that is gone";

type Verbs = Record<string, (...args: unknown[]) => unknown>;

/** A store that knows which of its texts are none, and takes them for nothing. */
export function readingStore(
  now: () => number,
  wrong: (verbs: Verbs, parse: (id: string) => unknown) => object = () => ({}),
): StoreUnderTest {
  const memory = memoryStore({ now });
  const store = lateStore(now, memory);
  const damaged = new Map<string, string>();
  const parse = (id: string) => JSON.parse(damaged.get(id) ?? "{}") as unknown;
  const dropDamaged = () => {
    for (const id of damaged.keys()) memory.destroy(id);
    damaged.clear();
  };
  const verbs: Record<string, unknown> = { ...store };
  for (const [name, verb] of Object.entries(verbs)) {
    if (typeof verb !== "function") continue;
    verbs[name] = (...args: unknown[]) => {
      dropDamaged();
      return (verb as (...args: unknown[]) => unknown)(...args);
    };
  }
  return {
    store: { ...verbs, ...wrong(verbs as Verbs, parse) } as unknown as AnyStore,
    corrupt: (id, text) => void (memory.peek(id) && damaged.set(id, text)),
  };
}

/** A store whose server can be cut off: then every verb rejects. */
export function distantStore(now: () => number, wrong: object = {}): StoreUnderTest {
  const store = lateStore(now);
  let down = false;
  const verbs: Record<string, unknown> = { ...store };
  for (const [name, verb] of Object.entries(verbs)) {
    if (typeof verb !== "function") continue;
    const call = verb as (...args: unknown[]) => unknown;
    const inOutage = (wrong as Verbs)[name];
    verbs[name] = name === "all"
      ? async function* () {
        if (!down) yield* store.all();
        else if (inOutage === undefined) throw new Error("connection refused");
      }
      : async (...args: unknown[]) => {
        if (!down) return await call(...args);
        if (inOutage !== undefined) return inOutage(...args);
        throw new Error("connection refused");
      };
  }
  return {
    store: verbs as unknown as AnyStore,
    outage() {
      down = true;
      return () => void (down = false);
    },
  };
}

const inOutage = (verb: string, answer: unknown): WrongStore => ({
  fault: `in an outage ${verb}() answers ${JSON.stringify(answer) ?? "undefined"}`,
  caughtBy: [OUTAGE],
  claims: { outage: true },
  make: (now) => distantStore(now, { [verb]: () => answer }),
});

export const wrongFailures: readonly WrongStore[] = [
  {
    fault: "read() throws on a text that is no JSON",
    caughtBy: [TEXTS],
    claims: { corrupt: true },
    make: (now) =>
      readingStore(now, (verbs, parse) => ({
        read: async (id: string) => (parse(id), await verbs["read"]!(id)),
      })),
  },
  {
    fault: "read() answers a text that is no session",
    caughtBy: [TEXTS],
    claims: { corrupt: true },
    make: (now) => {
      const memory = memoryStore({ now });
      return {
        store: memory,
        corrupt: (id, text) =>
          void memory.commit(id, { json: text, expires: null }, memory.read(id)?.version),
      };
    },
  },
  {
    fault: "commit() throws on a text that is no JSON",
    caughtBy: [TEXTS],
    claims: { corrupt: true },
    make: (now) =>
      readingStore(now, (verbs, parse) => ({
        commit: async (
          id: string,
          record: SessionRecord,
          version: Version,
        ) => (parse(id), await verbs["commit"]!(id, record, version)),
      })),
  },
  {
    fault: "all() stops at a text that is no JSON",
    caughtBy: [TEXTS],
    claims: { corrupt: true },
    make(now) {
      const made = new Set<string>();
      return readingStore(now, (verbs, parse) => ({
        create: (id: string, record: SessionRecord) => (made.add(id), verbs["create"]!(id, record)),
        async *all() {
          for (const id of made) parse(id);
          yield* verbs["all"]!() as AsyncIterable<[string, StoredSession]>;
        },
      }));
    },
  },
  {
    fault: "null in place of a session is one without a cookie, and read() trips over it",
    caughtBy: [TEXTS],
    claims: { corrupt: true },
    make: (now) =>
      readingStore(now, (verbs, parse) => ({
        async read(id: string) {
          try {
            void (parse(id) as { cookie?: unknown }).cookie;
          } catch (error) {
            if (error instanceof TypeError) throw error;
          }
          return await verbs["read"]!(id);
        },
      })),
  },
  ...["create", "destroyAll", "clear"].map((verb): WrongStore => ({
    fault: `${verb}() throws where a text is no JSON`,
    caughtBy: [TEXTS],
    claims: { corrupt: true },
    make: (now) => {
      const made = new Set<string>();
      return readingStore(now, (verbs, parse) => ({
        create: (id: string, record: SessionRecord) => (made.add(id), verbs["create"]!(id, record)),
        [verb]: async (...args: unknown[]) => {
          for (const id of made) parse(id);
          if (verb === "create") made.add(args[0] as string);
          return await verbs[verb]!(...args);
        },
      }));
    },
  })),
  inOutage("read", undefined),
  inOutage("readAndTouch", undefined),
  inOutage("create", false),
  inOutage("commit", { status: "gone" }),
  inOutage("rotate", { status: "gone" }),
  inOutage("touch", false),
  inOutage("destroy", undefined),
  inOutage("list", []),
  inOutage("destroyAll", 0),
  inOutage("length", 0),
  inOutage("all", undefined),
  inOutage("clear", undefined),
  inOutage("sweep", 0),
  {
    fault: "a claim that nothing is handed over for",
    caughtBy: ["claims what it has and has what it claims"],
    claims: { outage: true },
    make: (now) => lateStore(now) as AnyStore,
  },
  {
    fault: "a hook that no claim asks for, so that no case runs it",
    caughtBy: ["claims what it has and has what it claims"],
    make: (now) => distantStore(now),
  },
];
