/** What may be wrong about the end of a session. */
import type { SessionRecord, StoredSession, Version } from "../../../src/store.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { but, lateStore } from "../late_store.ts";
import type { WrongStore } from "./wrong_store.ts";

const BOUNDARY = "a session lives until 1 ms before its end and is gone at its end";

const ITSELF = "no end moves by itself: not by read(), a conflict, or a create() that is refused";

interface Lifetime {
  readonly originalMaxAge?: unknown;
}

export const wrongClocks: readonly WrongStore[] = [
  {
    fault: "a session lives 1 ms too long",
    caughtBy: [BOUNDARY],
    make: (now) => lateStore(() => now() - 1),
  },
  {
    fault: "a session ends 1 ms too soon",
    caughtBy: [BOUNDARY, "commit(), touch() and rotate() work until 1 ms before the end"],
    make: (now) => lateStore(() => now() + 1),
  },
  {
    fault: "commit() looks at no clock",
    caughtBy: ["commit() of an expired session is gone and revives nothing"],
    make: (now) => {
      const blind = memoryStore({ now: () => 0 });
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
    fault: "touch() to no end keeps the old one",
    caughtBy: ["a session lives past the end it had before commit, touch, rotate or readAndTouch"],
    make: (now) =>
      but(now, (_, memory) => ({
        touch: async (id: string, expires: number | null) =>
          expires === null ? memory.read(id) !== undefined : memory.touch(id, expires),
      })),
  },
  {
    fault: "commit() to no end keeps the old one",
    caughtBy: ["a session lives past the end it had before commit, touch, rotate or readAndTouch"],
    make: (now) =>
      but(now, (_, memory) => ({
        async commit(id: string, record: SessionRecord, version: Version) {
          const expires = record.expires ?? memory.read(id)?.expires ?? null;
          return memory.commit(id, { ...record, expires }, version);
        },
      })),
  },
  {
    fault: "touch() never brings an end nearer",
    caughtBy: [
      "a session is over at the end that commit, touch, rotate or readAndTouch brought nearer",
    ],
    make: (now) =>
      but(now, (_, memory) => ({
        async touch(id: string, expires: number | null) {
          const stored = memory.read(id);
          if (stored === undefined) return false;
          if (expires === null || expires > (stored.expires ?? Infinity)) memory.touch(id, expires);
          return true;
        },
      })),
  },
  {
    fault: "a session without an end lasts half an hour",
    caughtBy: ["a session without an end lives on, and one of ten years keeps its end"],
    make: (now) =>
      but(now, (_, memory) => ({
        create: async (id: string, record: SessionRecord) =>
          memory.create(id, { ...record, expires: record.expires ?? now() + 1_800_000 }),
      })),
  },
  {
    fault: "an end is kept in 32 bits of seconds",
    caughtBy: ["a session without an end lives on, and one of ten years keeps its end"],
    make: (now) => {
      const cut = (end: number | null) => end === null ? null : Math.min(end, now() + 2 ** 31);
      return but(now, (_, memory) => ({
        create: async (id: string, record: SessionRecord) =>
          memory.create(id, { ...record, expires: cut(record.expires) }),
      }));
    },
  },
  {
    fault: "read() begins the lifetime again",
    caughtBy: [ITSELF],
    make: (now) =>
      but(now, (_, memory) => ({
        async read(id: string) {
          const stored = memory.read(id);
          const { cookie } = JSON.parse(stored?.json ?? "{}") as { cookie?: Lifetime };
          const maxAge = cookie?.originalMaxAge;
          return typeof maxAge === "number" && maxAge > 0
            ? memory.readAndTouch(id, maxAge)
            : stored;
        },
      })),
  },
  {
    fault: "a commit() in conflict moves the end",
    caughtBy: [ITSELF],
    make: (now) =>
      but(now, (_, memory) => ({
        async commit(id: string, record: SessionRecord, version: Version) {
          const result = memory.commit(id, record, version);
          if (result.status === "conflict") memory.touch(id, now() + 3_600_000);
          return result;
        },
      })),
  },
  {
    fault: "a create() that is refused moves the end",
    caughtBy: [ITSELF],
    make: (now) =>
      but(now, (_, memory) => ({
        create: async (id: string, record: SessionRecord) =>
          memory.create(id, record) || (memory.touch(id, record.expires), false),
      })),
  },
];
