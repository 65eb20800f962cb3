/** What the links of an index by subject may do wrong. */
import type { SessionRecord, Version } from "../../../src/store.ts";
import { but, type Late } from "../late_store.ts";
import type { MemorySessionStore } from "../../../src/stores/memory.ts";
import type { AnyStore } from "../../../src/testing/mod.ts";
import type { WrongStore } from "./wrong_store.ts";

const MANY = "list() and destroyAll() reach a subject's every session, however many";
const ONCE = "list() names a session once, however often it was written";
const LOSERS = "a create() or commit() that stores nothing links nobody and unlinks nobody";
const ROTATED = "a rotate() that stores nothing links nobody and unlinks nobody";
const TAKEN = "a session that takes an expired one's place is its own subject's alone";
const PAST = "list() knows a session past the end it had, whichever verb moved it";

/** Links that an index has beside the right ones, and links that it lacks. */
class Links {
  readonly #more = new Set<string>();
  readonly #less = new Set<string>();

  link(subject: string | undefined, id: string): void {
    if (subject !== undefined) this.#more.add(`${subject} ${id}`);
  }

  unlink(id: string): void {
    this.#less.add(id);
  }

  relink(id: string): void {
    this.#less.delete(id);
  }

  of(subject: string, right: readonly string[], memory: MemorySessionStore): string[] {
    const more = [...this.#more].map((link) => link.split(" ") as [string, string])
      .filter(([whose, id]) => whose === subject && memory.peek(id) !== undefined)
      .map(([, id]) => id);
    return [...right, ...more.filter((id) => !right.includes(id))]
      .filter((id) => !this.#less.has(id));
  }
}

/** A store whose index has links of its own. */
function linked(
  now: () => number,
  wrong: (store: Late, links: Links, memory: MemorySessionStore) => object,
): AnyStore {
  return but(now, (store, memory) => {
    const links = new Links();
    return {
      list: async (subject: string) => links.of(subject, memory.list(subject), memory),
      ...wrong(store, links, memory),
    };
  });
}

export const wrongLinks: readonly WrongStore[] = [
  {
    fault: "list() stops at 10",
    caughtBy: [MANY],
    make: (now) =>
      but(now, (_, memory) => ({
        list: async (subject: string) => memory.list(subject).slice(0, 10),
      })),
  },
  {
    fault: "destroyAll() stops at 100",
    caughtBy: [MANY],
    make: (now) =>
      but(now, (_, memory) => ({
        async destroyAll(subject: string, except?: string) {
          const ids = memory.list(subject).filter((id) => id !== except).slice(0, 100);
          for (const id of ids) memory.destroy(id);
          return ids.length;
        },
      })),
  },
  {
    fault: "a create() that is refused links its subject",
    caughtBy: [LOSERS],
    make: (now) =>
      linked(now, (store, links) => ({
        async create(id: string, record: SessionRecord) {
          links.link(record.subject, id);
          return await store.create(id, record);
        },
      })),
  },
  {
    fault: "a commit() in conflict links its subject",
    caughtBy: [LOSERS],
    make: (now) =>
      linked(now, (store, links) => ({
        async commit(id: string, record: SessionRecord, version: Version) {
          const result = await store.commit(id, record, version);
          if (result.status === "conflict") links.link(record.subject, id);
          return result;
        },
      })),
  },
  {
    fault: "a commit() without a subject unlinks, in conflict or not",
    caughtBy: [LOSERS],
    make: (now) =>
      linked(now, (store, links) => ({
        async commit(id: string, record: SessionRecord, version: Version) {
          if (record.subject === undefined) links.unlink(id);
          else links.relink(id);
          return await store.commit(id, record, version);
        },
      })),
  },
  {
    fault: "a commit() that is gone links its subject to whoever has the id next",
    caughtBy: [LOSERS],
    make: (now) =>
      linked(now, (store, links) => ({
        async commit(id: string, record: SessionRecord, version: Version) {
          const result = await store.commit(id, record, version);
          if (result.status === "gone") links.link(record.subject, id);
          return result;
        },
      })),
  },
  {
    fault: "a rotate() in conflict unlinks the old id",
    caughtBy: [ROTATED],
    make: (now) =>
      linked(now, (store, links) => ({
        async rotate(from: string, to: string, record: SessionRecord, version: Version) {
          links.unlink(from);
          return await store.rotate(from, to, record, version);
        },
      })),
  },
  {
    fault: "a rotate() in conflict links the new id",
    caughtBy: [ROTATED],
    make: (now) =>
      linked(now, (store, links) => ({
        async rotate(from: string, to: string, record: SessionRecord, version: Version) {
          const result = await store.rotate(from, to, record, version);
          if (result.status === "conflict") links.link(record.subject, to);
          return result;
        },
      })),
  },
  {
    fault: "list() names a session once for each write",
    caughtBy: [ONCE],
    make: (now) =>
      but(now, (store, memory) => {
        const twice = new Set<string>();
        return {
          async commit(id: string, record: SessionRecord, version: Version) {
            twice.add(id);
            return await store.commit(id, record, version);
          },
          list: async (subject: string) =>
            memory.list(subject).flatMap((id) => twice.has(id) ? [id, id] : [id]),
        };
      }),
  },
  {
    fault: "destroyAll() counts links that sessions left behind",
    caughtBy: [TAKEN],
    make: (now) =>
      but(now, (_, memory) => {
        const made: [subject: string, id: string][] = [];
        return {
          async create(id: string, record: SessionRecord) {
            if (record.subject !== undefined) made.push([record.subject, id]);
            return memory.create(id, record);
          },
          async destroyAll(subject: string, except?: string) {
            memory.destroyAll(subject, except);
            return made.filter(([whose, id]) => whose === subject && id !== except).length;
          },
        };
      }),
  },
  {
    fault: "a link outlives the session that a stranger's has replaced",
    caughtBy: [TAKEN],
    make: (now) =>
      linked(now, (store, links, memory) => ({
        async create(id: string, record: SessionRecord) {
          if (memory.peek(id) === undefined) links.link(record.subject, id);
          return await store.create(id, record);
        },
      })),
  },
  {
    fault: "a link ends when the session was first to end",
    caughtBy: [PAST],
    make: (now) =>
      but(now, (store, memory) => {
        const ends = new Map<string, number>();
        return {
          create(id: string, record: SessionRecord) {
            ends.set(id, record.expires ?? Infinity);
            return store.create(id, record);
          },
          list: async (subject: string) =>
            memory.list(subject).filter((id) => (ends.get(id) ?? Infinity) > now()),
        };
      }),
  },
];
