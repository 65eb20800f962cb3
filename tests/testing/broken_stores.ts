/** Stores with one defect each: what the kit is for. */
import type { AnyStore } from "../../src/testing/mod.ts";
import type { CommitResult, SessionRecord, StoredSession, Version } from "../../src/store.ts";
import { type MemorySessionStore, memoryStore } from "../../src/stores/memory.ts";

type Overrides = { [Verb in keyof AnyStore]?: unknown };

/** A memory store whose verbs take a few turns, as if they went over a wire. */
export function lateStore(now: () => number, store: MemorySessionStore = memoryStore({ now })) {
  let calls = 0;
  const wire = async () => {
    for (let turns = (calls++ * 7) % 5; turns > 0; turns--) await undefined;
  };
  const late = <A extends unknown[], R>(verb: (...args: A) => R) => async (...args: A) => {
    await wire();
    const answer = verb(...args);
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

type Late = ReturnType<typeof lateStore>;

/** A late store with one thing done wrong. */
function but(now: () => number, defect: (store: Late, memory: MemorySessionStore) => Overrides) {
  const memory = memoryStore({ now });
  const store = lateStore(now, memory);
  return { ...store, ...defect(store, memory) } as unknown as AnyStore;
}

interface Broken {
  readonly defect: string;
  /** The cases that must notice. */
  readonly red: readonly string[];
  readonly make: (now: () => number) => AnyStore;
}

const BOUNDARY = "a session lives until 1 ms before its end and is gone at its end";
const INTERLEAVED = "concurrent verbs answer as if they came one after the other";
const INCREMENTS = "concurrent increments are all counted";
const TAKE = "a value that is taken once has one taker";
const REVIVED = "a destroyed session is never revived, whatever was in flight";
const SLIDES = "readAndTouch() reads, moves the end by maxAge from now and keeps the version valid";
const OWN = "readAndTouch() leaves the end of a session alone whose own lifetime is another one";
const OWN_NOW = "readAndTouch() goes by the lifetime in the cookie, and by that of the last write";
const STALE = "commit() with an old version is a conflict that hands back what stands there";

export const broken: readonly Broken[] = [
  {
    defect: "commit() creates",
    red: [
      "commit() never creates: an unknown id is gone",
      "commit() after destroy() is gone and revives nothing",
      "commit() of an expired session is gone and revives nothing",
      REVIVED,
      INTERLEAVED,
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
    defect: "commit() says gone and creates all the same",
    red: ["commit() after destroy() is gone and revives nothing", REVIVED],
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
    defect: "commit() ignores the version",
    red: [STALE, "commit() with the version undefined is a conflict", INCREMENTS, TAKE],
    make: (now) =>
      but(now, (_, memory) => ({
        commit: async (id: string, record: SessionRecord) =>
          memory.commit(id, record, memory.read(id)?.version),
      })),
  },
  {
    defect: "commit() takes undefined for any version",
    red: ["commit() with the version undefined is a conflict"],
    make: (now) =>
      but(now, (store, memory) => ({
        commit: (id: string, record: SessionRecord, version: Version) =>
          store.commit(id, record, version ?? memory.read(id)?.version),
      })),
  },
  {
    defect: "commit() compares, waits and then swaps",
    red: [INTERLEAVED, INCREMENTS, TAKE],
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
    defect: "a conflict hands back the loser's text",
    red: [STALE],
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
    defect: "create() overwrites",
    red: [
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
    defect: "create() looks, waits and then writes",
    red: ["of two concurrent create() of one id one wins, and the other changes nothing"],
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
    defect: "touch() revives",
    red: [
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
    defect: "touch() makes a new version",
    red: ["touch() leaves the version valid"],
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
    defect: "touch() reads, waits and writes the old text back",
    red: [INTERLEAVED],
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
    defect: "rotate() leaves the old id alive",
    red: ["rotate() replaces the old id by the new one", INTERLEAVED],
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
    defect: "rotate() takes two steps",
    red: [INTERLEAVED, "of concurrent rotate() of one id one wins, and one new id lives"],
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
    defect: "rotate() ignores the version",
    red: ["rotate() with an old or undefined version is a conflict and changes nothing"],
    make: (now) =>
      but(now, (_, memory) => ({
        rotate: async (from: string, to: string, record: SessionRecord) =>
          memory.rotate(from, to, record, memory.read(from)?.version),
      })),
  },
  {
    defect: "a session lives 1 ms too long",
    red: [BOUNDARY],
    make: (now) => lateStore(() => now() - 1),
  },
  {
    defect: "a session ends 1 ms too soon",
    red: [BOUNDARY, "commit(), touch() and rotate() work until 1 ms before the end"],
    make: (now) => lateStore(() => now() + 1),
  },
  {
    defect: "commit() looks at no clock",
    red: ["commit() of an expired session is gone and revives nothing"],
    make: (now) => {
      const [blind, seeing] = [memoryStore({ now: () => 0 }), lateStore(now)];
      void seeing;
      return but(now, () => ({
        ...lateStore(() => 0, blind),
        async read(id: string): Promise<StoredSession | undefined> {
          const stored = blind.read(id);
          return stored && (stored.expires ?? Infinity) > now() ? stored : undefined;
        },
      }));
    },
  },
  {
    defect: "ids know no case",
    red: ["ids that look alike are different sessions"],
    make: (now) =>
      but(now, (store) => ({
        create: (id: string, record: SessionRecord) => store.create(id.toLowerCase(), record),
        read: (id: string) => store.read(id.toLowerCase()),
        commit: (id: string, record: SessionRecord, version: Version) =>
          store.commit(id.toLowerCase(), record, version),
        destroy: (id: string) => store.destroy(id.toLowerCase()),
      })),
  },
  {
    defect: "ids are properties of a plain object",
    red: ["a hostile id is an id like any other"],
    make: (now) =>
      but(now, (store) => {
        const known: Record<string, unknown> = {};
        return {
          create(id: string, record: SessionRecord) {
            if (known[id]) return false;
            known[id] = true;
            return store.create(id, record);
          },
          destroy(id: string) {
            delete known[id];
            return store.destroy(id);
          },
          async rotate(from: string, to: string, record: SessionRecord, version: Version) {
            const result = await store.rotate(from, to, record, version);
            if (result.status === "committed") delete known[from];
            return result;
          },
        };
      }),
  },
  {
    defect: "text is cut at 60,000 characters",
    red: ["64 KiB of data come back byte for byte"],
    make: (now) =>
      but(now, (store) => ({
        create: (id: string, record: SessionRecord) =>
          store.create(id, { ...record, json: record.json.slice(0, 60_000) }),
      })),
  },
  {
    defect: "text is Latin-1",
    red: ["unicode, quotes and hostile keys come back byte for byte"],
    make: (now) =>
      but(now, (store) => ({
        create: (id: string, record: SessionRecord) =>
          store.create(id, { ...record, json: record.json.replace(/[^\0-\xff]/g, "?") }),
      })),
  },
  {
    defect: "versions count from 1 for each record",
    red: ["a version from before destroy() does not match a new record of the same id"],
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
    defect: "readAndTouch() creates",
    red: ["readAndTouch() never creates and never revives"],
    make: (now) =>
      but(now, (_, memory) => ({
        async readAndTouch(id: string, maxAge: number) {
          memory.create(id, { json: "{}", expires: now() + maxAge });
          return memory.readAndTouch(id, maxAge);
        },
      })),
  },
  {
    defect: "readAndTouch() moves the end of whatever it finds",
    red: [OWN, OWN_NOW, INTERLEAVED],
    make: (now) =>
      but(now, (_, memory) => ({
        async readAndTouch(id: string, maxAge: number) {
          return memory.touch(id, now() + maxAge) ? memory.read(id) : undefined;
        },
      })),
  },
  {
    defect: "readAndTouch() only reads",
    red: [SLIDES, OWN_NOW, INTERLEAVED],
    make: (now) => but(now, (store) => ({ readAndTouch: (id: string) => store.read(id) })),
  },
  {
    defect: "readAndTouch() answers the end it was asked for, moved or not",
    red: [OWN, OWN_NOW, INTERLEAVED],
    make: (now) =>
      but(now, (_, memory) => ({
        async readAndTouch(id: string, maxAge: number) {
          const stored = memory.readAndTouch(id, maxAge);
          return stored && { ...stored, expires: now() + maxAge };
        },
      })),
  },
  {
    defect: "readAndTouch() answers the end from before",
    red: [SLIDES, OWN_NOW, INTERLEAVED],
    make: (now) =>
      but(now, (_, memory) => ({
        async readAndTouch(id: string, maxAge: number) {
          const stored = memory.read(id);
          memory.readAndTouch(id, maxAge);
          return stored;
        },
      })),
  },
  {
    defect: "readAndTouch() compares the first digits of the lifetime alone",
    red: [OWN],
    make: (now) =>
      but(now, (_, memory) => ({
        async readAndTouch(id: string, maxAge: number) {
          const isOwn = memory.read(id)?.json.startsWith(`{"cookie":{"originalMaxAge":${maxAge}`);
          if (isOwn) memory.touch(id, now() + maxAge);
          return memory.read(id);
        },
      })),
  },
  {
    defect: "readAndTouch() looks for the lifetime anywhere in the text",
    red: [OWN_NOW],
    make: (now) =>
      but(now, (_, memory) => ({
        async readAndTouch(id: string, maxAge: number) {
          if (memory.read(id)?.json.includes(`"originalMaxAge":${maxAge},`)) {
            memory.touch(id, now() + maxAge);
          }
          return memory.read(id);
        },
      })),
  },
  {
    defect: "readAndTouch() compares the lifetime, waits and then moves the end",
    red: [INTERLEAVED],
    make: (now) =>
      but(now, (store, memory) => ({
        async readAndTouch(id: string, maxAge: number) {
          const stored = await store.read(id);
          if (!stored?.json.startsWith(`{"cookie":{"originalMaxAge":${maxAge},`)) return stored;
          return memory.touch(id, now() + maxAge) ? memory.read(id) : undefined;
        },
      })),
  },
  {
    defect: "destroyAll() lists, waits and then destroys",
    red: ["nothing in flight outlives destroyAll()"],
    make: (now) =>
      but(now, (store) => ({
        async destroyAll(subject: string, except?: string) {
          const ids = (await store.list(subject)).filter((id) => id !== except);
          for (const id of ids) await store.destroy(id);
          return ids.length;
        },
      })),
  },
  {
    defect: "destroyAll() spares nobody",
    red: ["destroyAll() removes every session of a subject except one, and says how many"],
    make: (now) =>
      but(now, (store) => ({ destroyAll: (subject: string) => store.destroyAll(subject) })),
  },
  {
    defect: "list() forgets that rotate() moved a session",
    red: ["a rotate() within one subject lists the new id only"],
    make: (now) =>
      but(now, (store) => ({
        rotate: (from: string, to: string, { json, expires }: SessionRecord, version: Version) =>
          store.rotate(from, to, { json, expires }, version),
      })),
  },
  {
    defect: "all() shows expired sessions",
    red: ["all() and length() leave expired sessions out"],
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
    defect: "all() stops after a page of 100",
    red: ["all() yields every live session once, and length() counts them"],
    make: (now) =>
      but(now, (store) => ({
        async *all() {
          let left = 100;
          for await (const entry of store.all()) if (left-- > 0) yield entry;
        },
      })),
  },
  {
    defect: "sweep() knows no limit",
    red: ["sweep() drops at most `limit` expired sessions, says how many, and keeps the live ones"],
    make: (now) => but(now, (store) => ({ sweep: () => store.sweep() })),
  },
  {
    defect: "a power is missing",
    red: ["claims what it has and has what it claims"],
    make: (now) => but(now, () => ({ sweep: undefined })),
  },
];
