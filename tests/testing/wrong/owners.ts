/** Whom an index by subject may forget, or keep. */
import type { SessionRecord, Version } from "../../../src/store.ts";
import type { MemorySessionStore } from "../../../src/stores/memory.ts";
import type { AnyStore } from "../../../src/testing/mod.ts";
import { but, type Late } from "../late_store.ts";
import type { WrongStore } from "./wrong_store.ts";

const ANEW = [
  "an id made anew for nobody is not its earlier owner's, however the session had ended",
];
const SWEPT = ["an id made anew for nobody is not its earlier owner's after sweep() or clear()"];
const ONTO = ["a rotate() onto an id that has expired takes it from its earlier owner"];
const NAMED = ["a rotate() is for the subject it names, and for nobody where it names none"];
const MOVED = [
  "a session keeps its owner when its end is moved, and a later commit() takes it away",
];
const NOBODY = ["nobody's sessions are in no list, and no destroyAll() ends them"];

type Verbs = Partial<Record<keyof AnyStore, unknown>>;
/** Puts an id into the list of a subject; `undefined` is nobody. */
type Link = (subject: string | undefined, id: string) => void;

/** A store with an index of its own beside the memory's, which `wrong` leaves entries in. */
function stale(
  now: () => number,
  wrong: (link: Link, memory: MemorySessionStore, owner: Map<string, string>, store: Late) => Verbs,
): AnyStore {
  return but(now, (store, memory) => {
    const left = new Map<string, Set<string>>();
    const owner = new Map<string, string>();
    const link: Link = (subject, id) => {
      if (subject === undefined) return;
      left.set(subject, (left.get(subject) ?? new Set()).add(id));
    };
    const note = (id: string, { subject }: SessionRecord) =>
      subject === undefined ? owner.delete(id) : owner.set(id, subject);
    return {
      async create(id: string, record: SessionRecord) {
        const made = memory.create(id, record);
        if (made) note(id, record);
        return made;
      },
      async list(subject: string) {
        const alive = [...left.get(subject) ?? []].filter((id) => memory.read(id));
        return [...new Set([...memory.list(subject), ...alive])];
      },
      ...wrong(link, memory, owner, store),
    };
  });
}

const leaves = (
  verb: string,
  caughtBy: string[],
  wrong: Parameters<typeof stale>[1],
): WrongStore => ({
  fault: `${verb} leaves its session in the index`,
  caughtBy,
  make: (now) => stale(now, wrong),
});

/** A store that says `name` where it is to say nobody. */
const nobodyIs = (name: string): WrongStore => ({
  fault: `nobody is the subject ${JSON.stringify(name)}`,
  caughtBy: NOBODY,
  make: (now) =>
    but(now, (store) => {
      const under = (record: SessionRecord) => ({ ...record, subject: record.subject ?? name });
      return {
        create: (id: string, record: SessionRecord) => store.create(id, under(record)),
        commit: (id: string, record: SessionRecord, version: Version) =>
          store.commit(id, under(record), version),
      };
    }),
});

export const wrongOwners: readonly WrongStore[] = [
  leaves("destroy()", ANEW, (link, memory, owner) => ({
    async destroy(id: string) {
      link(owner.get(id), id);
      return memory.destroy(id);
    },
  })),
  leaves("a rotate() to another id", ANEW, (link, memory, owner) => ({
    async rotate(from: string, to: string, record: SessionRecord, version: Version) {
      const result = memory.rotate(from, to, record, version);
      if (result.status === "committed") link(owner.get(from), from);
      return result;
    },
  })),
  leaves("a rotate() that was gone", ANEW, (link, memory) => ({
    async rotate(from: string, to: string, record: SessionRecord, version: Version) {
      const result = memory.rotate(from, to, record, version);
      if (result.status === "gone") link(record.subject, to);
      return result;
    },
  })),
  leaves("a commit() that was gone", ANEW, (link, memory) => ({
    async commit(id: string, record: SessionRecord, version: Version) {
      const result = memory.commit(id, record, version);
      if (result.status === "gone") link(record.subject, id);
      return result;
    },
  })),
  leaves("a touch() to the past", ANEW, (link, memory, owner) => ({
    async touch(id: string, expires: number | null) {
      if (expires !== null) link(owner.get(id), id);
      return memory.touch(id, expires);
    },
  })),
  leaves("destroyAll()", ANEW, (link, memory) => ({
    async destroyAll(subject: string, except?: string) {
      for (const id of memory.list(subject)) if (id !== except) link(subject, id);
      return memory.destroyAll(subject, except);
    },
  })),
  leaves("clear()", SWEPT, (link, memory, owner) => ({
    async clear() {
      for (const [id, subject] of owner) link(subject, id);
      memory.clear();
    },
  })),
  leaves("sweep()", SWEPT, (link, memory, owner) => ({
    async sweep(limit?: number) {
      for (const [id, subject] of owner) if (!memory.read(id)) link(subject, id);
      return await memory.sweep(limit);
    },
  })),
  leaves("a rotate() onto an expired session", ONTO, (link, memory, owner) => ({
    async rotate(from: string, to: string, record: SessionRecord, version: Version) {
      const result = memory.rotate(from, to, record, version);
      if (result.status === "committed") link(owner.get(to), to);
      return result;
    },
  })),
  {
    fault: "a rotate() that names nobody keeps the subject",
    caughtBy: NAMED,
    make: (now) =>
      stale(now, (_link, memory, owner) => ({
        rotate: async (from: string, to: string, record: SessionRecord, version: Version) =>
          memory.rotate(
            from,
            to,
            { ...record, subject: record.subject ?? owner.get(from) },
            version,
          ),
      })),
  },
  {
    fault: "a rotate() of the same text keeps the subject",
    caughtBy: NAMED,
    make: (now) =>
      stale(now, (_link, memory, owner) => ({
        async rotate(from: string, to: string, record: SessionRecord, version: Version) {
          const isSame = memory.read(from)?.json === record.json;
          const subject = isSame ? owner.get(from) : record.subject;
          return memory.rotate(from, to, { ...record, subject }, version);
        },
      })),
  },
  {
    fault: "touch() to no end takes the session out of the index",
    caughtBy: MOVED,
    make: (now) =>
      but(now, (_, memory) => ({
        async touch(id: string, expires: number | null) {
          const stored = expires === null ? memory.read(id) : undefined;
          if (stored === undefined) return memory.touch(id, expires);
          memory.destroy(id);
          return memory.create(id, { json: stored.json, expires });
        },
      })),
  },
  {
    fault: "readAndTouch() forgets whose the session is that the next commit() takes away",
    caughtBy: MOVED,
    make: (now) =>
      stale(now, (link, memory, owner) => ({
        async readAndTouch(id: string, maxAge: number) {
          link(owner.get(id), id);
          return memory.readAndTouch(id, maxAge);
        },
      })),
  },
  nobodyIs("undefined"),
  nobodyIs("null"),
  {
    fault: "the empty subject is one like any other",
    caughtBy: NOBODY,
    make: (now) =>
      stale(now, (link, memory) => ({
        async create(id: string, record: SessionRecord) {
          if (record.subject === "") link("", id);
          return memory.create(id, record);
        },
      })),
  },
  {
    fault: 'destroyAll("") ends the sessions of nobody',
    caughtBy: NOBODY,
    make: (now) =>
      stale(now, (_link, memory, owner) => ({
        async destroyAll(subject: string, except?: string) {
          if (subject !== "") return memory.destroyAll(subject, except);
          return memory.ids().filter((id) => !owner.has(id) && memory.destroy(id)).length;
        },
      })),
  },
];
